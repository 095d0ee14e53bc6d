//! Limits how long a failing receiver is retried.
//!
//! Exponential backoff with full jitter, so that many connections that broke together do not return together. The
//! patience time counts from the first failure since the last success.

use std::time::Duration;

use rand::Rng;
use tokio::time::{Instant, sleep};

/// Longest wait after the first failure; doubled after each further one.
const BASE: Duration = Duration::from_millis(100);

/// Longest wait after any failure.
const MOST: Duration = Duration::from_secs(5);

pub(super) struct RetryBudget {
    patience: Duration,
    since: Option<Instant>,
    failures: u32,
}

/// The receiver has been failing for longer than the patience time.
pub(super) struct Exhausted;

impl RetryBudget {
    pub fn new(patience: Duration) -> Self {
        Self { patience, since: None, failures: 0 }
    }

    /// Resets the budget after a success.
    pub fn reset(&mut self) {
        (self.since, self.failures) = (None, 0);
    }

    /// Records a failure and waits before the next attempt.
    pub async fn wait(&mut self) -> Result<(), Exhausted> {
        self.wait_at_least(Duration::ZERO).await
    }

    /// Records a failure and waits before the next attempt, for as long as the receiver asks; not at all if that is
    /// longer than the patience time.
    pub async fn wait_at_least(&mut self, least: Duration) -> Result<(), Exhausted> {
        let left = self.patience.saturating_sub(self.since.get_or_insert_with(Instant::now).elapsed());
        if left.is_zero() || least > left {
            return Err(Exhausted);
        }
        let ceiling = BASE.saturating_mul(1 << self.failures.min(16)).min(MOST).min(left.saturating_sub(least));
        self.failures += 1;
        let wait = rand::rng().random_range(Duration::ZERO..=ceiling);
        sleep(least + wait).await;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn requested_pause_is_kept_within_patience() {
        let mut retries = RetryBudget::new(Duration::from_secs(30));
        let began = Instant::now();
        assert!(retries.wait_at_least(Duration::from_secs(20)).await.is_ok());
        assert!((Duration::from_secs(20)..Duration::from_secs(21)).contains(&began.elapsed()), "{:?}", began.elapsed());
        let before = began.elapsed();
        assert!(retries.wait_at_least(Duration::from_secs(20)).await.is_err(), "it would end after the patience time");
        assert_eq!(began.elapsed(), before);
    }

    #[tokio::test(start_paused = true)]
    async fn retries_last_for_the_patience_time() {
        let mut retries = RetryBudget::new(Duration::from_secs(30));
        for _ in 0..2 {
            let began = Instant::now();
            let mut failures = 0;
            while retries.wait().await.is_ok() {
                failures += 1;
            }
            let lasted = began.elapsed();
            assert!((Duration::from_secs(30)..Duration::from_secs(31)).contains(&lasted), "{lasted:?}");
            assert!(failures > 8, "{failures}");
            retries.reset();
        }
    }
}
