//! What the caller takes from the state once a second, to show and store it.
//!
//! Always: progress, checkpoint, failures and resolved keys are of one instant. A caller that takes again has stored what
//! it took before, or has put it back: from that it follows what a crash can lose, and how far deleting may run ahead.

use std::collections::HashSet;

use model::{Key, Phase, Progress};
use tokio::time::{Duration, Instant};

use super::{
    super::{Checkpoint, Pruning, Taken, checkpoint::joined, key_map::key_map},
    State,
};
use crate::{
    clone::{gauge::ConcurrencyGauge, sections::OPEN},
    limit::ThroughputSample,
    s3::Meter,
};

fn milliseconds(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

impl State {
    pub fn take(&mut self, meter: &Meter, gauge: &ConcurrencyGauge, now: Instant) -> Taken {
        let now = self.ended.unwrap_or(now);
        self.taken += 1;
        let [done, taken, _] = self.sections;
        self.sections = [done, done, taken]; // a caller that takes again has stored what it took before
        self.taken_confirmed += u64::from(matches!(self.pruning, Pruning::Confirmed(_)));
        if meter.moved() != self.moved {
            self.moved = meter.moved();
            self.touched = now;
        }
        let objects = if self.phase == Phase::Verifying { self.compared } else { self.total.objects() };
        self.throughput.sample(ThroughputSample { at: now - self.began, items: objects, bytes: self.total.bytes });
        Taken {
            progress: self.progress(meter, gauge, now),
            checkpoint: Checkpoint {
                ranges: joined(self.ranges.all().map(|progress| progress.range.clone()).collect()),
                copied: self.copied,
                settled: self.passed,
                pruning: self.pruning.clone(),
            },
            failures: std::mem::take(&mut self.failures),
            mended: self.mended.drain().collect(),
            records: Vec::new(),
            report: Vec::new(),
        }
    }

    pub fn put_back(&mut self, taken: Taken) {
        let since: HashSet<&Key> = self.failures.iter().map(|failure| &failure.key).collect();
        self.mended.extend(taken.mended.into_iter().filter(|key| !since.contains(key)));
        self.taken_confirmed = 0;
        self.sections[1] = self.sections[2];
        self.failures.splice(0..0, taken.failures);
    }

    fn progress(&mut self, meter: &Meter, gauge: &ConcurrencyGauge, now: Instant) -> Progress {
        let found = self.total.objects() + self.unsettled;
        let to_do = match self.phase {
            Phase::Copying => self.unsettled,
            Phase::Verifying => found.saturating_sub(self.compared),
            Phase::Waiting | Phase::Deleting | Phase::Shipping | Phase::Reading | Phase::Finished => 0,
        };
        let (rate, byte_rate) = self.throughput.recent();
        let working = self.phase != Phase::Finished;
        Progress {
            phase: self.phase,
            found,
            found_bytes: self.total.found_bytes,
            found_final: self.found_final,
            done: self.total.done,
            skipped: self.total.skipped,
            failed: self.total.failed.saturating_sub(u64::from(self.retrying)),
            deleted: self.deleted(),
            bytes: self.total.bytes,
            lines: None,
            in_flight: self.in_flight + self.retrying,
            compared: self.compared,
            concurrency: if working { gauge.allowed() } else { 0 },
            refused: self.before.refused + meter.refused(),
            limit: self.limits.detect(gauge, meter, now).filter(|_| working),
            ranges: key_map(self.ranges.all()),
            requests: self.before.requests + meter.requests(),
            retries: self.before.retries + meter.retries(),
            rate: if working { rate } else { 0.0 },
            byte_rate: if working { byte_rate } else { 0.0 },
            left: self.found_final.then(|| self.throughput.left(to_do)).flatten(),
            idle_ms: if working { milliseconds(now - self.touched) } else { 0 },
            active_ms: self.before.active_ms + milliseconds(now - self.began),
        }
    }

    pub fn is_stored(&self) -> bool {
        self.taken == 0 || self.taken_confirmed >= 2
    }

    pub fn may_start_section(&self) -> bool {
        let [done, _, stored] = self.sections;
        self.taken == 0 || done - stored < OPEN
    }

    pub fn section_done(&mut self) {
        if let Pruning::Confirmed(sections) = &mut self.pruning {
            sections.pass();
            self.sections[0] += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clone::sections::Sections;

    #[test]
    fn confirmed_plan_is_stored_after_another_take() {
        let (now, meter, gauge) = (Instant::now(), Meter::default(), ConcurrencyGauge::default());
        let mut state = State::resume(Progress::default(), Checkpoint::default(), now);
        assert!(state.is_stored(), "nothing was ever taken");
        state.take(&meter, &gauge, now);
        state.pruning = Pruning::Confirmed(Sections::default());
        assert!(!state.is_stored());
        let taken = state.take(&meter, &gauge, now);
        assert_eq!(taken.checkpoint.pruning, state.pruning);
        assert!(!state.is_stored(), "it may still be on its way");
        state.put_back(taken);
        state.take(&meter, &gauge, now);
        assert!(!state.is_stored(), "it could not be stored");
        state.take(&meter, &gauge, now);
        assert!(state.is_stored());
    }

    #[test]
    fn sections_ahead_of_the_checkpoint_are_bounded() {
        let (now, meter, gauge) = (Instant::now(), Meter::default(), ConcurrencyGauge::default());
        let mut state = State::resume(Progress::default(), Checkpoint::default(), now);
        state.pruning = Pruning::Confirmed(Sections::default());
        state.take(&meter, &gauge, now);
        for _ in 0..OPEN {
            assert!(state.may_start_section());
            state.section_done();
        }
        assert!(!state.may_start_section());
        let taken = state.take(&meter, &gauge, now);
        assert!(!state.may_start_section(), "it may still be on its way");
        state.put_back(taken);
        state.take(&meter, &gauge, now);
        assert!(!state.may_start_section(), "it could not be stored");
        state.take(&meter, &gauge, now);
        assert!(state.may_start_section());
    }
}
