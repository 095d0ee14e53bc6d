//! Batches that are not confirmed by the receiver: kept until they are confirmed or given up.
//!
//! Buffers are reused: taking a batch leaves an emptied one in its place, so that nothing is copied.

use std::{collections::VecDeque, mem, sync::Arc};

use super::{Batch, Undelivered};

/// Unconfirmed batches in the order in which they were taken and are written.
#[derive(Default)]
pub(super) struct Unconfirmed {
    batches: VecDeque<Arc<Batch>>,
    /// Settled events of the first batch.
    settled: usize,
    /// Batches that are completely written.
    whole: usize,
    /// Bytes written of the batch after those.
    begun: usize,
    spare: BatchPool,
}

/// Emptied batches kept for reuse: what one delivery fills and sends at a time.
const SPARE: usize = 2;

/// Emptied batches for reuse.
#[derive(Default)]
pub(super) struct BatchPool(Vec<Batch>);

impl BatchPool {
    /// Takes the batch and leaves an emptied one in its place.
    pub fn swap(&mut self, batch: &mut Batch) -> Arc<Batch> {
        let emptied = self.0.pop().unwrap_or_else(|| Batch::as_large_as(batch));
        Arc::new(mem::replace(batch, emptied))
    }

    /// Returns a batch for reuse, unless it is still in use elsewhere.
    pub fn put(&mut self, batch: Arc<Batch>) {
        if self.0.len() < SPARE
            && let Ok(mut batch) = Arc::try_unwrap(batch)
        {
            batch.clear();
            self.0.push(batch);
        }
    }
}

impl Unconfirmed {
    pub fn take(&mut self, batch: &mut Batch) -> Arc<Batch> {
        let taken = self.spare.swap(batch);
        self.batches.push_back(Arc::clone(&taken));
        taken
    }

    pub fn bytes(&self) -> usize {
        self.batches.iter().map(|batch| batch.bytes.len()).sum()
    }

    /// The next batch to write, and the byte to start from.
    pub fn next(&self) -> Option<(Arc<Batch>, usize)> {
        self.batches.get(self.whole).map(|batch| (Arc::clone(batch), self.begun))
    }

    pub fn wrote(&mut self, bytes: usize) {
        self.begun += bytes;
        if self.batches.get(self.whole).is_some_and(|batch| self.begun == batch.bytes.len()) {
            (self.whole, self.begun) = (self.whole + 1, 0);
        }
    }

    /// Confirms all batches; returns their number of events.
    pub fn arrived(&mut self) -> u64 {
        let events: usize = self.batches.iter().map(|batch| batch.marks.len()).sum();
        let arrived = events - self.settled;
        for batch in self.batches.drain(..) {
            self.spare.put(batch);
        }
        (self.settled, self.whole, self.begun) = (0, 0, 0);
        arrived as u64
    }

    /// Gives up every completely written event. A partially written one will be written again from its first byte.
    pub fn give_up_written(&mut self, reason: &str, undelivered: &mut Vec<Undelivered>) {
        for batch in self.batches.drain(..self.whole) {
            batch.give_up(self.settled.., reason, undelivered);
            self.settled = 0;
            self.spare.put(batch);
        }
        self.whole = 0;
        if let Some(batch) = self.batches.front() {
            let written = batch.marks.partition_point(|mark| mark.end <= self.begun);
            batch.give_up(self.settled..written.max(self.settled), reason, undelivered);
            self.settled = written.max(self.settled);
            self.begun = batch.start(self.settled);
        }
    }

    /// Gives up all events.
    pub fn give_up(&mut self, reason: &str, undelivered: &mut Vec<Undelivered>) {
        self.whole = self.batches.len();
        self.give_up_written(reason, undelivered);
        self.begun = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::{super::Mark, *};

    fn batch(lines: &[&str]) -> Batch {
        let mut batch = Batch::default();
        for (offset, line) in (0..).zip(lines) {
            batch.bytes.extend_from_slice(line.as_bytes());
            batch.bytes.push(b'\n');
            batch.marks.push(Mark { end: batch.bytes.len(), line: offset + 1, offset, id: None });
        }
        batch
    }

    fn given_up(held: &mut Unconfirmed) -> Vec<String> {
        let mut undelivered = Vec::new();
        held.give_up_written("why", &mut undelivered);
        undelivered.into_iter().map(|undelivered| String::from_utf8(undelivered.event).unwrap()).collect()
    }

    #[test]
    fn written_events_are_given_up_partial_one_repeated() {
        let mut held = Unconfirmed::default();
        held.take(&mut batch(&["a1", "a2"]));
        held.take(&mut batch(&["b1", "b2", "b3"]));
        held.wrote(6);
        held.wrote(4); // b1 and one byte of b2
        assert_eq!(given_up(&mut held), ["a1", "a2", "b1"]);
        assert_eq!(held.next().map(|(batch, from)| batch.bytes[from..].to_vec()), Some(b"b2\nb3\n".to_vec()));
        held.wrote(1);
        assert_eq!(given_up(&mut held), [""; 0]);
        held.wrote(3);
        assert_eq!(given_up(&mut held), ["b2"]);
        held.wrote(3);
        assert_eq!((held.next(), held.arrived(), held.bytes()), (None, 1, 0));
    }

    #[test]
    fn buffers_are_reused() {
        let mut held = Unconfirmed::default();
        let mut first = batch(&["a1", "a2"]);
        let buffer = first.bytes.as_ptr();
        held.take(&mut first);
        assert!(first.is_empty() && first.bytes.capacity() >= 6);
        held.wrote(6);
        assert_eq!(held.arrived(), 2);
        held.take(&mut first);
        assert_eq!(first.bytes.as_ptr(), buffer);
    }
}
