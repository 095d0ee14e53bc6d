//! Ceilings that all tables of a process share: requests a second to their remotes, and rows read a second at any end.
//!
//! By debt: how much a question takes is known only once it is answered, so whoever comes may pass once what was taken
//! before has had its time. First come, first served: a table with much to do waits like one with little. Time in which
//! nothing was taken is not saved up.

use std::{
    num::NonZeroU32,
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::time::{Instant, sleep_until};

use super::endpoint::Usage;
use super::exchange::PerEndpoint;

/// What a process may take of the ends of its syncs.
#[derive(Debug)]
pub struct Allowance {
    requests: Ceiling,
    rows: Ceiling,
}

impl Allowance {
    /// Each a second.
    pub fn new(requests: NonZeroU32, rows: NonZeroU32) -> Self {
        Self { requests: Ceiling::new(requests), rows: Ceiling::new(rows) }
    }

    /// Waits until another question may be asked.
    pub async fn pass(&self) {
        self.requests.pass().await;
        self.rows.pass().await;
    }

    /// So much was taken.
    pub fn took(&self, usage: &PerEndpoint<Usage>) {
        self.requests.took(usage.local.requests + usage.remote.requests);
        self.rows.took(usage.local.rows + usage.remote.rows);
    }
}

#[derive(Debug)]
struct Ceiling {
    per_second: NonZeroU32,
    /// Held by the one who passes next; given out in order.
    queue: tokio::sync::Mutex<()>,
    /// When all that was taken has had its time.
    clear: Mutex<Option<Instant>>,
}

impl Ceiling {
    fn new(per_second: NonZeroU32) -> Self {
        Self { per_second, queue: tokio::sync::Mutex::default(), clear: Mutex::default() }
    }

    async fn pass(&self) {
        let _first = self.queue.lock().await;
        // What others take meanwhile puts it off.
        while let Some(clear) = self.debt() {
            sleep_until(clear).await;
        }
    }

    /// Until when nobody may pass, if that is to come.
    fn debt(&self) -> Option<Instant> {
        self.clear().filter(|clear| *clear > Instant::now())
    }

    fn took(&self, amount: u64) {
        let (now, mut clear) = (Instant::now(), self.clear());
        let nanoseconds = u128::from(amount) * 1_000_000_000 / u128::from(self.per_second.get());
        let time = Duration::from_nanos(u64::try_from(nanoseconds).unwrap_or(u64::MAX));
        *clear = clear.map_or(now, |clear| clear.max(now)).checked_add(time);
    }

    fn clear(&self) -> MutexGuard<'_, Option<Instant>> {
        self.clear.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn allowance(requests: u32, rows: u32) -> Allowance {
        Allowance::new(NonZeroU32::new(requests).unwrap(), NonZeroU32::new(rows).unwrap())
    }

    fn requests(requests: u64) -> PerEndpoint<Usage> {
        PerEndpoint { remote: Usage { requests, ..Usage::default() }, local: Usage::default() }
    }

    fn rows(local: u64, remote: u64) -> PerEndpoint<Usage> {
        let of = |rows| Usage { rows, ..Usage::default() };
        PerEndpoint { local: of(local), remote: of(remote) }
    }

    #[tokio::test(start_paused = true)]
    async fn all_tables_together_stay_below_the_ceiling() {
        let (allowance, began) = (allowance(10, u32::MAX), Instant::now());
        let table = async || {
            for _ in 0..15 {
                allowance.pass().await;
                allowance.took(&requests(2));
            }
        };
        tokio::join!(table(), table());
        allowance.pass().await;
        assert_eq!(began.elapsed(), Duration::from_secs(6), "60 requests");
    }

    #[tokio::test(start_paused = true)]
    async fn a_question_that_read_much_holds_up_the_next_and_rest_is_not_saved_up() {
        let (allowance, began) = (allowance(1_000, 100), Instant::now());
        allowance.pass().await;
        allowance.took(&rows(400, 100));
        allowance.pass().await;
        assert_eq!(began.elapsed(), Duration::from_secs(5));
        tokio::time::sleep(Duration::from_mins(1)).await;
        allowance.took(&rows(0, 100));
        let began = Instant::now();
        allowance.pass().await;
        assert_eq!(began.elapsed(), Duration::from_secs(1));
    }
}
