//! A receiver of lines that misbehaves as no real one can be made to.

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
    /// Reads to the end, and leaves it at that.
    NeverCloses,
    /// Closes after so many lines, with others unread: the network calls that a reset.
    ResetsAfter(usize),
    /// Resets the first connection that holds ten lines, and is good after that.
    ResetsOnce,
    /// Closes the first connection before anything comes, as after a long silence, and is good after that.
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
        // Whatever the network had to tell before this connection is told by now.
        TcpStream::connect(self.url.trim_start_matches("tcp://")).await.unwrap();
    }

    /// Every line that it read whole.
    pub fn lines(&self) -> BTreeSet<String> {
        self.lines.lock().unwrap().clone()
    }

    /// It and all its connections are gone.
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
    /// No connection had its fault yet.
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
