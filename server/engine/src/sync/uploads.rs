//! The upload queue: sends rows in batches, bisects a failed batch for the row at fault, and quarantines that row.

use std::collections::VecDeque;

use super::cell::Mark;
use super::checkpoint::Checkpoint;
use super::context::Context;
use super::exchange::{Change, SyncFault};
use super::quarantine::Refusal;

#[derive(Clone, Debug, Default, PartialEq)]
pub struct Uploads {
    queue: VecDeque<Mark>,
    /// Rows are sent one by one, because they were refused before. After the first failure the others wait.
    singly: bool,
    /// Rows that the remote accepted.
    pub sent: u64,
    /// Some of those.
    pub accepted: Vec<Mark>,
    /// Rows sent singly, as long as each was answered.
    tried: Vec<Mark>,
    unanswered: bool,
}

/// Accepted rows that are remembered.
const REMEMBERED: usize = 1_000;

/// Attempts without an answer after which a row sent alone counts as refused.
const STRIKES: u32 = 3;

impl Uploads {
    pub fn singly(marks: Vec<Mark>) -> Self {
        Self { queue: marks.into(), singly: true, ..Self::default() }
    }

    /// What to send after rows that were sent singly: all other quarantined rows in batches, if one was accepted, as the
    /// cause may be gone; else the same rows together, as each may hold what another needs.
    pub fn rest(&self, checkpoint: &Checkpoint) -> Option<Self> {
        let queue = match (self.singly, self.sent) {
            (false, _) => return None,
            (true, 0) if self.unanswered || self.tried.len() < 2 => return None,
            (true, 0) => self.tried.clone(),
            (true, _) => checkpoint.quarantine.uploads(),
        };
        (!queue.is_empty()).then(|| Self { queue: queue.into(), ..Self::default() })
    }

    /// Queues rows, except quarantined ones.
    pub fn push(&mut self, marks: &[Mark], checkpoint: &Checkpoint) {
        self.queue.extend(marks.iter().filter(|mark| !checkpoint.quarantine.contains(**mark)));
    }

    /// Sorts the queue and removes duplicates.
    pub fn sort(&mut self) {
        let mut marks: Vec<_> = std::mem::take(&mut self.queue).into();
        marks.sort_unstable();
        marks.dedup();
        self.queue = marks.into();
    }

    pub fn next(&self, checkpoint: &Checkpoint) -> Option<Change> {
        let marks = self.batch(checkpoint);
        (!marks.is_empty()).then_some(Change::Upload { marks })
    }

    /// The rows of the batch to send next, or in flight.
    fn batch(&self, checkpoint: &Checkpoint) -> Vec<Mark> {
        let rows = if self.singly { 1 } else { checkpoint.batch.next(&self.queue) };
        self.queue.iter().take(rows).copied().collect()
    }

    /// `taken`: how many rows of the batch were sent; the others wait for the next.
    pub fn answered(&mut self, context: &mut Context, taken: usize, refused: Vec<(Mark, Refusal)>, elapsed: u64) {
        let checkpoint = &mut context.checkpoint;
        let mut sent = self.batch(checkpoint);
        let cut = taken < sent.len();
        sent.truncate(taken.max(1));
        self.queue.drain(..sent.len());
        if self.singly {
            self.tried.extend(&sent);
        }
        for mark in &sent {
            checkpoint.strikes = checkpoint.strikes.filter(|(struck, _)| struck != mark);
            if refused.iter().all(|(bad, _)| bad != mark) {
                checkpoint.quarantine.release(*mark);
                self.sent += 1;
                self.accepted.extend(Some(*mark).filter(|_| self.accepted.len() < REMEMBERED));
            }
        }
        for (mark, refusal) in refused {
            checkpoint.quarantine.refuse(mark, refusal, context.now);
        }
        if cut {
            checkpoint.batch.cut(&sent);
        } else if !self.singly {
            checkpoint.batch.succeeded(&sent, elapsed, &context.options.batch);
        }
    }

    pub fn failed(&mut self, context: &mut Context, fault: &SyncFault) {
        let checkpoint = &mut context.checkpoint;
        let sent = self.batch(checkpoint);
        if self.singly && matches!(fault, SyncFault::Failed(_)) {
            return;
        }
        if self.singly {
            if let Some(mark) = self.queue.pop_front() {
                checkpoint.quarantine.refuse(mark, fault.to_string(), context.now);
            }
            // If the remote is unreachable, the next request fails too.
            if matches!(fault, SyncFault::Unavailable(_)) {
                self.queue.clear();
                self.unanswered = true;
            }
            return;
        }
        match fault {
            SyncFault::Unavailable(_) => checkpoint.batch.failed(&sent),
            SyncFault::Refused(_) => checkpoint.batch.refused(&sent),
            SyncFault::Failed(_) => return,
        }
        if sent.len() == 1 && self.at_fault(checkpoint, fault) {
            if let Some(mark) = self.queue.pop_front() {
                checkpoint.quarantine.refuse(mark, fault.to_string(), context.now);
            }
            checkpoint.strikes = None;
        }
    }

    /// Whether a row that failed alone is at fault. A missing answer may have other causes, so it must repeat.
    fn at_fault(&self, checkpoint: &mut Checkpoint, fault: &SyncFault) -> bool {
        let (SyncFault::Unavailable(_), Some(mark)) = (fault, self.queue.front()) else { return true };
        let before = checkpoint.strikes.filter(|(struck, _)| struck == mark).map_or(0, |(_, strikes)| strikes);
        checkpoint.strikes = Some((*mark, before + 1));
        before + 1 >= STRIKES
    }
}
