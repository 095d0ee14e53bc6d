//! A folder that has refused copies: the rate at which it gets them, and those that wait.

use std::{collections::VecDeque, time::Duration};

use tokio::time::Instant;

/// Time over which answers are judged.
pub(super) const INTERVAL: Duration = Duration::from_millis(250);
/// Fewer refusals than one in this many only show that the rate is at the limit.
const TOLERATED: u64 = 50;
/// Share by which the rate rises, doubled while nothing is refused.
const FIRST_STEP: f64 = 0.01;
const WIDEST_STEP: f64 = 0.08;
/// Factor by which the rate falls at most: retried copies leave room for fewer new ones.
const STEP_DOWN: f64 = 0.9;
const LEAST: f64 = 1.0;

pub(super) struct Folder<Work> {
    /// Copies a second.
    rate: f64,
    step: f64,
    pub turn: Instant,
    pub waiting: VecDeque<Work>,
    window: Window,
    refused_at: Instant,
    /// Whether an interval has shown what the folder takes.
    seen: bool,
}

/// Answers since an instant.
pub(super) struct Window {
    pub since: Instant,
    pub taken: u64,
    refused: u64,
}

impl Window {
    pub fn new(since: Instant) -> Self {
        Self { since, taken: 0, refused: 0 }
    }

    #[expect(clippy::cast_precision_loss, reason = "a rate")]
    pub fn rate(&self, now: Instant) -> f64 {
        self.taken as f64 / (now - self.since).as_secs_f64().max(0.01)
    }
}

impl<Work> Folder<Work> {
    /// A folder that has just refused a copy; `guess` is how many copies a second it may take.
    pub fn refusing(guess: f64, now: Instant) -> Self {
        Self {
            rate: guess.max(LEAST),
            step: FIRST_STEP,
            turn: now,
            waiting: VecDeque::new(),
            window: Window::new(now),
            refused_at: now,
            seen: false,
        }
    }

    /// Lowers the rate if it is only a guess.
    pub fn guess_at_most(&mut self, guess: f64) {
        if !self.seen {
            self.rate = self.rate.min(guess).max(LEAST);
        }
    }

    /// Takes the work whose turn it is.
    pub fn begin(&mut self, now: Instant) -> Option<Work> {
        // Missed turns are lost, except those within the usual delay of a caller.
        let earliest = now.checked_sub(Duration::from_millis(20)).unwrap_or(now);
        self.turn = self.turn.max(earliest) + Duration::from_secs_f64(1.0 / self.rate);
        self.waiting.pop_front()
    }

    pub fn taken(&mut self, now: Instant) {
        self.window.taken += 1;
        self.judge(now);
    }

    pub fn refused(&mut self, now: Instant) {
        self.window.refused += 1;
        self.refused_at = now;
        self.judge(now);
    }

    /// Whether nothing waits, and nothing was refused for the time `since`.
    pub fn is_idle(&self, since: Duration, now: Instant) -> bool {
        self.waiting.is_empty() && now - self.refused_at >= since
    }

    fn judge(&mut self, now: Instant) {
        if now - self.window.since < INTERVAL {
            return;
        }
        let window = std::mem::replace(&mut self.window, Window::new(now));
        if window.refused * TOLERATED > window.taken {
            let least = if self.seen { self.rate * STEP_DOWN } else { LEAST };
            self.rate = window.rate(now).clamp(least.min(self.rate), self.rate).max(LEAST);
            (self.step, self.seen) = (FIRST_STEP, true);
        } else if window.refused == 0 && !self.waiting.is_empty() {
            self.rate *= 1.0 + self.step;
            self.step = (self.step * 2.0).min(WIDEST_STEP);
        }
    }
}
