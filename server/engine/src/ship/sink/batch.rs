//! A batch of events: JSON lines in one buffer, and the origin of each.

use std::ops::RangeBounds;

/// Events of one object, in order. Cleared and reused, so that shipping allocates nothing per event.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Batch {
    /// One valid JSON object a line, each ended by a line feed.
    pub bytes: Vec<u8>,
    /// The origin of each line.
    pub marks: Vec<Mark>,
}

/// How much a batch may hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::ship) struct BatchLimits {
    pub events: usize,
    /// Bytes, with [`Self::FRAMING`] for each event.
    pub bytes: usize,
}

impl BatchLimits {
    /// Most bytes that a protocol adds to an event.
    pub const FRAMING: usize = 16;
}

impl Default for BatchLimits {
    /// Of a sink that needs no batches: with the last event it still fits a buffer of 128 KiB.
    fn default() -> Self {
        Self { events: 2_000, bytes: 112 * 1024 }
    }
}

/// The record that an event was made from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mark {
    /// End of its line in the batch's bytes, line feed included.
    pub end: usize,
    /// The line its record starts on, from 1.
    pub line: u64,
    /// Offset of the record's first byte in the uncompressed object.
    pub offset: u64,
    /// Id of a record from an object of a bucket; the same each time the record is sent.
    pub id: Option<u128>,
}

/// A complete event that was given up, so that it can be kept and sent again later.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Undelivered {
    pub line: u64,
    pub offset: u64,
    /// The sink's error, or how the connection ended.
    pub reason: String,
    /// Whether the receiver refused this very event for good. Otherwise it may be accepted when it is sent again, or may
    /// even have arrived.
    pub refused: bool,
    /// The event without its line feed.
    pub event: Vec<u8>,
}

impl Batch {
    pub fn is_empty(&self) -> bool {
        self.marks.is_empty()
    }

    pub fn clear(&mut self) {
        self.bytes.clear();
        self.marks.clear();
    }

    /// Each event, without its line feed, and its mark.
    pub fn events(&self) -> impl Iterator<Item = (&[u8], &Mark)> {
        let starts = std::iter::once(0).chain(self.marks.iter().map(|mark| mark.end));
        starts.zip(&self.marks).map(|(start, mark)| (&self.bytes[start..mark.end - 1], mark))
    }

    /// An empty batch with the capacity of another: the next one is likely to have the same size.
    pub(super) fn as_large_as(other: &Self) -> Self {
        Self { bytes: Vec::with_capacity(other.bytes.len()), marks: Vec::with_capacity(other.marks.len()) }
    }

    /// One event, without its line feed.
    pub(super) fn event(&self, event: usize) -> &[u8] {
        &self.bytes[self.start(event)..self.marks[event].end - 1]
    }

    /// Start of an event's line in the bytes; for the number of events, the end of the bytes.
    pub(super) fn start(&self, event: usize) -> usize {
        event.checked_sub(1).map_or(0, |before| self.marks[before].end)
    }

    /// Copies an event that is given up.
    pub(super) fn undelivered(&self, event: usize, reason: impl Into<String>) -> Undelivered {
        let Mark { line, offset, .. } = self.marks[event];
        Undelivered { line, offset, reason: reason.into(), refused: false, event: self.event(event).to_vec() }
    }

    /// Copies an event that the receiver refused for good.
    pub(super) fn refused(&self, event: usize, reason: impl Into<String>) -> Undelivered {
        Undelivered { refused: true, ..self.undelivered(event, reason) }
    }

    /// Gives up the events of a range, all for one reason.
    pub(super) fn give_up(&self, events: impl RangeBounds<usize>, reason: &str, undelivered: &mut Vec<Undelivered>) {
        let events = (0..self.marks.len()).filter(|event| events.contains(event));
        undelivered.extend(events.map(|event| self.undelivered(event, reason)));
    }
}
