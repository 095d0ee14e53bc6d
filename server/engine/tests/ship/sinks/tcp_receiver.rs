//! A receiver of lines with faults that no real receiver can be configured to have.

use std::{
    collections::BTreeSet,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering::SeqCst},
    },
};

use tokio::{
    io::{AsyncBufReadExt, BufReader},
    net::{TcpListener, TcpStream},
    sync::Notify,
    task::{JoinHandle, JoinSet},
};

pub struct TcpReceiver {
    pub url: String,
    lines: Arc<Mutex<BTreeSet<String>>>,
    task: JoinHandle<()>,
    stop: Arc<Notify>,
    closed: Arc<Notify>,
}

#[derive(Clone, Copy)]
pub enum Manner {
    /// Reads to the end, then closes.
    Good,
    NeverReads,
    /// Reads to the end and never closes.
    NeverCloses,
    /// Closes after this many lines with others unread, which causes a reset.
    ResetsAfter(usize),
    /// Resets the first connection after ten lines, and behaves well afterwards.
    ResetsOnce,
    /// Closes the first connection before any data, as after a long idle time, and behaves well afterwards.
    ClosesFirst,
}

impl TcpReceiver {
    pub async fn start(manner: Manner) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("tcp://{}", listener.local_addr().unwrap());
        let (lines, stop, closed) = (Arc::default(), Arc::new(Notify::new()), Arc::new(Notify::new()));
        let served = Served { manner, lines: Arc::clone(&lines), first: Arc::new(AtomicBool::new(true)) };
        let task = tokio::spawn(accept(listener, served, Arc::clone(&stop), Arc::clone(&closed)));
        Self { url, lines, task, stop, closed }
    }

    /// Waits until the first connection is closed, and until this process could see that.
    pub async fn closed(&self) {
        self.closed.notified().await;
        // By the time this connection is made, the close has reached this process.
        TcpStream::connect(self.url.trim_start_matches("tcp://")).await.unwrap();
    }

    /// Every complete line that it read.
    pub fn lines(&self) -> BTreeSet<String> {
        self.lines.lock().unwrap().clone()
    }

    /// Ends the receiver and all its connections; returns the lines it read.
    pub async fn kill(self) -> BTreeSet<String> {
        self.stop.notify_one();
        let _ = self.task.await;
        self.lines.lock().unwrap().clone()
    }
}

#[derive(Clone)]
struct Served {
    manner: Manner,
    lines: Arc<Mutex<BTreeSet<String>>>,
    /// Whether the fault is still to happen.
    first: Arc<AtomicBool>,
}

async fn accept(listener: TcpListener, served: Served, stop: Arc<Notify>, closed: Arc<Notify>) {
    let mut connections = JoinSet::new();
    loop {
        let (stream, _) = tokio::select! {
            accepted = listener.accept() => accepted.unwrap(),
            () = stop.notified() => return, // which drops, and so ends, all connections
        };
        if matches!(served.manner, Manner::ClosesFirst) && served.first.swap(false, SeqCst) {
            drop(stream);
            closed.notify_one();
            continue;
        }
        connections.spawn(serve(stream, served.clone()));
    }
}

async fn serve(stream: TcpStream, Served { manner, lines, first }: Served) {
    if matches!(manner, Manner::NeverReads) {
        return std::future::pending().await;
    }
    let mut reader = BufReader::with_capacity(1024, stream);
    let (mut read, mut line) = (0, String::new());
    while reader.read_line(&mut line).await.is_ok_and(|bytes| bytes > 0) {
        if line.ends_with('\n') {
            line.pop();
            lines.lock().unwrap().insert(std::mem::take(&mut line));
            read += 1;
        }
        match manner {
            Manner::ResetsAfter(most) if read == most => return,
            Manner::ResetsOnce if read == 10 && first.swap(false, SeqCst) => return,
            _ => {}
        }
    }
    if matches!(manner, Manner::NeverCloses) {
        std::future::pending::<()>().await;
    }
}
