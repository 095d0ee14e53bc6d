//! Destinations of parsed events: plain bytes, or a batch that also records the origin of each event.

use model::ParsingFailure;

use super::{
    parser::Parsed,
    records::Record,
    sink::{Batch, Mark},
};

/// Bytes of events that fill a batch; with the last event it still fits a buffer of 128 KiB.
const BATCH: usize = 112 * 1024;

/// Parsing failures that fill a batch, however few events it has.
const FAILURES: usize = 256;

pub trait Output {
    /// The buffer to append the next event to.
    fn buffer(&mut self) -> &mut Vec<u8>;

    /// Called after a complete event was appended, its line feed included.
    fn written(&mut self, record: &Record<'_>, parsed: &Parsed);

    /// Called for a record that could not be parsed.
    fn failed(&mut self, failure: &ParsingFailure);

    /// Whether it must be emptied before more is written.
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

/// The events to send next, and the parsing failures among their records.
#[derive(Debug)]
pub(super) struct PendingBatch {
    pub batch: Batch,
    /// Failures of records that could not be parsed.
    pub failures: Vec<ParsingFailure>,
    /// Most events, however short they are.
    most_events: usize,
}

impl PendingBatch {
    pub fn new(most_events: usize) -> Self {
        Self { batch: Batch::default(), failures: Vec::new(), most_events }
    }
}

impl Output for PendingBatch {
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
