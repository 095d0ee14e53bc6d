//! The sink for a file: appends events, one per line.
//!
//! A lock excludes other writers. Deliveries take turns, each with a batch or as much of one as the rate limit allows;
//! a write that fails halfway is removed again. Acknowledged means synced to the disk.

use std::{
    fs::{File, OpenOptions, TryLockError},
    io::{self, Read, Seek, SeekFrom, Write},
    path::Path,
    sync::{Arc, Mutex, PoisonError},
};

use tokio::task::{JoinHandle, spawn_blocking};

use super::{Batch, Delivered, SinkError, Undelivered, error::SinkFault, pace::Pace, unconfirmed::Unconfirmed};

#[derive(Clone)]
pub(super) struct FileSink {
    name: Arc<str>,
    writer: Arc<Mutex<Writer>>,
    pace: Arc<Pace>,
    unproven_bytes: usize,
}

struct Writer {
    file: File,
    /// Length up to the end of the last complete line.
    length: u64,
}

pub(super) struct FileDelivery {
    sink: FileSink,
    unconfirmed: Unconfirmed,
    /// The disk operation in progress, kept so that a cancelled caller does not lose its result.
    asked: Option<JoinHandle<io::Result<()>>>,
    delivered: Delivered,
}

impl FileSink {
    pub async fn open(name: &str, path: &Path, pace: Arc<Pace>, unproven_bytes: usize) -> Result<Self, SinkFault> {
        let path = path.to_owned();
        let opened = spawn_blocking(move || Writer::open(&path)).await.map_err(io::Error::other).flatten();
        let writer = opened.map_err(|error| SinkFault::File { why: error.to_string() })?;
        Ok(Self { name: name.into(), writer: Arc::new(Mutex::new(writer)), pace, unproven_bytes })
    }

    pub fn delivery(&self) -> FileDelivery {
        FileDelivery {
            sink: self.clone(),
            unconfirmed: Unconfirmed::default(),
            asked: None,
            delivered: Delivered::default(),
        }
    }
}

impl FileDelivery {
    pub async fn send(&mut self, batch: &mut Batch, undelivered: &mut Vec<Undelivered>) -> Result<(), SinkError> {
        self.unconfirmed.take(batch);
        self.write(undelivered).await?;
        if self.unconfirmed.bytes() >= self.sink.unproven_bytes {
            self.sync(undelivered).await?;
        }
        Ok(())
    }

    pub async fn finish(mut self, undelivered: &mut Vec<Undelivered>) -> Delivered {
        if self.write(undelivered).await.is_ok() {
            // On an error the affected events are given up already.
            let _ = self.sync(undelivered).await;
        }
        self.delivered
    }

    async fn write(&mut self, undelivered: &mut Vec<Undelivered>) -> Result<(), SinkError> {
        self.answer(undelivered).await?;
        while let Some((batch, from)) = self.unconfirmed.next() {
            let to = self.sink.pace.piece(&batch, from).await;
            self.ask(move |writer| writer.append(&batch.bytes[from..to]));
            // From here on it will be written, even if the caller is cancelled.
            self.unconfirmed.wrote(to - from);
            self.delivered.wire += (to - from) as u64;
            self.answer(undelivered).await?;
        }
        Ok(())
    }

    async fn sync(&mut self, undelivered: &mut Vec<Undelivered>) -> Result<(), SinkError> {
        self.answer(undelivered).await?;
        self.ask(|writer| writer.file.sync_data());
        self.answer(undelivered).await?;
        let arrived = self.unconfirmed.arrived();
        self.delivered.sent += arrived;
        self.delivered.acknowledged += arrived;
        Ok(())
    }

    /// Starts a disk operation; none may be in progress.
    fn ask(&mut self, what: impl FnOnce(&mut Writer) -> io::Result<()> + Send + 'static) {
        let writer = Arc::clone(&self.sink.writer);
        self.asked = Some(spawn_blocking(move || what(&mut writer.lock().unwrap_or_else(PoisonError::into_inner))));
    }

    async fn answer(&mut self, undelivered: &mut Vec<Undelivered>) -> Result<(), SinkError> {
        let Some(asked) = &mut self.asked else { return Ok(()) };
        let answer = asked.await.map_err(io::Error::other).flatten();
        self.asked = None;
        answer.map_err(|error| {
            let fault = SinkFault::File { why: error.to_string() };
            self.unconfirmed.give_up(&fault.to_string(), undelivered);
            fault.at(&self.sink.name)
        })
    }
}

impl Writer {
    fn open(path: &Path) -> io::Result<Self> {
        let mut file = OpenOptions::new().read(true).append(true).create(true).open(path)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(io::Error::other("another writer has it open")),
            Err(TryLockError::Error(error)) => return Err(error),
        }
        let length = file.metadata()?.len();
        let mut writer = Self { file: file.try_clone()?, length };
        if length > 0 {
            let mut last = [0];
            file.seek(SeekFrom::End(-1))?;
            file.read_exact(&mut last)?;
            if last != *b"\n" {
                // An earlier writer was cut off: the first event must not continue its line.
                writer.append(b"\n")?;
            }
        }
        Ok(writer)
    }

    fn append(&mut self, lines: &[u8]) -> io::Result<()> {
        if let Err(error) = self.file.write_all(lines) {
            // A device or a pipe cannot be truncated; the error is returned either way.
            let _ = self.file.set_len(self.length);
            return Err(error);
        }
        self.length += lines.len() as u64;
        Ok(())
    }
}
