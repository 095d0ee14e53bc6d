//! A ceiling on units a second: requests, bytes, events, rows.
//!
//! By debt: a caller passes with all that it has once what passed before has had its time. So an amount larger than the
//! ceiling passes like any other, and the callers after it wait. Turns are evenly spaced and given in the order of
//! asking: no second sees more than the ceiling and one amount, and nobody starves.
//!
//! Always: a caller that stops waiting takes nothing. Time in which nothing passed is not saved up. What is taken
//! without waiting counts, and everybody who waits then waits longer.

use std::{
    num::NonZeroU64,
    pin::pin,
    sync::{
        Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    time::Duration,
};

use tokio::{
    select,
    sync::Notify,
    time::{Instant, sleep_until},
};

#[derive(Debug)]
pub struct Limiter {
    /// 0: no ceiling now.
    per_second: AtomicU64,
    /// Notified when the ceiling has changed.
    changed: Notify,
    /// Held by the caller that passes next; tokio hands it out in the order of asking.
    queue: tokio::sync::Mutex<()>,
    /// When all that has passed has had its time; `None` before the first.
    clear: Mutex<Option<Instant>>,
}

impl Limiter {
    pub fn new(per_second: impl Into<NonZeroU64>) -> Self {
        let limiter = Self::unlimited();
        limiter.per_second.store(per_second.into().get(), Relaxed);
        limiter
    }

    /// Makes a limiter without a ceiling, until one is set.
    pub fn unlimited() -> Self {
        Self {
            per_second: AtomicU64::new(0),
            changed: Notify::new(),
            queue: tokio::sync::Mutex::default(),
            clear: Mutex::default(),
        }
    }

    /// Changes the ceiling; `None` removes it. It holds at once for callers that wait already, and what passed under
    /// another ceiling does not count against it.
    pub fn set(&self, per_second: Option<NonZeroU64>) {
        let rate = per_second.map_or(0, NonZeroU64::get);
        {
            let mut clear = self.clear();
            if self.per_second.swap(rate, Relaxed) == rate {
                return;
            }
            *clear = Some(Instant::now());
        }
        self.changed.notify_waiters();
    }

    /// Waits for a turn and takes `amount`; false if the turn had come already.
    pub async fn acquire(&self, amount: u64) -> bool {
        self.acquire_with(|| amount).await
    }

    /// Waits for a turn and takes nothing, where the amount is known only afterwards: [`Limiter::take`] it then.
    pub async fn ready(&self) {
        self.acquire(0).await;
    }

    /// The same as [`Limiter::acquire`], with the amount judged when the turn has come.
    pub(super) async fn acquire_with(&self, amount: impl Fn() -> u64) -> bool {
        let asked = Instant::now();
        let _first = self.queue.lock().await;
        loop {
            let mut changed = pin!(self.changed.notified());
            changed.as_mut().enable();
            let turn = {
                let mut clear = self.clear();
                // From when it might have passed, however late the timer is, or the ceiling would never be reached.
                let turn = clear.map_or(asked, |clear| clear.max(asked));
                if turn <= Instant::now() {
                    *clear = Some(self.after(turn, amount()));
                    return turn > asked;
                }
                turn
            };
            // What others take meanwhile puts the turn off.
            select! {
                () = sleep_until(turn) => {}
                () = changed => {}
            }
        }
    }

    /// Takes `amount` without waiting.
    pub fn take(&self, amount: u64) {
        let (now, mut clear) = (Instant::now(), self.clear());
        *clear = Some(self.after(clear.map_or(now, |clear| clear.max(now)), amount));
    }

    /// Gives back what was taken and did not pass after all.
    pub fn give_back(&self, amount: u64) {
        let mut clear = self.clear();
        *clear = clear.and_then(|clear| clear.checked_sub(self.time_of(amount)));
    }

    /// Lets nobody pass before `time` from now.
    pub(super) fn pause(&self, time: Duration) {
        let (until, mut clear) = (Instant::now() + time, self.clear());
        *clear = Some(clear.map_or(until, |clear| clear.max(until)));
    }

    fn after(&self, turn: Instant, amount: u64) -> Instant {
        turn.checked_add(self.time_of(amount)).unwrap_or(turn)
    }

    /// How long `amount` may take. Rounded up, or the last turn of a second would fall into it once too often.
    fn time_of(&self, amount: u64) -> Duration {
        let per_second = match self.per_second.load(Relaxed) {
            0 => return Duration::ZERO,
            some => u128::from(some),
        };
        let nanoseconds = (u128::from(amount) * 1_000_000_000).div_ceil(per_second);
        Duration::from_nanos(u64::try_from(nanoseconds).unwrap_or(u64::MAX))
    }

    fn clear(&self) -> MutexGuard<'_, Option<Instant>> {
        self.clear.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests;
