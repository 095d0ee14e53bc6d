//! A rate of requests that a service sets by what it refuses.
//!
//! The service counts the requests of a whole account, and other clients count too, so that nobody knows beforehand what
//! it lets pass. Each refusal halves the rate, each answer gives a fifth of the interval back, up to the configured rate.

use std::{
    num::{NonZeroU32, NonZeroU64},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use super::Limiter;

/// Longest interval between two requests, however often the service refuses.
const SLOWEST: Duration = Duration::from_secs(5);

/// Units of the limiter inside: it takes the interval itself, in nanoseconds.
const NANOSECONDS: NonZeroU64 = NonZeroU64::new(1_000_000_000).unwrap();

/// Cheap to clone: all clones share one rate.
#[derive(Clone, Debug)]
pub struct AdaptiveLimiter {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    /// Between two requests, at the configured rate.
    shortest: Duration,
    /// Between two requests, now.
    interval: Mutex<Duration>,
    limiter: Limiter,
}

impl AdaptiveLimiter {
    pub fn new(requests_per_second: NonZeroU32) -> Self {
        let shortest = Duration::from_secs(1) / requests_per_second.get();
        let inner = Inner { shortest, interval: Mutex::new(shortest), limiter: Limiter::new(NANOSECONDS) };
        Self { inner: Arc::new(inner) }
    }

    /// Waits for the next turn, in the order of asking.
    pub async fn acquire(&self) {
        let interval = || u64::try_from(self.interval().as_nanos()).unwrap_or(u64::MAX);
        self.inner.limiter.acquire_with(interval).await;
    }

    /// Records that the service refused a request: halves the rate, and puts the next turn off.
    pub fn refused(&self) {
        let interval = {
            let mut interval = self.interval();
            *interval = (*interval * 2).min(SLOWEST.max(self.inner.shortest));
            *interval
        };
        self.inner.limiter.pause(interval);
    }

    /// Records that the service answered.
    pub fn answered(&self) {
        let mut interval = self.interval();
        *interval = (*interval * 4 / 5).max(self.inner.shortest);
    }

    fn interval(&self) -> MutexGuard<'_, Duration> {
        self.inner.interval.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use tokio::time::Instant;

    use super::*;

    async fn turns(limiter: &AdaptiveLimiter, count: u32) -> Duration {
        let began = Instant::now();
        for _ in 0..count {
            limiter.acquire().await;
        }
        began.elapsed()
    }

    fn limiter(requests_per_second: u32) -> AdaptiveLimiter {
        AdaptiveLimiter::new(NonZeroU32::new(requests_per_second).unwrap())
    }

    #[tokio::test(start_paused = true)]
    async fn clones_share_one_rate() {
        let limiter = limiter(4);
        let (one, other) = (limiter.clone(), limiter.clone());
        let began = Instant::now();
        tokio::join!(async { turns(&one, 4).await }, async { turns(&other, 5).await });
        assert!(began.elapsed() >= Duration::from_secs(2), "{:?}", began.elapsed());
    }

    #[tokio::test(start_paused = true)]
    async fn refusals_slow_all_down_and_answers_recover() {
        let limiter = limiter(10);
        turns(&limiter, 1).await;
        (0..20).for_each(|_| limiter.refused());
        assert!(turns(&limiter, 2).await >= SLOWEST);
        (0..100).for_each(|_| limiter.answered());
        turns(&limiter, 1).await;
        assert!(turns(&limiter, 10).await <= Duration::from_millis(1_050));
    }
}
