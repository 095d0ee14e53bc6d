//! How long to put up with a receiver that fails again and again.
//!
//! Exponential backoff with full jitter: many connections that broke at once must not come back at once. Patience is
//! counted from the first failure since something last arrived, whatever failed in between.

use std::time::Duration;

use rand::Rng;
use tokio::time::{Instant, sleep};

/// The most to wait after the first failure; doubles from there.
const BASE: Duration = Duration::from_millis(100);

/// The most to wait after any.
const MOST: Duration = Duration::from_secs(5);

pub(super) struct Trouble {
    patience: Duration,
    since: Option<Instant>,
    failures: u32,
}

/// It has lasted longer than the patience.
pub(super) struct Enough;

impl Trouble {
    pub fn new(patience: Duration) -> Self {
        Self { patience, since: None, failures: 0 }
    }

    /// Something arrived.
    pub fn over(&mut self) {
        (self.since, self.failures) = (None, 0);
    }

    /// Something failed: waits before it may be tried again.
    pub async fn wait(&mut self) -> Result<(), Enough> {
        let left = self.patience.saturating_sub(self.since.get_or_insert_with(Instant::now).elapsed());
        if left.is_zero() {
            return Err(Enough);
        }
        let ceiling = BASE.saturating_mul(1 << self.failures.min(16)).min(MOST).min(left);
        self.failures += 1;
        let wait = rand::rng().random_range(Duration::ZERO..=ceiling);
        sleep(wait).await;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn patience_lasts_as_long_as_it_was_set_to_and_begins_anew_once_something_arrived() {
        let mut trouble = Trouble::new(Duration::from_secs(30));
        for _ in 0..2 {
            let began = Instant::now();
            let mut failures = 0;
            while trouble.wait().await.is_ok() {
                failures += 1;
            }
            let lasted = began.elapsed();
            assert!((Duration::from_secs(30)..Duration::from_secs(31)).contains(&lasted), "{lasted:?}");
            assert!(failures > 8, "{failures}");
            trouble.over();
        }
    }
}
