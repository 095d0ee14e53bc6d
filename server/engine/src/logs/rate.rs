//! How many requests a second all log groups of a process make together.
//!
//! FilterLogEvents is counted by account and region, and whoever else reads logs there counts, too. So the rate is what
//! the service lets pass: each refusal halves it, each answer gives a little back.

use std::{
    num::NonZeroU32,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::time::{Instant, sleep_until};

/// However often the service refuses.
const SLOWEST: Duration = Duration::from_secs(5);

/// Cheap to clone: all clones are one rate.
#[derive(Clone, Debug)]
pub struct Rate {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    /// Between two requests, at best.
    least: Duration,
    /// Held by the one who waits for the next turn; given out in order.
    queue: tokio::sync::Mutex<()>,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    between: Duration,
    /// The first turn not taken.
    next: Instant,
}

impl Rate {
    pub fn new(requests_per_second: NonZeroU32) -> Self {
        let least = Duration::from_secs(1) / requests_per_second.get();
        let state = Mutex::new(State { between: least, next: Instant::now() });
        Self { inner: Arc::new(Inner { least, queue: tokio::sync::Mutex::default(), state }) }
    }

    /// Waits for the next turn.
    pub(super) async fn turn(&self) {
        let _first = self.inner.queue.lock().await;
        loop {
            let turn = {
                let mut state = self.state();
                let now = Instant::now();
                if state.next <= now {
                    state.next = now + state.between;
                    return;
                }
                state.next
            };
            // A refusal meanwhile puts the turn off.
            sleep_until(turn).await;
        }
    }

    /// The service said that it was too much.
    pub(super) fn refused(&self) {
        let mut state = self.state();
        state.between = (state.between * 2).min(SLOWEST.max(self.inner.least));
        state.next = state.next.max(Instant::now() + state.between);
    }

    /// It answered.
    pub(super) fn answered(&self) {
        let mut state = self.state();
        state.between = (state.between * 4 / 5).max(self.inner.least);
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.inner.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn turns(rate: &Rate, count: u32) -> Duration {
        let began = Instant::now();
        for _ in 0..count {
            rate.turn().await;
        }
        began.elapsed()
    }

    fn rate(requests_per_second: u32) -> Rate {
        Rate::new(NonZeroU32::new(requests_per_second).unwrap())
    }

    #[tokio::test(start_paused = true)]
    async fn all_who_ask_share_one_rate() {
        let rate = rate(4);
        let (one, other) = (rate.clone(), rate.clone());
        let began = Instant::now();
        tokio::join!(async { turns(&one, 4).await }, async { turns(&other, 5).await });
        assert!(began.elapsed() >= Duration::from_secs(2), "{:?}", began.elapsed());
    }

    #[tokio::test(start_paused = true)]
    async fn a_refusal_slows_all_down_and_answers_bring_the_rate_back() {
        let rate = rate(10);
        turns(&rate, 1).await;
        (0..20).for_each(|_| rate.refused());
        assert!(turns(&rate, 2).await >= SLOWEST);
        (0..100).for_each(|_| rate.answered());
        turns(&rate, 1).await;
        assert!(turns(&rate, 10).await <= Duration::from_millis(1_050));
    }
}
