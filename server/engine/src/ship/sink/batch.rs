//! Events on their way: lines of JSON in one buffer, and where each of them came from.

use std::ops::RangeBounds;

/// Some events of one object, in order. Emptied and used again, so that shipping allocates nothing for each event.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Batch {
    /// One valid JSON object a line, each ended by a line feed.
    pub bytes: Vec<u8>,
    /// One for each line.
    pub marks: Vec<Mark>,
}

/// Which record an event was made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mark {
    /// One past its line feed in the batch's bytes.
    pub end: usize,
    /// The line its record starts on, from 1.
    pub line: u64,
    /// Of the record's first byte in the uncompressed object.
    pub offset: u64,
    /// Of an object of a bucket: the same for the same record, however often it is sent.
    pub id: Option<u128>,
}

/// An event that was given up, whole, so that it can be kept and sent another time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Undelivered {
    pub line: u64,
    pub offset: u64,
    /// What the sink said, or how the connection ended.
    pub reason: String,
    /// Without its line feed.
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

    /// An empty one with room for as much: the next is likely to be of the same size.
    pub(super) fn as_large_as(other: &Self) -> Self {
        Self { bytes: Vec::with_capacity(other.bytes.len()), marks: Vec::with_capacity(other.marks.len()) }
    }

    /// One event, without its line feed.
    pub(super) fn event(&self, event: usize) -> &[u8] {
        &self.bytes[self.start(event)..self.marks[event].end - 1]
    }

    /// Where the event's line begins in the bytes; of the number of events, their end.
    pub(super) fn start(&self, event: usize) -> usize {
        event.checked_sub(1).map_or(0, |before| self.marks[before].end)
    }

    /// One event as it is given back.
    pub(super) fn undelivered(&self, event: usize, reason: impl Into<String>) -> Undelivered {
        let Mark { line, offset, .. } = self.marks[event];
        Undelivered { line, offset, reason: reason.into(), event: self.event(event).to_vec() }
    }

    /// Gives back the events of a range, all for one reason.
    pub(super) fn give_up(&self, events: impl RangeBounds<usize>, reason: &str, undelivered: &mut Vec<Undelivered>) {
        let events = (0..self.marks.len()).filter(|event| events.contains(event));
        undelivered.extend(events.map(|event| self.undelivered(event, reason)));
    }
}
