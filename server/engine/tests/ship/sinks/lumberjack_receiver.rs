//! A receiver of Lumberjack v2 that enforces every rule of the protocol and behaves like real ones: it reports that it
//! is busy, acknowledges a window partially, or hangs up in the middle of one.

use std::{
    io::Read,
    sync::{
        Arc, Mutex,
        atomic::{AtomicU32, Ordering::SeqCst},
    },
};

use flate2::read::ZlibDecoder;
use rand::{Rng, SeedableRng, rngs::StdRng};
use serde_json::Value;
use tokio::{
    io::{self, AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt},
    net::TcpListener,
};
use tokio_rustls::TlsAcceptor;

/// Most events that Logstash accepts in one window.
const WINDOW: u32 = 10_000;

#[derive(Clone)]
pub struct LumberjackReceiver {
    pub port: u16,
    kept: Arc<Mutex<Kept>>,
}

#[derive(Default)]
struct Kept {
    /// Every event that was acknowledged, in order, as often as it came.
    acknowledged: Vec<String>,
    /// What the sender did against the rules.
    violations: Vec<String>,
    windows: Vec<u32>,
    connections: u32,
}

#[derive(Clone, Copy)]
pub enum Manner {
    Good,
    /// Says three times that it is busy before each acknowledgement.
    Busy,
    /// Acknowledges a third of each window, then all of it.
    InParts,
    /// Closes so many connections after half of their second window, having acknowledged a part of it or nothing.
    HangsUp {
        times: u32,
        part: u32,
    },
    /// Reads, and never answers.
    Silent,
    NeverReads,
    /// Answers as a web server does.
    Other,
    /// Any of the above that a receiver can be lived with, each window another, from this seed.
    Random(u64),
}

impl LumberjackReceiver {
    pub async fn start(manner: Manner) -> Self {
        Self::listen(manner, None).await
    }

    pub async fn tls(acceptor: TlsAcceptor) -> Self {
        Self::listen(Manner::Good, Some(acceptor)).await
    }

    pub fn url(&self) -> String {
        format!("lumberjack://127.0.0.1:{}", self.port)
    }

    /// What was acknowledged, after checking that the sender kept to the rules.
    pub fn acknowledged(&self) -> Vec<String> {
        let kept = self.kept.lock().unwrap();
        assert_eq!(kept.violations, Vec::<String>::new());
        kept.acknowledged.clone()
    }

    /// How many events each window announced.
    pub fn windows(&self) -> Vec<u32> {
        self.kept.lock().unwrap().windows.clone()
    }

    pub fn connections(&self) -> u32 {
        self.kept.lock().unwrap().connections
    }

    async fn listen(manner: Manner, tls: Option<TlsAcceptor>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let receiver = Self { port: listener.local_addr().unwrap().port(), kept: Arc::default() };
        let (served, hung_up) = (receiver.clone(), Arc::new(AtomicU32::new(0)));
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                served.kept.lock().unwrap().connections += 1;
                let (served, hung_up, tls) = (served.clone(), Arc::clone(&hung_up), tls.clone());
                tokio::spawn(async move {
                    match tls {
                        Some(acceptor) => served.serve(acceptor.accept(stream).await.unwrap(), manner, &hung_up).await,
                        None => served.serve(stream, manner, &hung_up).await,
                    }
                });
            }
        });
        receiver
    }

    async fn serve(&self, mut stream: impl AsyncRead + AsyncWrite + Unpin, manner: Manner, hung_up: &AtomicU32) {
        if matches!(manner, Manner::NeverReads) {
            return std::future::pending().await;
        }
        if matches!(manner, Manner::Other) {
            let _ = stream.write_all(b"HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n").await;
        }
        let mut random = match manner {
            Manner::Random(seed) => Some(StdRng::seed_from_u64(seed + u64::from(self.connections()))),
            _ => None,
        };
        for number in 1.. {
            let manner = random.as_mut().map_or(manner, |random| match random.random_range(0..8) {
                0 => Manner::HangsUp { times: u32::MAX, part: 0 },
                1 => Manner::HangsUp { times: u32::MAX, part: random.random_range(1..=10) },
                2..4 => Manner::InParts,
                4 => Manner::Busy,
                _ => Manner::Good,
            });
            // The rest are told to do it in their second window.
            let number = if random.is_some() { 2 } else { number };
            match self.window(&mut stream, manner, number, hung_up).await {
                Ok(true) => {}
                Ok(false) => return,
                // A connection may end between two windows, and does in the middle of one if the sender gives up.
                Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return,
                Err(error) if error.kind() == io::ErrorKind::ConnectionReset => return,
                Err(error) if error.kind() == io::ErrorKind::BrokenPipe => return,
                Err(error) => return self.kept.lock().unwrap().violations.push(error.to_string()),
            }
        }
    }

    /// Reads one window and answers it; false to hang up.
    async fn window(
        &self,
        stream: &mut (impl AsyncRead + AsyncWrite + Unpin),
        manner: Manner,
        number: u32,
        hung_up: &AtomicU32,
    ) -> io::Result<bool> {
        let announced = frame(stream, b'W').await?;
        demand((1..=WINDOW).contains(&announced), "a window of 1 to 10,000 events")?;
        self.kept.lock().unwrap().windows.push(announced);
        let hangs_up = match manner {
            Manner::HangsUp { times, part } if number == 2 && hung_up.load(SeqCst) < times => Some(part),
            _ => None,
        };
        let mut events = Vec::new();
        match kind(stream).await? {
            b'C' => {
                let length = stream.read_u32().await?;
                if hangs_up == Some(0) {
                    stream.read_exact(&mut vec![0; length as usize / 2]).await?;
                    hung_up.fetch_add(1, SeqCst);
                    return Ok(false);
                }
                let mut stored = vec![0; length as usize];
                stream.read_exact(&mut stored).await?;
                let mut frames = Vec::new();
                ZlibDecoder::new(&stored[..]).read_to_end(&mut frames)?;
                let mut frames = &frames[..];
                while !frames.is_empty() {
                    demand(kind(&mut frames).await? == b'J', "only events in a compressed frame")?;
                    events.push(event(&mut frames, events.len()).await?);
                }
                demand(events.len() == announced as usize, "all events of a window in one compressed frame")?;
            }
            b'J' => {
                events.push(event(stream, 0).await?);
                while events.len() < announced as usize {
                    demand(kind(stream).await? == b'J', "an event after an event")?;
                    events.push(event(stream, events.len()).await?);
                }
            }
            _ => demand(false, "events after the announcement of a window")?,
        }
        if let Some(part) = hangs_up {
            hung_up.fetch_add(1, SeqCst);
            self.acknowledge(stream, part, &events[..part as usize]).await?;
            return Ok(false);
        }
        match manner {
            Manner::Silent | Manner::Other => return Ok(true),
            Manner::Busy => {
                for _ in 0..3 {
                    self.acknowledge(stream, 0, &[]).await?;
                    tokio::task::yield_now().await;
                }
            }
            Manner::InParts if announced >= 3 => {
                let part = announced / 3;
                self.acknowledge(stream, part, &events[..part as usize]).await?;
                tokio::task::yield_now().await;
                events.drain(..part as usize);
            }
            _ => {}
        }
        self.acknowledge(stream, announced, &events).await?;
        Ok(true)
    }

    async fn acknowledge(
        &self,
        stream: &mut (impl AsyncWrite + Unpin),
        number: u32,
        events: &[String],
    ) -> io::Result<()> {
        self.kept.lock().unwrap().acknowledged.extend_from_slice(events);
        stream.write_all(b"2A").await?;
        stream.write_u32(number).await?;
        stream.flush().await
    }
}

/// The type of the next frame.
async fn kind(stream: &mut (impl AsyncRead + Unpin)) -> io::Result<u8> {
    demand(stream.read_u8().await? == b'2', "the version byte 2")?;
    stream.read_u8().await
}

/// The number in a frame that must be of this type.
async fn frame(stream: &mut (impl AsyncRead + Unpin), expected: u8) -> io::Result<u32> {
    demand(kind(stream).await? == expected, "a window's announcement, and one compressed frame in each")?;
    stream.read_u32().await
}

async fn event(stream: &mut (impl AsyncRead + Unpin), before: usize) -> io::Result<String> {
    demand(stream.read_u32().await? as usize == before + 1, "numbers from 1 in each window, without gaps")?;
    let length = stream.read_u32().await?;
    demand(length > 0, "an event that is not empty")?;
    let mut event = vec![0; length as usize];
    stream.read_exact(&mut event).await?;
    let parsed: Value = serde_json::from_slice(&event)?;
    demand(parsed["@metadata"]["_id"].is_string(), "an id in each event")?;
    demand(!event.ends_with(b"\n"), "an event without a line feed")?;
    String::from_utf8(event).map_err(io::Error::other)
}

fn demand(holds: bool, what: &str) -> io::Result<()> {
    if holds { Ok(()) } else { Err(io::Error::other(format!("expected: {what}"))) }
}
