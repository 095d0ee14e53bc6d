//! How many tasks to run at once: found while they run, below a ceiling.
//!
//! The number grows while growing raises the throughput, goes back a step where it does not, and falls at once when the
//! store throttles (503, or no answer in time). A distant store needs hundreds of requests in flight, one on loopback a few
//! dozen; nobody has to know that beforehand.

use std::time::Duration;

use tokio::time::Instant;

/// Tasks at once at the start of a run in which the stores do the work.
pub(super) const FIRST: usize = 128;
/// Tasks at once at the start of a run whose bytes pass through this process: a slow line is shared by few.
pub(super) const FIRST_STREAMED: usize = 16;
/// Shortest time over which a rate is judged.
const INTERVAL: Duration = Duration::from_millis(50);
/// Fewer refusals than one in this many are ignored: those of a single folder are the throttle's concern.
const TOLERATED: u64 = 10;
/// Time without growth after the store has throttled.
const COOLING: Duration = Duration::from_secs(2);
/// Factor by which the rate must rise for growth to go on.
const GAIN: f64 = 1.05;
const GROWTH: f64 = 2.0;
const SHRINKING: f64 = 0.7;
/// Factor by which the best rate decays each interval: what did not help once may help later.
const FORGETTING: f64 = 0.995;

#[derive(Debug)]
pub(super) struct ConcurrencyControl {
    ceiling: usize,
    allowed: usize,
    /// Tasks allowed before the last growth, until it is known whether that helped.
    before: Option<usize>,
    best_rate: f64,
    since: Instant,
    finished: u64,
    refused: u64,
    /// No growth until then.
    cooling: Option<Instant>,
    /// Whether tasks had to wait since the interval began.
    full: bool,
}

impl ConcurrencyControl {
    /// `refused` is the number of throttled requests so far.
    pub fn new(first: usize, ceiling: usize, refused: u64) -> Self {
        let ceiling = ceiling.max(1);
        Self {
            ceiling,
            allowed: first.min(ceiling),
            before: None,
            best_rate: 0.0,
            since: Instant::now(),
            finished: 0,
            refused,
            cooling: None,
            full: false,
        }
    }

    pub fn ceiling(&self) -> usize {
        self.ceiling
    }

    pub fn allowed(&self) -> usize {
        self.allowed
    }

    /// Records that a task has to wait.
    pub fn mark_full(&mut self) {
        self.full = true;
    }

    /// Records a finished task; `refused` is the number of throttled requests so far.
    pub fn finished_one(&mut self, refused: u64) {
        self.finished += 1;
        let now = Instant::now();
        let took = now - self.since;
        let throttled = (refused - self.refused) * TOLERATED > self.finished;
        // At least one round trip of all allowed tasks, or the number has not shown its effect yet.
        if took < INTERVAL || (self.finished < self.allowed as u64 && !throttled) {
            return;
        }
        #[expect(clippy::cast_precision_loss, reason = "a rate")]
        let rate = self.finished as f64 / took.as_secs_f64();
        if throttled {
            if self.cooling.is_none_or(|until| now >= until) {
                self.scale(SHRINKING);
                self.before = None;
                self.cooling = Some(now + COOLING);
            }
            self.best_rate = rate;
        } else if rate >= self.best_rate * GAIN && self.full {
            self.best_rate = rate;
            if self.cooling.is_none_or(|until| now >= until) {
                self.before = Some(self.allowed);
                self.scale(GROWTH);
            }
        } else {
            self.allowed = self.before.take().unwrap_or(self.allowed);
            self.best_rate = rate.max(self.best_rate * FORGETTING);
        }
        (self.since, self.finished, self.refused, self.full) = (now, 0, refused, false);
    }

    #[expect(clippy::cast_precision_loss, clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "small")]
    fn scale(&mut self, by: f64) {
        self.allowed = ((self.allowed as f64 * by) as usize).clamp(1, self.ceiling);
    }
}

#[cfg(test)]
mod tests {
    use tokio::time::advance;

    use super::*;

    /// Runs against a store that answers each request after `latency` and takes at most `most_a_second`; a strict one
    /// refuses the rest. Returns the number of refusals.
    #[expect(clippy::cast_precision_loss, clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "small")]
    async fn run(control: &mut ConcurrencyControl, latency: Duration, most_a_second: f64, strict: bool) -> u64 {
        let mut refused = 0;
        for _ in 0..200 {
            let allowed = control.allowed() as f64;
            let offered = allowed / latency.as_secs_f64();
            let taken = offered.min(most_a_second);
            let round = Duration::from_secs_f64(allowed / taken);
            advance(round).await;
            if strict {
                refused += (allowed * (1.0 - taken / offered)) as u64;
            }
            for _ in 0..control.allowed() {
                control.mark_full();
                control.finished_one(refused);
            }
        }
        refused
    }

    #[tokio::test(start_paused = true)]
    async fn distant_store_gets_all_requests_allowed() {
        let mut control = ConcurrencyControl::new(FIRST, 256, 0);
        run(&mut control, Duration::from_millis(50), f64::INFINITY, false).await;
        assert_eq!(control.allowed(), 256);
    }

    #[tokio::test(start_paused = true)]
    async fn concurrency_stops_growing_without_higher_throughput() {
        let mut control = ConcurrencyControl::new(FIRST, 1_024, 0);
        run(&mut control, Duration::from_millis(10), 2_000.0, false).await;
        // Twenty are enough; the control starts with more, and tries twice as many now and then.
        assert!((20..=2 * FIRST).contains(&control.allowed()), "{}", control.allowed());
    }

    #[tokio::test(start_paused = true)]
    async fn throttling_store_gets_fewer_requests() {
        let mut control = ConcurrencyControl::new(FIRST, 1_024, 0);
        let refused = run(&mut control, Duration::from_millis(50), 3_500.0, true).await;
        assert!((60..=400).contains(&control.allowed()), "{}", control.allowed());
        assert!(refused < 10_000, "{refused}");
    }

    #[tokio::test(start_paused = true)]
    async fn concurrency_does_not_grow_without_waiting_tasks() {
        let mut control = ConcurrencyControl::new(FIRST, 256, 0);
        for _ in 0..1_000 {
            advance(Duration::from_millis(10)).await;
            control.finished_one(0);
        }
        assert_eq!(control.allowed(), FIRST);
    }
}
