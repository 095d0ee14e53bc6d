//! The tracker's state behind its lock: plain data and the rules that keep it consistent. [`taking`] makes what the caller
//! shows and stores.

mod taking;

use std::{collections::HashSet, sync::Arc};

use model::{Failure, Key, Phase, Progress};
use tokio::{sync::Semaphore, time::Instant};

use super::{Checkpoint, Pruning, RangeState, Settled, Verified, ranges::OpenRanges};
use crate::{
    clone::{
        gauge::LimitDetector,
        window::{Outcome, Passed},
    },
    limit::Throughput,
    s3::{Listed, is_odd},
};

/// Most failed keys remembered, so that the comparison does not report them again in other words.
const KNOWN: usize = 100_000;

pub(super) struct State {
    /// Progress of earlier attempts, to which this attempt adds.
    before: Progress,
    phase: Phase,
    pub ranges: OpenRanges,
    pub copied: bool,
    pub pruning: Pruning,
    /// Objects deleted in this attempt.
    deleted: u64,
    /// How often the caller has taken, and how often since the plan was confirmed.
    taken: u64,
    taken_confirmed: u64,
    /// Sections done in this attempt: now, at the last take, and in the checkpoint known to be stored.
    sections: [u64; 3],
    pub found_final: bool,
    /// Counts of the keys that cursors have passed, and of all settled ones.
    passed: Settled,
    pub total: Settled,
    unsettled: u64,
    pub in_flight: u32,
    /// Keys counted as failed that are being retried.
    pub retrying: u32,
    compared: u64,
    failures: Vec<Failure>,
    /// Objects that failed since this attempt began.
    pub failed_lately: u64,
    /// Never a key that has failed since: the caller deletes the failures of these keys last.
    mended: HashSet<Key>,
    pub known: HashSet<Key>,
    throughput: Throughput,
    began: Instant,
    /// The clock stops here.
    ended: Option<Instant>,
    pub touched: Instant,
    moved: u64,
    limits: LimitDetector,
}

fn count(settled: &mut Settled, outcome: &Outcome) {
    match outcome {
        Outcome::Copied { bytes } => {
            settled.done += 1;
            settled.bytes += bytes;
        }
        Outcome::Skipped => settled.skipped += 1,
        Outcome::Failed(_) => settled.failed += 1,
    }
}

impl State {
    pub fn resume(before: Progress, checkpoint: Checkpoint, now: Instant) -> Self {
        Self {
            phase: before.phase,
            ranges: OpenRanges::of(checkpoint.ranges),
            copied: checkpoint.copied,
            pruning: checkpoint.pruning,
            deleted: 0,
            taken: 0,
            taken_confirmed: 0,
            sections: [0; 3],
            found_final: checkpoint.copied,
            passed: checkpoint.settled,
            total: checkpoint.settled,
            unsettled: 0,
            in_flight: 0,
            retrying: 0,
            compared: 0,
            failures: Vec::new(),
            failed_lately: 0,
            mended: HashSet::new(),
            known: HashSet::new(),
            throughput: Throughput::default(),
            began: now,
            ended: None,
            touched: now,
            moved: 0,
            limits: LimitDetector::default(),
            before,
        }
    }

    pub fn enter(&mut self, phase: Phase) {
        if self.phase != phase {
            self.throughput.restart();
        }
        self.phase = phase;
        self.compared = if phase == Phase::Verifying { 0 } else { self.compared };
    }

    pub fn halt(&mut self, now: Instant) {
        self.ended = Some(now);
        self.in_flight = 0;
        self.retrying = 0;
        self.throughput.restart();
    }

    pub fn start_over(&mut self) {
        self.ranges = OpenRanges::default();
        (self.copied, self.found_final) = (false, false);
        (self.passed, self.total) = (Settled::default(), Settled::default());
        self.compared = 0;
    }

    /// Starts over; failures are recorded again if they happen again.
    pub fn begin_again(&mut self) {
        self.start_over();
        (self.unsettled, self.in_flight, self.retrying, self.failed_lately) = (0, 0, 0, 0);
        self.mended.extend(self.known.drain());
    }

    pub fn admit(&mut self, range: usize, object: &Listed, now: Instant) -> u64 {
        self.touched = now;
        self.unsettled += 1;
        self.total.found_bytes += object.size;
        let progress = &mut self.ranges[range];
        progress.range.state = RangeState::Active;
        progress.found += 1;
        progress.window.admit(object.key.clone(), object.size)
    }

    pub fn listed(&mut self, range: usize) {
        let progress = &mut self.ranges[range];
        progress.listed = true;
        progress.finish_if_due();
    }

    /// Settles a key; returns how many keys the cursor passed.
    pub fn settle(&mut self, range: usize, number: u64, outcome: Outcome, now: Instant) -> usize {
        self.touched = now;
        self.unsettled = self.unsettled.saturating_sub(1);
        count(&mut self.total, &outcome);
        let failed = matches!(outcome, Outcome::Failed(_));
        if let Outcome::Failed(failure) = &outcome {
            self.failed_lately += 1;
            self.remember(&failure.key);
        }
        let progress = &mut self.ranges[range];
        progress.settled += 1;
        progress.failed += u64::from(failed);
        progress.window.settle(number, outcome);
        let mut passed = 0;
        while let Some(Passed { key, size, outcome }) = progress.window.pass() {
            passed += 1;
            count(&mut self.passed, &outcome);
            self.passed.found_bytes += size;
            // A stand-in has no place among the keys.
            if !is_odd(&key) {
                progress.range.cursor = Some(key);
            }
            if let Outcome::Failed(failure) = outcome {
                self.mended.remove(&failure.key);
                self.failures.push(*failure);
            }
        }
        progress.room.add_permits(passed);
        progress.finish_if_due();
        passed
    }

    fn remember(&mut self, key: &Key) {
        if self.known.len() < KNOWN {
            self.known.insert(key.clone());
        }
    }

    pub fn retried(&mut self, key: Key, outcome: Option<Outcome>, now: Instant) {
        self.touched = now;
        self.retrying = self.retrying.saturating_sub(1);
        if let Some(Outcome::Failed(failure)) = outcome {
            self.failed_lately += 1;
            self.remember(&failure.key);
            self.failed(*failure);
            return;
        }
        self.known.remove(&key);
        self.mended(key);
        for settled in [&mut self.passed, &mut self.total] {
            if settled.failed > 0 {
                settled.failed -= 1;
                if let Some(outcome) = &outcome {
                    count(settled, outcome);
                }
            }
        }
    }

    pub fn mended(&mut self, key: Key) {
        self.mended.insert(key);
    }

    pub fn failed(&mut self, failure: Failure) {
        self.mended.remove(&failure.key);
        self.failures.push(failure);
    }

    pub fn untaken(&self) -> usize {
        self.failures.len()
    }

    pub fn deleted_one(&mut self, now: Instant) {
        self.touched = now;
        self.deleted += 1;
    }

    pub fn deleted(&self) -> u64 {
        self.before.deleted + self.deleted
    }

    pub fn not_deleted(&mut self, failure: Failure) {
        self.remember(&failure.key);
        self.failed(failure);
    }

    pub fn compared(&mut self, now: Instant) {
        self.touched = now;
        self.compared += 1;
    }

    pub fn compared_all(&mut self, keys: u64) {
        self.compared = keys;
    }

    pub fn proven_after_all(&mut self, key: Key) {
        self.retried(key, Some(Outcome::Skipped), self.touched);
    }

    pub fn verified_one(&mut self, bytes: u64, equal: bool, now: Instant) {
        self.compared(now);
        self.total.found_bytes += bytes;
        if equal {
            self.total.skipped += 1;
        } else {
            self.total.failed += 1;
        }
    }

    /// Failures of earlier attempts are not known by key any more: that many differences count as theirs.
    pub fn verified(&mut self, verified: Verified) {
        let total = &mut self.total;
        let found = total.objects().max(verified.source_objects);
        let earlier = total.failed.saturating_sub(self.known.len() as u64);
        total.failed = (total.failed + verified.fresh.saturating_sub(earlier)).min(found);
        total.done = total.done.min(found - total.failed);
        total.skipped = found - total.failed - total.done;
        total.found_bytes = verified.source_bytes;
        self.passed = *total;
    }

    pub fn room(&self, range: usize) -> Arc<Semaphore> {
        Arc::clone(&self.ranges[range].room)
    }
}

#[cfg(test)]
mod tests {
    use model::{Reason, Time};

    use super::*;

    fn key(text: &str) -> Key {
        text.parse().unwrap()
    }

    /// One object that failed in an earlier attempt, and `b`, which fails in this one.
    fn two_failed() -> State {
        let now = Instant::now();
        let settled = Settled { failed: 1, ..Settled::default() };
        let mut state = State::resume(Progress::default(), Checkpoint { settled, ..Checkpoint::default() }, now);
        state.ranges.unfinished();
        let b = Listed { key: key("b"), size: 1, etag: None, modified: Time(0), class: None };
        let number = state.admit(0, &b, now);
        let failure =
            Failure { key: key("b"), reason: Reason::Store, message: String::new(), attempts: 8, at: Time(0) };
        state.settle(0, number, Outcome::Failed(Box::new(failure)), now);
        assert_eq!(state.total.failed, 2);
        state
    }

    #[test]
    fn earlier_failure_found_by_comparison_counts_once() {
        let mut state = two_failed();
        state.verified(Verified { source_objects: 2, source_bytes: 2, fresh: 1 });
        assert_eq!((state.total.failed, state.total.objects()), (2, 2));
    }

    #[test]
    fn failure_proven_equal_no_longer_counts() {
        let mut state = two_failed();
        state.proven_after_all(key("b"));
        state.verified(Verified { source_objects: 2, source_bytes: 2, fresh: 1 });
        assert_eq!((state.total.failed, state.total.skipped), (1, 1));
    }

    #[test]
    fn objects_new_at_the_source_count_as_failed() {
        let mut state = two_failed();
        state.verified(Verified { source_objects: 5, source_bytes: 5, fresh: 4 });
        assert_eq!((state.total.failed, state.total.objects()), (5, 5));
    }
}
