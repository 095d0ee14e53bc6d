//! One folder that has refused copies: at what rate it gets them, and what it does with them.

use std::{collections::VecDeque, time::Duration};

use tokio::time::Instant;

/// What is judged at a time.
pub(super) const INTERVAL: Duration = Duration::from_millis(250);
/// One refusal of so many is a sign of being at the limit, and no more than that.
const TOLERATED: u64 = 50;
/// Steps up, doubled as long as nothing is refused.
const FIRST_STEP: f64 = 0.01;
const WIDEST_STEP: f64 = 0.08;
/// Steps down: what was taken while copies were sent again is less than what could have been.
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
    /// What it takes has been seen at least once.
    seen: bool,
}

/// What was answered since.
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
    /// That has just refused something. `guess`: copies a second that it may take.
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

    /// Lowers a rate that is nothing but a guess.
    pub fn guess_at_most(&mut self, guess: f64) {
        if !self.seen {
            self.rate = self.rate.min(guess).max(LEAST);
        }
    }

    /// Takes the work whose turn it is.
    pub fn begin(&mut self, now: Instant) -> Option<Work> {
        // Turns missed because nobody came are lost, but for one interval's delay of the caller.
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

    /// Nothing waits, and nothing was refused for so long.
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
