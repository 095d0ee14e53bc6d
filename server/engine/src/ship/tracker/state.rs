//! The state behind the tracker's lock, and the rules that keep it consistent.

use std::collections::{BTreeSet, HashMap, VecDeque};

use model::{Failure, Key, Lines, Phase, Progress, Summary};
use tokio::time::{Duration, Instant};

use super::{Checkpoint, KeyOutcome, Ran, Taken, Ticket, Totals, checkpoint::Confirmed};
use crate::{
    limit::{Throughput, ThroughputSample},
    s3::{Listed, Meter},
};

pub(super) struct State {
    /// Progress of earlier attempts, which this attempt adds to.
    before: Progress,
    pub phase: Phase,
    /// Without the settled keys of the window, which are added in a take.
    pub checkpoint: Checkpoint,
    window: VecDeque<Slot>,
    /// The number of the first slot.
    first: u64,
    listed: bool,
    retries: u64,
    /// Figures of earlier runs over retried keys that are not settled yet.
    earlier: HashMap<Ticket, Summary>,
    in_flight: HashMap<Ticket, Flight>,
    failures: Vec<Failure>,
    mended: BTreeSet<Key>,
    runs: Vec<Ran>,
    /// Summary over all runs of this attempt, dry runs included.
    pub summary: Summary,
    throughput: Throughput,
    began: Instant,
    /// When the attempt ended; times are computed up to here.
    ended: Option<Instant>,
    touched: Instant,
    moved: u64,
}

struct Slot {
    key: Key,
    /// As listed.
    size: u64,
    settled: bool,
}

/// Progress of an object in flight.
#[derive(Clone, Copy, Default)]
struct Flight {
    bytes: u64,
    lines: Lines,
}

fn milliseconds(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

impl State {
    pub fn resume(before: Progress, checkpoint: Checkpoint, now: Instant) -> Self {
        Self {
            phase: before.phase,
            listed: checkpoint.done,
            checkpoint,
            window: VecDeque::new(),
            first: 0,
            retries: 0,
            earlier: HashMap::new(),
            in_flight: HashMap::new(),
            failures: Vec::new(),
            mended: BTreeSet::new(),
            runs: Vec::new(),
            summary: Summary::default(),
            throughput: Throughput::default(),
            began: now,
            ended: None,
            touched: now,
            moved: 0,
            before,
        }
    }

    pub fn start_over(&mut self) {
        let confirmed: Option<Confirmed> = self.checkpoint.confirmed.take();
        self.checkpoint = Checkpoint { confirmed, ..Checkpoint::default() };
        self.listed = false;
    }

    pub fn halt(&mut self, now: Instant) {
        self.in_flight.clear();
        self.ended = Some(now);
    }

    /// Also returns the number of keys that the cursor passed.
    pub fn admit(&mut self, object: &Listed, now: Instant) -> (Option<Ticket>, usize) {
        self.touched = now;
        let settled = self.checkpoint.settled.remove(&object.key);
        self.window.push_back(Slot { key: object.key.clone(), size: object.size, settled });
        if settled {
            return (None, self.pass());
        }
        (Some(Ticket::Listed(self.first + self.window.len() as u64 - 1)), 0)
    }

    pub fn admit_retry(&mut self, earlier: Option<Summary>) -> Ticket {
        self.retries += 1;
        let ticket = Ticket::Retried(self.retries);
        self.earlier.extend(earlier.map(|earlier| (ticket, earlier)));
        ticket
    }

    pub fn all_listed(&mut self) {
        self.listed = true;
        self.pass();
    }

    pub fn begin(&mut self, ticket: Ticket, now: Instant) {
        self.touched = now;
        self.in_flight.insert(ticket, Flight::default());
    }

    pub fn advance(&mut self, ticket: Ticket, bytes: u64, lines: Lines, now: Instant) {
        if let Some(flight) = self.in_flight.get_mut(&ticket) {
            self.touched = now;
            *flight = Flight { bytes, lines };
        }
    }

    /// Settles a key; returns the number of keys that the cursor passed.
    pub fn settle(&mut self, ticket: Ticket, key: &Key, fate: KeyOutcome, now: Instant) -> usize {
        self.touched = now;
        self.in_flight.remove(&ticket);
        let totals = &mut self.checkpoint.totals;
        if matches!(ticket, Ticket::Retried(_)) {
            totals.failed = totals.failed.saturating_sub(1);
            if let Some(earlier) = self.earlier.remove(&ticket) {
                totals.forget(&earlier);
            }
        }
        let failure = match fate {
            KeyOutcome::Skipped => {
                totals.skipped += 1;
                None
            }
            KeyOutcome::LeftOut => {
                totals.left_out += 1;
                None
            }
            KeyOutcome::Finished { ran, failure, foreign } => {
                totals.add(&ran.summary);
                totals.excepted += u64::from(failure.is_none() && ran.summary.only_quarantined());
                self.summary.absorb(ran.summary.clone());
                if ran.summary.sink.is_some() {
                    self.runs.push(*ran);
                }
                totals.left_out += u64::from(foreign);
                totals.not_logs += u64::from(foreign);
                totals.shipped += u64::from(failure.is_none() && !foreign);
                failure
            }
        };
        if let Some(failure) = failure {
            totals.failed += 1;
            self.mended.remove(key);
            self.failures.push(failure);
        } else if matches!(ticket, Ticket::Retried(_)) {
            self.mended.insert(key.clone());
        }
        let Ticket::Listed(number) = ticket else { return 0 };
        let index = number.checked_sub(self.first).and_then(|index| usize::try_from(index).ok());
        if let Some(slot) = index.and_then(|index| self.window.get_mut(index)) {
            slot.settled = true;
            self.checkpoint.totals.found_bytes += slot.size;
        }
        self.pass()
    }

    /// Moves the cursor past settled keys; returns their number.
    fn pass(&mut self) -> usize {
        let mut passed = 0;
        while self.window.front().is_some_and(|slot| slot.settled)
            && let Some(slot) = self.window.pop_front()
        {
            self.checkpoint.cursor = Some(slot.key);
            self.first += 1;
            passed += 1;
        }
        if self.listed && self.window.is_empty() && !self.checkpoint.done {
            self.checkpoint.done = true;
            self.checkpoint.settled.clear(); // keys that are not listed any more
        }
        passed
    }

    pub fn untaken(&self) -> usize {
        self.failures.len() + self.runs.len()
    }

    pub fn take(&mut self, meter: &Meter, now: Instant) -> Taken {
        let progress = self.progress(meter, self.ended.unwrap_or(now));
        let mut checkpoint = self.checkpoint.clone();
        checkpoint.settled.extend(self.window.iter().filter(|slot| slot.settled).map(|slot| slot.key.clone()));
        Taken {
            progress,
            checkpoint,
            failures: std::mem::take(&mut self.failures),
            mended: std::mem::take(&mut self.mended).into_iter().collect(),
            runs: std::mem::take(&mut self.runs),
        }
    }

    pub fn put_back(&mut self, taken: Taken) {
        let newer: BTreeSet<Key> = self.failures.iter().map(|failure| failure.key.clone()).collect();
        self.mended.extend(taken.mended.into_iter().filter(|key| !newer.contains(key)));
        let mended = &self.mended;
        let older = taken.failures.into_iter().filter(|failure| !mended.contains(&failure.key));
        self.failures.splice(0..0, older);
        self.runs.splice(0..0, taken.runs);
    }

    fn progress(&mut self, meter: &Meter, now: Instant) -> Progress {
        if meter.moved() != self.moved {
            self.moved = meter.moved();
            self.touched = self.touched.max(now);
        }
        let totals: &Totals = &self.checkpoint.totals;
        let open = || self.window.iter().filter(|slot| !slot.settled);
        let unsettled = open().count() as u64;
        let retrying = self.in_flight.keys().filter(|ticket| matches!(ticket, Ticket::Retried(_))).count() as u64;
        let (mut bytes, mut lines) = (totals.bytes, totals.lines);
        for flight in self.in_flight.values() {
            bytes += flight.bytes;
            lines.absorb(&flight.lines);
        }
        let working = self.phase == Phase::Shipping && self.ended.is_none();
        self.throughput.sample(ThroughputSample {
            at: now - self.began,
            items: totals.objects() - retrying.min(totals.failed),
            bytes,
        });
        let (rate, byte_rate) = self.throughput.recent();
        Progress {
            phase: self.phase,
            found: totals.objects() + unsettled,
            found_bytes: totals.found_bytes + open().map(|slot| slot.size).sum::<u64>(),
            found_final: self.listed,
            done: totals.shipped,
            skipped: totals.skipped,
            failed: totals.failed.saturating_sub(retrying),
            bytes,
            lines: Some(lines),
            in_flight: u32::try_from(self.in_flight.len()).unwrap_or(u32::MAX),
            requests: self.before.requests + meter.requests(),
            retries: self.before.retries + meter.retries(),
            refused: self.before.refused + meter.refused(),
            rate: if working { rate } else { 0.0 },
            byte_rate: if working { byte_rate } else { 0.0 },
            left: if working && self.listed { self.throughput.left(unsettled + retrying) } else { None },
            idle_ms: if working { milliseconds(now.saturating_duration_since(self.touched)) } else { 0 },
            active_ms: self.before.active_ms + milliseconds(now - self.began),
            ..Progress::default()
        }
    }
}
