//! A ceiling on requests a second, shared by all that use a store: its jobs, both of their sides, retries included.
//!
//! Each request takes the next of evenly spaced turns, in the order of asking, so that a store never sees more than the
//! ceiling in any second, nor a burst at its beginning. Who gives up waiting leaves no gap; time in which nobody asked
//! is not saved up. A request that a person waits for goes at once, and all others wait so much longer.

use std::{
    num::NonZeroU32,
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::time::{Instant, sleep_until};

#[derive(Debug)]
pub struct Pace {
    between: Duration,
    /// Held by the one who waits for the next turn; given out in order.
    queue: tokio::sync::Mutex<()>,
    /// The first turn not taken.
    next: Mutex<Option<Instant>>,
}

impl Pace {
    pub fn new(requests_per_second: NonZeroU32) -> Self {
        // Rounded up, or the last of a second's turns would fall into it once too often.
        let nanoseconds = 1_000_000_000_u64.div_ceil(requests_per_second.get().into());
        Self {
            between: Duration::from_nanos(nanoseconds),
            queue: tokio::sync::Mutex::default(),
            next: Mutex::default(),
        }
    }

    /// Waits for the next turn; false if it had come already.
    pub async fn turn(&self) -> bool {
        let asked = Instant::now();
        let _first = self.queue.lock().await;
        loop {
            let turn = {
                let mut next = self.next();
                let turn = next.map_or(asked, |next| next.max(asked));
                if turn <= Instant::now() {
                    *next = Some(turn + self.between);
                    return turn > asked;
                }
                turn
            };
            sleep_until(turn).await;
        }
    }

    /// Takes a turn without waiting for it.
    pub fn go_first(&self) {
        let (mut next, now) = (self.next(), Instant::now());
        *next = Some(next.map_or(now, |next| next.max(now)) + self.between);
    }

    fn next(&self) -> MutexGuard<'_, Option<Instant>> {
        self.next.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use tokio::task::JoinSet;

    use super::*;

    fn pace(requests_per_second: u32) -> Arc<Pace> {
        Arc::new(Pace::new(NonZeroU32::new(requests_per_second).unwrap()))
    }

    /// When each of so many requests, asked for at once, got its turn; in order of asking.
    async fn turns(pace: &Arc<Pace>, count: usize) -> Vec<Instant> {
        let mut tasks = JoinSet::new();
        for number in 0..count {
            let pace = Arc::clone(pace);
            tasks.spawn(async move {
                pace.turn().await;
                (number, Instant::now())
            });
        }
        let mut turns = tasks.join_all().await;
        turns.sort_unstable();
        turns.into_iter().map(|(_, at)| at).collect()
    }

    #[tokio::test(start_paused = true)]
    async fn no_second_sees_more_than_the_ceiling_and_no_turn_is_wasted() {
        for ceiling in [1, 3, 7, 100, 3_500] {
            let began = Instant::now();
            let turns = turns(&pace(ceiling), 3 * ceiling as usize).await;
            assert!(turns.is_sorted(), "first come, first served");
            for window in turns.windows(ceiling as usize + 1) {
                assert!(window[ceiling as usize] - window[0] >= Duration::from_secs(1), "{ceiling}");
            }
            let took = *turns.last().unwrap() - began;
            assert!(took <= Duration::from_secs(3), "{ceiling}: {took:?}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn what_was_not_used_is_not_made_up_for() {
        let pace = pace(10);
        turns(&pace, 1).await;
        tokio::time::sleep(Duration::from_mins(1)).await;
        let turns = turns(&pace, 11).await;
        assert!(turns[10] - turns[0] >= Duration::from_secs(1));
    }

    #[tokio::test(start_paused = true)]
    async fn who_gives_up_waiting_leaves_no_gap() {
        let pace = pace(1);
        turns(&pace, 1).await;
        let (pace_, began) = (Arc::clone(&pace), Instant::now());
        let waiting = tokio::spawn(async move { turns(&pace_, 100).await });
        tokio::time::sleep(Duration::from_millis(1_500)).await;
        waiting.abort();
        assert!(waiting.await.unwrap_err().is_cancelled());
        turns(&pace, 1).await;
        assert_eq!(began.elapsed(), Duration::from_secs(2));
    }

    #[tokio::test(start_paused = true)]
    async fn what_a_person_waits_for_goes_at_once_and_counts() {
        let (pace, began) = (pace(1), Instant::now());
        turns(&pace, 1).await;
        let (one, ()) = tokio::join!(turns(&pace, 1), async {
            pace.go_first();
            pace.go_first();
        });
        assert_eq!(one[0] - began, Duration::from_secs(3));
    }
}
