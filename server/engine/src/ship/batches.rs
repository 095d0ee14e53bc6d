//! Feeds [`Events`] from a blocking or asynchronous reader.

use std::{
    io::{self, Read},
    ops::Range,
};

use model::Summary;
use tokio::io::{AsyncRead, AsyncReadExt};

use super::events::{Events, Step};
use crate::log_object::Foreign;

/// Bytes per read.
const CHUNK: usize = 64 * 1024;

/// The events of one object, batch by batch.
pub struct Batches<R> {
    reader: R,
    events: Events,
    chunk: Vec<u8>,
    unread: Range<usize>,
    ended: bool,
}

impl<R> Batches<R> {
    pub fn new(reader: R, events: Events) -> Self {
        Self { reader, events, chunk: vec![0; CHUNK], unread: 0..0, ended: false }
    }

    pub fn summary(&self) -> Summary {
        self.events.summary()
    }

    /// What the object is, if its content is positively not a load balancer's log.
    pub fn foreign(&self) -> Option<Foreign> {
        self.events.foreign()
    }

    fn step(&mut self, out: &mut Vec<u8>) -> Step {
        if self.ended {
            return self.events.finish(out);
        }
        let mut unread = &self.chunk[self.unread.clone()];
        let step = self.events.push(&mut unread, out);
        self.unread.start = self.unread.end - unread.len();
        step
    }

    fn filled(&mut self, bytes: usize) {
        self.ended = bytes == 0;
        self.unread = 0..bytes;
    }
}

impl<R: Read> Batches<R> {
    /// Appends events to `out` until it holds a batch (true) or there are no more (false; the last may be in `out`).
    pub fn read(&mut self, out: &mut Vec<u8>) -> io::Result<bool> {
        loop {
            match self.step(out) {
                Step::Full => return Ok(true),
                Step::Finished => return Ok(false),
                Step::NeedsInput => match self.reader.read(&mut self.chunk) {
                    Ok(bytes) => self.filled(bytes),
                    Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                    Err(error) => return Err(error),
                },
            }
        }
    }
}

impl<R: AsyncRead + Unpin> Batches<R> {
    /// Asynchronous form of [`Self::read`]. Cancel-safe: the next call continues.
    pub async fn read_async(&mut self, out: &mut Vec<u8>) -> io::Result<bool> {
        loop {
            match self.step(out) {
                Step::Full => return Ok(true),
                Step::Finished => return Ok(false),
                Step::NeedsInput => {
                    let bytes = self.reader.read(&mut self.chunk).await?;
                    self.filled(bytes);
                }
            }
        }
    }
}
