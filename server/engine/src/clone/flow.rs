//! How much to have under way at once: found out while it runs, below a ceiling.
//!
//! As with a road: more cars bring more through until they only wait for each other. So the number grows while growing
//! brings more through, goes back a step where it does not, and falls at once when the store asks for less (503, no answer in
//! time). A far store needs hundreds in flight, one on loopback a few dozen; nobody has to know that beforehand.

use std::time::Duration;

use tokio::time::Instant;

/// What a run begins with.
const FIRST: usize = 128;
/// Nothing is judged by less than this.
const INTERVAL: Duration = Duration::from_millis(50);
/// One refusal of so many is no reason: a single folder's are the throttle's concern.
const MANY: u64 = 10;
/// After the store has asked for less.
const COOLING: Duration = Duration::from_secs(2);
/// Growing is worth it if it brings this much more.
const GAIN: f64 = 1.05;
const GROWTH: f64 = 2.0;
const SHRINKING: f64 = 0.7;
/// The best rate is forgotten by so much an interval: what did not help once may help later.
const FORGETTING: f64 = 0.995;

#[derive(Debug)]
pub(super) struct Flow {
    ceiling: usize,
    allowed: usize,
    /// What was allowed before it grew, until it is known whether that helped.
    before: Option<usize>,
    best_rate: f64,
    since: Instant,
    finished: u64,
    refused: u64,
    /// Until then it does not grow.
    cooling: Option<Instant>,
    /// More was to be done than was allowed, since the interval began.
    pressed: bool,
}

impl Flow {
    /// `refused`: as the store has counted up to now.
    pub fn new(ceiling: usize, refused: u64) -> Self {
        let ceiling = ceiling.max(1);
        Self {
            ceiling,
            allowed: FIRST.min(ceiling),
            before: None,
            best_rate: 0.0,
            since: Instant::now(),
            finished: 0,
            refused,
            cooling: None,
            pressed: false,
        }
    }

    pub fn ceiling(&self) -> usize {
        self.ceiling
    }

    pub fn allowed(&self) -> usize {
        self.allowed
    }

    /// There is more to do than may be under way.
    pub fn press(&mut self) {
        self.pressed = true;
    }

    /// One more is finished; `refused` is how often the store has asked for less since it began.
    pub fn finished_one(&mut self, refused: u64) {
        self.finished += 1;
        let now = Instant::now();
        let took = now - self.since;
        let asked_for_less = (refused - self.refused) * MANY > self.finished;
        // A round trip of all that is allowed, at least: else the number has not shown yet what it does.
        if took < INTERVAL || (self.finished < self.allowed as u64 && !asked_for_less) {
            return;
        }
        #[expect(clippy::cast_precision_loss, reason = "a rate")]
        let rate = self.finished as f64 / took.as_secs_f64();
        if asked_for_less {
            if self.cooling.is_none_or(|until| now >= until) {
                self.scale(SHRINKING);
                self.before = None;
                self.cooling = Some(now + COOLING);
            }
            self.best_rate = rate;
        } else if rate >= self.best_rate * GAIN && self.pressed {
            self.best_rate = rate;
            if self.cooling.is_none_or(|until| now >= until) {
                self.before = Some(self.allowed);
                self.scale(GROWTH);
            }
        } else {
            self.allowed = self.before.take().unwrap_or(self.allowed);
            self.best_rate = rate.max(self.best_rate * FORGETTING);
        }
        (self.since, self.finished, self.refused, self.pressed) = (now, 0, refused, false);
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

    /// A store that answers each request after `latency`, and takes at most so many a second; a strict one says so.
    #[expect(clippy::cast_precision_loss, clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "small")]
    async fn run(flow: &mut Flow, latency: Duration, most_a_second: f64, strict: bool) -> u64 {
        let mut refused = 0;
        for _ in 0..200 {
            let allowed = flow.allowed() as f64;
            let offered = allowed / latency.as_secs_f64();
            let taken = offered.min(most_a_second);
            let round = Duration::from_secs_f64(allowed / taken);
            advance(round).await;
            if strict {
                refused += (allowed * (1.0 - taken / offered)) as u64;
            }
            for _ in 0..flow.allowed() {
                flow.press();
                flow.finished_one(refused);
            }
        }
        refused
    }

    #[tokio::test(start_paused = true)]
    async fn a_far_store_is_asked_as_much_as_the_ceiling_allows() {
        let mut flow = Flow::new(256, 0);
        run(&mut flow, Duration::from_millis(50), f64::INFINITY, false).await;
        assert_eq!(flow.allowed(), 256);
    }

    #[tokio::test(start_paused = true)]
    async fn what_brings_no_more_through_is_not_begun() {
        let mut flow = Flow::new(1_024, 0);
        run(&mut flow, Duration::from_millis(10), 2_000.0, false).await;
        // Twenty are enough; it begins with more, and tries twice as many now and then.
        assert!((20..=2 * FIRST).contains(&flow.allowed()), "{}", flow.allowed());
    }

    #[tokio::test(start_paused = true)]
    async fn a_store_that_asks_for_less_is_given_less() {
        let mut flow = Flow::new(1_024, 0);
        let refused = run(&mut flow, Duration::from_millis(50), 3_500.0, true).await;
        assert!((60..=400).contains(&flow.allowed()), "{}", flow.allowed());
        assert!(refused < 10_000, "{refused}");
    }

    #[tokio::test(start_paused = true)]
    async fn it_does_not_grow_where_there_is_nothing_to_do() {
        let mut flow = Flow::new(256, 0);
        for _ in 0..1_000 {
            advance(Duration::from_millis(10)).await;
            flow.finished_one(0);
        }
        assert_eq!(flow.allowed(), FIRST);
    }
}
