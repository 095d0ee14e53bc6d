//! Destinations of parsed events: plain bytes, or a batch that also records the origin of each event.

use model::ParsingFailure;

use super::{
    parser::Parsed,
    records::Record,
    sink::{Batch, BatchLimits, Mark},
};

/// Bytes of events that fill a plain buffer; with the last event it still fits 128 KiB.
const BUFFER: usize = 112 * 1024;

/// Parsing failures that fill a batch, however few events it has.
const FAILURES: usize = 256;

pub trait Output {
    /// The buffer to append the next event to.
    fn buffer(&mut self) -> &mut Vec<u8>;

    /// Called after a complete event was appended, its line feed included.
    fn written(&mut self, record: &Record<'_>, parsed: &Parsed);

    /// Called for a record that could not be parsed, with its bytes unless they are incomplete.
    fn failed(&mut self, failure: &ParsingFailure, raw: Option<&[u8]>);

    /// Whether it must be emptied before more is written.
    fn is_full(&self) -> bool;
}

impl Output for Vec<u8> {
    fn buffer(&mut self) -> &mut Vec<u8> {
        self
    }

    fn written(&mut self, _: &Record<'_>, _: &Parsed) {}

    fn failed(&mut self, _: &ParsingFailure, _: Option<&[u8]>) {}

    fn is_full(&self) -> bool {
        self.len() >= BUFFER
    }
}

/// The events to send next, and the parsing failures among their records.
#[derive(Debug)]
pub(super) struct PendingBatch {
    pub batch: Batch,
    /// Failures of records that could not be parsed, each with the record where it is kept.
    pub failures: Vec<(ParsingFailure, Option<Box<[u8]>>)>,
    /// Whether records that could not be parsed are kept.
    keeps_raw: bool,
    /// Bytes of the records kept.
    raw: usize,
    limits: BatchLimits,
    /// Bytes of the longest event in the batch.
    longest: usize,
}

impl PendingBatch {
    pub fn new(limits: BatchLimits, keeps_raw: bool) -> Self {
        Self { batch: Batch::default(), failures: Vec::new(), keeps_raw, raw: 0, limits, longest: 0 }
    }

    pub fn clear(&mut self) {
        self.batch.clear();
        self.failures.clear();
        (self.longest, self.raw) = (0, 0);
    }
}

impl Output for PendingBatch {
    fn buffer(&mut self) -> &mut Vec<u8> {
        &mut self.batch.bytes
    }

    fn written(&mut self, record: &Record<'_>, parsed: &Parsed) {
        let end = self.batch.bytes.len();
        self.add(Mark { end, line: record.line, offset: record.offset, id: parsed.id });
    }

    fn failed(&mut self, failure: &ParsingFailure, raw: Option<&[u8]>) {
        let raw = raw.filter(|_| self.keeps_raw);
        self.raw += raw.map_or(0, <[u8]>::len);
        self.failures.push((failure.clone(), raw.map(Into::into)));
    }

    /// Full before its bytes exceed the limit, as far as the events so far tell: else a sink would have to cut it, and
    /// each batch would be a large request and a tiny one.
    fn is_full(&self) -> bool {
        let Self { batch, failures, raw, limits, longest, .. } = self;
        let next = batch.bytes.len() + longest + (batch.marks.len() + 1) * BatchLimits::FRAMING;
        let full = !batch.is_empty() && (next > limits.bytes || batch.marks.len() >= limits.events);
        full || failures.len() >= FAILURES || *raw >= limits.bytes
    }
}

impl PendingBatch {
    /// Records the event that was appended last.
    pub fn add(&mut self, mark: Mark) {
        let start = self.batch.marks.last().map_or(0, |before| before.end);
        self.longest = self.longest.max(mark.end - start);
        self.batch.marks.push(mark);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn batch_is_full_before_it_exceeds_limits() {
        let mut pending = PendingBatch::new(BatchLimits { events: 100, bytes: 1_000 }, true);
        while !pending.is_full() {
            pending.batch.bytes.extend_from_slice(&[b'x'; 84]);
            pending.add(Mark { end: pending.batch.bytes.len(), line: 1, offset: 0, id: None });
        }
        assert_eq!(pending.batch.marks.len(), 10, "84 bytes and 16 of framing each");
        pending.clear();
        assert!(!pending.is_full());
        let mut pending = PendingBatch::new(BatchLimits { events: 2, bytes: 1_000 }, true);
        (0..2).for_each(|end| pending.add(Mark { end, line: 1, offset: 0, id: None }));
        assert!(pending.is_full());
        pending.clear();
        let failure = ParsingFailure { line: 1, offset: 0, reason: "bad".into(), cut: String::new() };
        pending.failed(&failure, Some(&[b'x'; 1_000]));
        assert!(pending.is_full(), "records that are kept count as well");
    }
}
