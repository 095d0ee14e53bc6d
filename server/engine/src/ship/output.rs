//! Where events are written: into plain bytes, or into a batch that also knows which record each came from.

use model::ParsingFailure;

use super::{
    parser::Parsed,
    records::Record,
    sink::{Batch, Mark},
};

/// Bytes of events that make a batch: with the event that fills it, still what a buffer of 128 KiB holds.
const BATCH: usize = 112 * 1024;

/// Failures that make a batch, however few events there are.
const FAILURES: usize = 256;

pub trait Output {
    /// Where the next event goes.
    fn buffer(&mut self) -> &mut Vec<u8>;

    /// An event stands whole in the buffer, its line feed included.
    fn written(&mut self, record: &Record<'_>, parsed: &Parsed);

    /// A record gave no event.
    fn failed(&mut self, failure: &ParsingFailure);

    /// To be emptied before more is written.
    fn is_full(&self) -> bool;
}

impl Output for Vec<u8> {
    fn buffer(&mut self) -> &mut Vec<u8> {
        self
    }

    fn written(&mut self, _: &Record<'_>, _: &Parsed) {}

    fn failed(&mut self, _: &ParsingFailure) {}

    fn is_full(&self) -> bool {
        self.len() >= BATCH
    }
}

/// Events for a sink, and what there is to say about the records between them.
#[derive(Debug)]
pub(super) struct Load {
    pub batch: Batch,
    /// Of records that could not be parsed.
    pub failures: Vec<ParsingFailure>,
    /// Events over which it is full, however short they are.
    most_events: usize,
}

impl Load {
    pub fn new(most_events: usize) -> Self {
        Self { batch: Batch::default(), failures: Vec::new(), most_events }
    }
}

impl Output for Load {
    fn buffer(&mut self) -> &mut Vec<u8> {
        &mut self.batch.bytes
    }

    fn written(&mut self, record: &Record<'_>, parsed: &Parsed) {
        let end = self.batch.bytes.len();
        self.batch.marks.push(Mark { end, line: record.line, offset: record.offset, id: parsed.id });
    }

    fn failed(&mut self, failure: &ParsingFailure) {
        self.failures.push(failure.clone());
    }

    fn is_full(&self) -> bool {
        self.batch.bytes.len() >= BATCH || self.batch.marks.len() >= self.most_events || self.failures.len() >= FAILURES
    }
}
