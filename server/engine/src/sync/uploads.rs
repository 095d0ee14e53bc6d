//! Sends rows in batches, searches a batch that failed for the row at fault, and sets that aside.

use std::collections::VecDeque;

use super::cell::Mark;
use super::checkpoint::Checkpoint;
use super::context::Context;
use super::exchange::{Change, SyncFault};
use super::quarantine::Refusal;

#[derive(Clone, Debug, Default, PartialEq)]
pub struct Uploads {
    queue: VecDeque<Mark>,
    /// Rows that were refused before take no others with them. After the first that fails the others wait.
    singly: bool,
    /// Rows that the remote took.
    pub sent: u64,
}

/// A row that is sent alone and gets no answer so often is taken for one that the remote cannot bear.
const STRIKES: u32 = 3;

impl Uploads {
    pub fn singly(marks: Vec<Mark>) -> Self {
        Self { queue: marks.into(), singly: true, sent: 0 }
    }

    /// Puts rows in line, but for those that are set aside.
    pub fn push(&mut self, marks: &[Mark], checkpoint: &Checkpoint) {
        self.queue.extend(marks.iter().filter(|mark| !checkpoint.quarantine.contains(**mark)));
    }

    /// Puts what is in line into order, each row once.
    pub fn tidy(&mut self) {
        let mut marks: Vec<_> = std::mem::take(&mut self.queue).into();
        marks.sort_unstable();
        marks.dedup();
        self.queue = marks.into();
    }

    pub fn next(&self, checkpoint: &Checkpoint) -> Option<Change> {
        let marks = self.batch(checkpoint);
        (!marks.is_empty()).then_some(Change::Upload { marks })
    }

    /// The rows that are sent together, or were just now.
    fn batch(&self, checkpoint: &Checkpoint) -> Vec<Mark> {
        let rows = if self.singly { 1 } else { checkpoint.batch.next(&self.queue) };
        self.queue.iter().take(rows).copied().collect()
    }

    pub fn answered(&mut self, context: &mut Context, refused: Vec<(Mark, Refusal)>, elapsed: u64) {
        let checkpoint = &mut context.checkpoint;
        let sent = self.batch(checkpoint);
        self.queue.drain(..sent.len());
        for mark in &sent {
            checkpoint.strikes = checkpoint.strikes.filter(|(struck, _)| struck != mark);
            if refused.iter().all(|(bad, _)| bad != mark) {
                checkpoint.quarantine.release(*mark);
                self.sent += 1;
            }
        }
        for (mark, refusal) in refused {
            checkpoint.quarantine.refuse(mark, refusal, context.now);
        }
        if !self.singly {
            checkpoint.batch.succeeded(&sent, elapsed, &context.options.batch);
        }
    }

    pub fn failed(&mut self, context: &mut Context, fault: &SyncFault) {
        let checkpoint = &mut context.checkpoint;
        let sent = self.batch(checkpoint);
        if self.singly {
            // Known to be bad; whether the remote is down as well, the next request tells.
            if let Some(mark) = self.queue.drain(..).next() {
                checkpoint.quarantine.refuse(mark, fault.to_string(), context.now);
            }
            return;
        }
        match fault {
            SyncFault::Unavailable(_) => checkpoint.batch.failed(&sent),
            SyncFault::Refused(_) => checkpoint.batch.refused(&sent),
        }
        if sent.len() == 1 && self.at_fault(checkpoint, fault) {
            if let Some(mark) = self.queue.pop_front() {
                checkpoint.quarantine.refuse(mark, fault.to_string(), context.now);
            }
            checkpoint.strikes = None;
        }
    }

    /// Whether a row that failed alone is to blame. Silence may have other reasons, so it has to repeat itself.
    fn at_fault(&self, checkpoint: &mut Checkpoint, fault: &SyncFault) -> bool {
        let (SyncFault::Unavailable(_), Some(mark)) = (fault, self.queue.front()) else { return true };
        let before = checkpoint.strikes.filter(|(struck, _)| struck == mark).map_or(0, |(_, strikes)| strikes);
        checkpoint.strikes = Some((*mark, before + 1));
        before + 1 >= STRIKES
    }
}
