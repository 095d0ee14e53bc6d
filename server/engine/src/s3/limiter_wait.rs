//! The time limit of a request: how long nothing may happen, not how long it may take. Time that the request waits here for
//! a ceiling does not count, and each piece of a body that passes starts the time anew: a slow line is no broken one.

use std::{
    pin::pin,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::{
    select,
    time::{Instant, sleep_until},
};

/// Waits and progress of one request, in all its attempts. Cheap to clone.
#[derive(Clone)]
pub(super) struct LimiterWait(Arc<Mutex<Waits>>);

struct Waits {
    /// When something last happened.
    from: Instant,
    /// Waits for ceilings since then.
    over: Duration,
    /// Start of the wait that has not ended.
    since: Option<Instant>,
}

impl Default for LimiterWait {
    fn default() -> Self {
        Self(Arc::new(Mutex::new(Waits { from: Instant::now(), over: Duration::ZERO, since: None })))
    }
}

impl LimiterWait {
    /// Runs a wait for a ceiling.
    pub async fn run<T>(&self, wait: impl Future<Output = T>) -> T {
        self.waits().since = Some(Instant::now());
        let value = wait.await;
        let mut waits = self.waits();
        let last = waits.since.take().map_or(Duration::ZERO, |since| since.elapsed());
        waits.over += last;
        value
    }

    /// Records that something happened.
    pub fn progress(&self) {
        // Also ends the wait of an attempt that was dropped.
        *self.waits() = Waits { from: Instant::now(), over: Duration::ZERO, since: None };
    }

    /// Runs the work; `None` if nothing happened for `limit`, without the waits for ceilings.
    pub async fn within<T>(&self, limit: Duration, work: impl Future<Output = T>) -> Option<T> {
        self.progress();
        let mut work = pin!(work);
        loop {
            let until = self.started() + limit;
            select! {
                biased;
                done = &mut work => return Some(done),
                () = sleep_until(until) => if self.started() + limit <= until {
                    return None;
                }
            }
        }
    }

    /// When the time limit started to run, moved by the waits since.
    fn started(&self) -> Instant {
        let waits = self.waits();
        waits.from + waits.over + waits.since.map_or(Duration::ZERO, |since| since.elapsed())
    }

    fn waits(&self) -> MutexGuard<'_, Waits> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use tokio::time::sleep;

    use super::*;

    const LIMIT: Duration = Duration::from_secs(10);

    #[tokio::test(start_paused = true)]
    async fn waits_do_not_count_into_the_limit() {
        let (wait, began) = (LimiterWait::default(), Instant::now());
        let work = async {
            for _ in 0..3 {
                sleep(Duration::from_secs(3)).await;
                wait.run(sleep(Duration::from_mins(10))).await;
            }
        };
        assert_eq!(wait.within(LIMIT, work).await, Some(()));
        assert_eq!(began.elapsed(), Duration::from_secs(1_809));
    }

    #[tokio::test(start_paused = true)]
    async fn progress_starts_the_limit_anew() {
        let (wait, began) = (LimiterWait::default(), Instant::now());
        let work = async {
            for _ in 0..60 {
                sleep(Duration::from_secs(9)).await;
                wait.progress();
            }
            std::future::pending::<()>().await;
        };
        assert_eq!(wait.within(LIMIT, work).await, None);
        assert_eq!(began.elapsed(), Duration::from_secs(550));
    }

    #[tokio::test(start_paused = true)]
    async fn time_of_the_store_counts_into_the_limit() {
        let (wait, began) = (LimiterWait::default(), Instant::now());
        let work = async {
            wait.run(sleep(Duration::from_mins(1))).await;
            std::future::pending::<()>().await;
        };
        assert_eq!(wait.within(LIMIT, work).await, None);
        assert_eq!(began.elapsed(), Duration::from_secs(70));
        assert_eq!(wait.within(LIMIT, std::future::pending::<()>()).await, None);
        assert_eq!(began.elapsed(), Duration::from_secs(80));
    }
}
