//! Time that a request waits here for a ceiling: it does not count into the request's time limit.

use std::{
    pin::pin,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::{
    select,
    time::{Instant, sleep_until},
};

/// Waits of one request, in all its attempts. Cheap to clone.
#[derive(Clone, Default)]
pub(super) struct LimiterWait(Arc<Mutex<Waits>>);

#[derive(Default)]
struct Waits {
    over: Duration,
    /// Start of the wait that has not ended.
    since: Option<Instant>,
}

impl LimiterWait {
    /// Runs a wait for a ceiling.
    pub async fn run<T>(&self, wait: impl Future<Output = T>) -> T {
        self.waits().since = Some(Instant::now());
        let value = wait.await;
        self.end();
        value
    }

    /// Runs the work; `None` if it took longer than `limit` without the waits for ceilings.
    pub async fn within<T>(&self, limit: Duration, work: impl Future<Output = T>) -> Option<T> {
        self.end(); // a dropped attempt did not end its wait
        let mut work = pin!(work);
        let from = Instant::now() + limit;
        let before = self.so_far();
        loop {
            let until = from + self.so_far().saturating_sub(before);
            select! {
                biased;
                done = &mut work => return Some(done),
                () = sleep_until(until) => if from + self.so_far().saturating_sub(before) <= until {
                    return None;
                }
            }
        }
    }

    fn so_far(&self) -> Duration {
        let waits = self.waits();
        waits.over + waits.since.map_or(Duration::ZERO, |since| since.elapsed())
    }

    fn end(&self) {
        let mut waits = self.waits();
        let last = waits.since.take().map_or(Duration::ZERO, |since| since.elapsed());
        waits.over += last;
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
