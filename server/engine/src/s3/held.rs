//! Time in which a request is held back here on purpose, by a ceiling: it does not count as the store's.

use std::{
    pin::pin,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::{
    select,
    time::{Instant, sleep_until},
};

/// Of one request, all its attempts together. Cheap to clone.
#[derive(Clone, Default)]
pub(super) struct Held(Arc<Mutex<Waits>>);

#[derive(Default)]
struct Waits {
    over: Duration,
    /// The one that has not ended.
    since: Option<Instant>,
}

impl Held {
    /// Waits for what holds it back.
    pub async fn back<T>(&self, wait: impl Future<Output = T>) -> T {
        self.waits().since = Some(Instant::now());
        let value = wait.await;
        self.end();
        value
    }

    /// What the work came to; `None` if it took longer than `limit`, not counting the time it was held back.
    pub async fn within<T>(&self, limit: Duration, work: impl Future<Output = T>) -> Option<T> {
        self.end(); // an attempt that was dropped could not
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
    async fn a_request_that_is_held_back_has_its_whole_time_besides() {
        let (held, began) = (Held::default(), Instant::now());
        let work = async {
            for _ in 0..3 {
                sleep(Duration::from_secs(3)).await;
                held.back(sleep(Duration::from_mins(10))).await;
            }
        };
        assert_eq!(held.within(LIMIT, work).await, Some(()));
        assert_eq!(began.elapsed(), Duration::from_secs(1_809));
    }

    #[tokio::test(start_paused = true)]
    async fn the_time_of_the_store_is_not_held_back_time() {
        let (held, began) = (Held::default(), Instant::now());
        let work = async {
            held.back(sleep(Duration::from_mins(1))).await;
            std::future::pending::<()>().await;
        };
        assert_eq!(held.within(LIMIT, work).await, None);
        assert_eq!(began.elapsed(), Duration::from_secs(70));
        assert_eq!(held.within(LIMIT, std::future::pending::<()>()).await, None);
        assert_eq!(began.elapsed(), Duration::from_secs(80));
    }
}
