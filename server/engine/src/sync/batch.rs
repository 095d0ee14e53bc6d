//! The size of an upload: as many rows as the remote accepts within the target time.
//!
//! The size doubles after each full batch within the target, and halves after a batch that got no answer or took more
//! than twice the target. After a failure the rows of that batch are bisected, so that one bad row among a
//! thousand is isolated after ten requests while the others are sent.

use std::collections::VecDeque;

use serde::{Deserialize, Serialize};

use super::cell::Mark;

/// Bounds of the batch size.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BatchLimits {
    /// Largest batch, in rows.
    pub max: usize,
    /// Fewest rows added after a full batch within the target; otherwise it doubles.
    pub step: usize,
    /// Duration an upload should take, in milliseconds.
    pub target: u64,
}

impl Default for BatchLimits {
    fn default() -> Self {
        Self { max: 5_000, step: 100, target: 1_000 }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Batch {
    size: usize,
    /// First and last row of the batch that failed, without the rows accepted since. Rows rather than a count, because
    /// the next evaluation may begin with other rows.
    suspects: Option<(Mark, Mark)>,
}

impl Default for Batch {
    fn default() -> Self {
        Self { size: 100, suspects: None }
    }
}

impl Batch {
    pub fn size(&self) -> usize {
        self.size
    }

    /// Number of queued rows to send next: half of the suspects, or the rows before the first suspect. At least one
    /// unless the queue is empty.
    pub fn next(&self, queue: &VecDeque<Mark>) -> usize {
        let suspect = |mark: &&Mark| self.suspects.is_some_and(|(first, last)| (first..=last).contains(*mark));
        match queue.iter().take_while(suspect).count() {
            0 => queue.iter().take(self.size).take_while(|mark| !suspect(mark)).count(),
            suspects => suspects.div_ceil(2).min(self.size),
        }
    }

    /// Adapts the size to the duration of an upload (`elapsed`, milliseconds) and clears suspects that were accepted.
    pub fn succeeded(&mut self, sent: &[Mark], elapsed: u64, limits: &BatchLimits) {
        self.accept(sent);
        if elapsed > 2 * limits.target {
            self.halve();
        } else if elapsed <= limits.target && sent.len() >= self.size {
            self.size = (self.size + limits.step.max(self.size)).min(limits.max);
        }
    }

    /// Records a batch of which only these rows were sent, because they are large.
    pub fn cut(&mut self, sent: &[Mark]) {
        self.accept(sent);
        self.size = sent.len().max(1);
    }

    fn accept(&mut self, sent: &[Mark]) {
        if let (Some((first, _)), Some(taken)) = (&mut self.suspects, sent.last())
            && sent.contains(first)
        {
            *first = Mark { key: taken.key.saturating_add(1), ..*taken };
        }
    }

    /// Records a batch without an answer: it may have been too large, or a row in it may be at fault.
    pub fn failed(&mut self, sent: &[Mark]) {
        self.halve();
        self.refused(sent);
    }

    /// Records a refused batch: a row in it is at fault, so the size stays.
    pub fn refused(&mut self, sent: &[Mark]) {
        self.suspects = sent.first().copied().zip(sent.last().copied());
    }

    fn halve(&mut self) {
        self.size = (self.size / 2).max(1);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMITS: BatchLimits = BatchLimits { max: 350, step: 100, target: 1_000 };

    fn rows(from: u64, until: u64) -> Vec<Mark> {
        (from..until).map(|version| Mark { version, key: version }).collect()
    }

    #[test]
    fn batch_size_follows_the_remotes_speed() {
        let mut batch = Batch::default();
        let all = rows(0, 350);
        for _ in 0..5 {
            batch.succeeded(&all[..batch.size()], 10, &LIMITS);
        }
        assert_eq!(batch.size(), 350);
        batch.succeeded(&all, 1_500, &LIMITS);
        assert_eq!(batch.size(), 350, "slower than the target, but less than twice as slow");
        batch.succeeded(&all, 2_001, &LIMITS);
        assert_eq!(batch.size(), 175);
        batch.succeeded(&all[..3], 10, &LIMITS);
        assert_eq!(batch.size(), 175, "a batch that was not full does not change the size");
    }

    #[test]
    fn bisection_isolates_one_bad_row_without_shrinking_batches() {
        for bad in [0, 1, 400, 998, 999] {
            let mut batch = Batch { size: 1_000, ..Batch::default() };
            let mut queue: VecDeque<_> = rows(0, 2_000).into();
            for requests in 1.. {
                let sent: Vec<_> = queue.iter().take(batch.next(&queue)).copied().collect();
                if sent.iter().any(|mark| mark.key == bad) {
                    batch.refused(&sent);
                    if sent.len() == 1 {
                        assert!(requests <= 2 * 11, "{requests} requests for row {bad}");
                        break;
                    }
                } else {
                    queue.drain(..sent.len());
                    batch.succeeded(&sent, 1_500, &LIMITS);
                }
            }
            assert_eq!(batch.size(), 1_000);
        }
    }

    #[test]
    fn bisection_continues_after_rows_queued_before_suspects() {
        let mut batch = Batch { size: 4, ..Batch::default() };
        batch.refused(&rows(10, 12));
        let queue = [rows(1, 3), rows(10, 14)].concat().into();
        assert_eq!(batch.next(&queue), 2, "the rows before the suspects");
        batch.succeeded(&rows(1, 3), 10, &LIMITS);
        let queue = rows(10, 14).into();
        assert_eq!(batch.next(&queue), 1, "half of them");
    }
}
