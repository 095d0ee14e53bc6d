//! A piece of a batch: the events of one window or request.

use std::{collections::VecDeque, ops::Range, sync::Arc};

use super::{Batch, Settings, pace::Pace};

#[derive(Clone, Debug)]
pub(super) struct Piece {
    pub batch: Arc<Batch>,
    pub events: Range<usize>,
}

/// Limits of a piece. A larger event is a piece of its own.
#[derive(Clone, Copy, Debug)]
pub(super) struct Limits {
    events: usize,
    bytes: usize,
}

impl Limits {
    /// Most bytes, framing included.
    pub fn bytes(self) -> usize {
        self.bytes
    }

    /// The same limits with at most this many bytes.
    #[must_use]
    pub fn within(self, bytes: usize) -> Self {
        Self { bytes: self.bytes.min(bytes), ..self }
    }

    pub fn new(settings: &Settings, pace: &Pace) -> Self {
        Self { events: settings.batch_events.min(pace.most_at_once()), bytes: settings.batch_bytes }
    }

    /// Splits a batch into pieces, in order. `framing`: additional bytes per event.
    pub fn cut(self, batch: &Arc<Batch>, framing: usize, pieces: &mut VecDeque<Piece>) {
        let (mut first, mut bytes) = (0, 0);
        for event in 0..batch.marks.len() {
            let size = batch.start(event + 1) - batch.start(event) + framing;
            if event > first && (event - first == self.events || bytes + size > self.bytes) {
                pieces.push_back(Piece { batch: Arc::clone(batch), events: first..event });
                (first, bytes) = (event, 0);
            }
            bytes += size;
        }
        if first < batch.marks.len() {
            pieces.push_back(Piece { batch: Arc::clone(batch), events: first..batch.marks.len() });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{super::Mark, *};

    #[test]
    fn pieces_keep_limits_and_cover_all_events() {
        let mut batch = Batch::default();
        for size in [10, 10, 10, 10, 90, 10, 40, 40, 40] {
            batch.bytes.resize(batch.bytes.len() + size, b'x');
            batch.marks.push(Mark { end: batch.bytes.len(), line: 1, offset: 0, id: None });
        }
        let mut pieces = VecDeque::new();
        Limits { events: 3, bytes: 80 }.cut(&Arc::new(batch), 0, &mut pieces);
        let ranges: Vec<_> = pieces.into_iter().map(|piece| piece.events).collect();
        assert_eq!(ranges, [0..3, 3..4, 4..5, 5..7, 7..9]);
    }
}
