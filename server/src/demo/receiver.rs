//! The receiver of the demo: takes JSON lines over TCP on loopback, as Logstash does with `json_lines`, and keeps the
//! newest in a file.
//!
//! Always: the file is at most [`MOST_BYTES`] and one event long; then it starts again.

use std::{
    io,
    net::SocketAddr,
    path::{Path, PathBuf},
    sync::Arc,
};

use tokio::{
    fs::File,
    io::{AsyncBufReadExt, AsyncWriteExt, BufReader},
    net::{TcpListener, TcpStream},
    sync::Mutex,
};
use tracing::{debug, warn};

/// The file of received events, in the data directory.
const RECEIVED: &str = "demo-received.ndjson";
const MOST_BYTES: u64 = 8 << 20;
/// Longest line, in bytes; a longer one ends its connection.
const LONGEST: usize = 1 << 20;
/// How many ports are tried after a taken one.
const MORE_PORTS: u16 = 20;

pub struct Receiver {
    listener: TcpListener,
    file: PathBuf,
}

/// The events received last.
struct Received {
    file: File,
    bytes: u64,
}

impl Receiver {
    /// On the first free port from `first` on.
    pub async fn bind(first: SocketAddr, data_dir: &Path) -> io::Result<Self> {
        let mut addr = first;
        let listener = loop {
            match TcpListener::bind(addr).await {
                Err(error) if error.kind() == io::ErrorKind::AddrInUse && addr.port() - first.port() < MORE_PORTS => {
                    addr.set_port(addr.port().saturating_add(1));
                }
                bound => break bound?,
            }
        };
        Ok(Self { listener, file: data_dir.join(RECEIVED) })
    }

    pub fn addr(&self) -> io::Result<SocketAddr> {
        self.listener.local_addr()
    }

    /// Receives until it is dropped.
    pub async fn receive(self) {
        let file = match File::create(&self.file).await {
            Ok(file) => file,
            Err(error) => return warn!(%error, "demo receiver stopped: its file cannot be written"),
        };
        let received = Arc::new(Mutex::new(Received { file, bytes: 0 }));
        loop {
            match self.listener.accept().await {
                Ok((stream, _)) => {
                    let received = Arc::clone(&received);
                    tokio::spawn(async move {
                        if let Err(error) = take(stream, &received).await {
                            debug!(%error, "a connection to the demo's receiver broke");
                        }
                    });
                }
                Err(error) => warn!(%error, "demo receiver did not accept a connection"),
            }
        }
    }
}

/// Reads every line until the sender has closed its half; then closes, which shows that all lines were read.
async fn take(stream: TcpStream, received: &Mutex<Received>) -> io::Result<()> {
    let mut reader = BufReader::with_capacity(64 * 1_024, stream);
    let mut line = Vec::new();
    loop {
        let chunk = reader.fill_buf().await?;
        if chunk.is_empty() {
            return received.lock().await.file.flush().await;
        }
        let end = chunk.iter().position(|byte| *byte == b'\n').map(|at| at + 1);
        let taken = end.unwrap_or(chunk.len());
        line.extend_from_slice(&chunk[..taken]);
        reader.consume(taken);
        if end.is_some() {
            received.lock().await.keep(&line).await?;
            line.clear();
        } else if line.len() > LONGEST {
            return Err(io::Error::new(io::ErrorKind::InvalidData, "a line is longer than a megabyte"));
        }
    }
}

impl Received {
    async fn keep(&mut self, line: &[u8]) -> io::Result<()> {
        use tokio::io::AsyncSeekExt;
        if self.bytes > MOST_BYTES {
            self.file.set_len(0).await?;
            self.file.rewind().await?;
            self.bytes = 0;
        }
        self.bytes += line.len() as u64;
        self.file.write_all(line).await
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::AsyncReadExt;

    use super::*;

    #[tokio::test]
    async fn what_is_sent_is_kept_once_the_connection_is_closed_cleanly() {
        let dir = std::env::temp_dir().join(format!("logyard-receiver-{}", std::process::id()));
        std::fs::create_dir_all(&dir).unwrap();
        let receiver = Receiver::bind("127.0.0.1:0".parse().unwrap(), &dir).await.unwrap();
        let addr = receiver.addr().unwrap();
        let receiving = tokio::spawn(receiver.receive());
        let mut sender = TcpStream::connect(addr).await.unwrap();
        sender.write_all(b"{\"a\":1}\n{\"b\":2}\n").await.unwrap();
        sender.shutdown().await.unwrap();
        assert_eq!(sender.read(&mut [0; 1]).await.unwrap(), 0, "it closes, too");
        assert_eq!(std::fs::read_to_string(dir.join(RECEIVED)).unwrap(), "{\"a\":1}\n{\"b\":2}\n");
        receiving.abort();
        std::fs::remove_dir_all(dir).unwrap();
    }
}
