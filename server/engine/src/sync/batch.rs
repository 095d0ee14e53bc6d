//! How many rows an upload carries: as many as the remote takes within the time that was set.
//!
//! Grows by a step after each full batch that was quick enough, halves after one that was not answered or took twice as
//! long. After a failure the rows of that batch are searched by halves, so that one bad row among a thousand is alone
//! after ten requests, and the others are sent.

use std::collections::VecDeque;

use serde::{Deserialize, Serialize};

use super::cell::Mark;

/// What a batch may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BatchLimits {
    pub max: usize,
    /// Rows to add after a success.
    pub step: usize,
    /// How long an upload should take, in milliseconds.
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
    /// The first and the last row of a batch that failed, less those that were taken since. Rows and not a number of
    /// them, as the next evaluation may begin with others.
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

    /// How many of the rows in line to send next: half of the suspects, or others up to the first of them. At least one,
    /// if there is one.
    pub fn next(&self, queue: &VecDeque<Mark>) -> usize {
        let suspect = |mark: &&Mark| self.suspects.is_some_and(|(first, last)| (first..=last).contains(*mark));
        match queue.iter().take_while(suspect).count() {
            0 => queue.iter().take(self.size).take_while(|mark| !suspect(mark)).count(),
            suspects => suspects.div_ceil(2).min(self.size),
        }
    }

    pub fn succeeded(&mut self, sent: &[Mark], elapsed: u64, limits: &BatchLimits) {
        if let (Some((first, _)), Some(taken)) = (&mut self.suspects, sent.last())
            && sent.contains(first)
        {
            *first = Mark { key: taken.key.saturating_add(1), ..*taken };
        }
        if elapsed > 2 * limits.target {
            self.halve();
        } else if elapsed <= limits.target && sent.len() >= self.size {
            self.size = (self.size + limits.step).min(limits.max);
        }
    }

    /// No answer: perhaps the batch was too much, perhaps a row of it is at fault.
    pub fn failed(&mut self, sent: &[Mark]) {
        self.halve();
        self.refused(sent);
    }

    /// A row of the batch is at fault; its size is not.
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
    fn a_quick_remote_is_sent_more_and_a_slow_one_less() {
        let mut batch = Batch::default();
        let all = rows(0, 350);
        for _ in 0..5 {
            batch.succeeded(&all[..batch.size()], 10, &LIMITS);
        }
        assert_eq!(batch.size(), 350);
        batch.succeeded(&all, 1_500, &LIMITS);
        assert_eq!(batch.size(), 350, "slower than the target, but not by far");
        batch.succeeded(&all, 2_001, &LIMITS);
        assert_eq!(batch.size(), 175);
        batch.succeeded(&all[..3], 10, &LIMITS);
        assert_eq!(batch.size(), 175, "a batch that was not full says nothing");
    }

    #[test]
    fn one_bad_row_of_a_thousand_is_alone_after_some_ten_requests_and_costs_the_batch_nothing() {
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
    fn suspects_are_searched_though_other_rows_come_before_them() {
        let mut batch = Batch { size: 4, ..Batch::default() };
        batch.refused(&rows(10, 12));
        let queue = [rows(1, 3), rows(10, 14)].concat().into();
        assert_eq!(batch.next(&queue), 2, "up to the suspects");
        batch.succeeded(&rows(1, 3), 10, &LIMITS);
        let queue = rows(10, 14).into();
        assert_eq!(batch.next(&queue), 1, "half of them");
    }
}
