//! A ceiling on requests a second, shared by all of a run's requests, retries included.
//!
//! Each request takes the next of evenly spaced turns, in the order of asking, so that a store never sees more than the
//! ceiling in any second, nor a burst at its beginning. A turn that is not used, because its request was dropped, is
//! lost; time in which nobody asked is not saved up.

use std::{
    num::NonZeroU32,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use tokio::time::{Instant, sleep_until};

#[derive(Debug)]
pub struct Pace {
    between: Duration,
    /// The first turn not taken.
    next: Mutex<Option<Instant>>,
}

impl Pace {
    pub fn new(requests_per_second: NonZeroU32) -> Self {
        // Rounded up, or the last of a second's turns would fall into it once too often.
        let nanoseconds = 1_000_000_000_u64.div_ceil(requests_per_second.get().into());
        Self { between: Duration::from_nanos(nanoseconds), next: Mutex::new(None) }
    }

    /// Waits for the next turn; false if it had come already.
    pub async fn turn(&self) -> bool {
        let now = Instant::now();
        let turn = {
            let mut next = self.next.lock().unwrap_or_else(PoisonError::into_inner);
            let turn = next.map_or(now, |next| next.max(now));
            *next = Some(turn + self.between);
            turn
        };
        if turn > now {
            sleep_until(turn).await;
        }
        turn > now
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
}
