//! A child process that ends with the test that started it, by its own id.

use std::{
    io::{BufRead, BufReader, Read},
    process::{Child, Command, ExitStatus},
    sync::{
        Mutex,
        mpsc::{self, Receiver, RecvTimeoutError},
    },
    thread,
    time::Duration,
};

use tokio::time::Instant;

use crate::{Within, eventually};

/// Killed when dropped. Its piped output is read to the end, so that the process never stops at a full pipe.
pub struct ChildProcess {
    name: String,
    child: Child,
    /// In a mutex only because a receiver alone cannot be shared, and a process is.
    lines: Mutex<Receiver<String>>,
}

impl ChildProcess {
    /// `name`: for messages. Panics if the program is not installed.
    pub fn spawn(name: &str, command: &mut Command) -> Self {
        let mut child = command.spawn().unwrap_or_else(|error| panic!("{name}: {error}; `.ci/setup test` installs it"));
        let (sender, lines) = mpsc::channel();
        let stdout = child.stdout.take().map(|pipe| Box::new(pipe) as Box<dyn Read + Send>);
        let stderr = child.stderr.take().map(|pipe| Box::new(pipe) as Box<dyn Read + Send>);
        for pipe in stdout.into_iter().chain(stderr) {
            let sender = sender.clone();
            thread::spawn(move || {
                for line in BufReader::new(pipe).split(b'\n').map_while(Result::ok) {
                    let _ = sender.send(String::from_utf8_lossy(&line).into_owned());
                }
            });
        }
        Self { name: name.to_owned(), child, lines: Mutex::new(lines) }
    }

    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Blocks until a line of the output is the wanted one; panics with all lines if none is. No later line is kept.
    pub fn line<T>(&mut self, what: &str, within: Duration, mut wanted: impl FnMut(&str) -> Option<T>) -> T {
        let lines = self.lines.get_mut().expect("nobody panicked with it");
        let lines = std::mem::replace(lines, mpsc::channel().1);
        let (deadline, mut said) = (Instant::now() + within, Vec::new());
        loop {
            match lines.recv_timeout(deadline.saturating_duration_since(Instant::now())) {
                Ok(line) => match wanted(&line) {
                    Some(found) => return found,
                    None => said.push(line),
                },
                Err(RecvTimeoutError::Timeout) => panic!("{}: never within {within:?}: {what}: {said:#?}", self.name),
                Err(RecvTimeoutError::Disconnected) => panic!("{} ended before {what}: {said:#?}", self.name),
            }
        }
    }

    /// `kill -9`.
    pub fn kill(mut self) {
        self.end();
    }

    /// SIGTERM, and the end that must follow.
    pub async fn terminate(mut self, within: Within) -> ExitStatus {
        let sent = Command::new("kill").arg(self.id().to_string()).status();
        assert!(sent.is_ok_and(|status| status.success()), "{} takes a signal", self.name);
        let (name, child) = (self.name.clone(), &mut self.child);
        eventually(format!("{name} ends"), within, || child.try_wait().expect("its state")).await
    }

    fn end(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Drop for ChildProcess {
    fn drop(&mut self) {
        self.end();
    }
}
