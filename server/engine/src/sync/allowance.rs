//! Ceilings that all tables of a process share: requests a second to their remotes, and rows read a second at any end.
//!
//! How much a question takes is known only once it is answered, so it is taken afterwards, and delays the next question.
//! First come, first served: a table with much to do waits like one with little.

use std::num::NonZeroU32;

use super::endpoint::Usage;
use super::exchange::PerEndpoint;
use crate::limit::Limiter;

/// What a process may take of the ends of its syncs.
#[derive(Debug)]
pub struct Allowance {
    requests: Limiter,
    rows: Limiter,
}

impl Allowance {
    /// Each a second.
    pub fn new(requests: NonZeroU32, rows: NonZeroU32) -> Self {
        Self { requests: Limiter::new(requests), rows: Limiter::new(rows) }
    }

    /// Waits until another question may be asked.
    pub async fn pass(&self) {
        self.requests.ready().await;
        self.rows.ready().await;
    }

    /// So much was taken.
    pub fn took(&self, usage: &PerEndpoint<Usage>) {
        self.requests.take(usage.local.requests + usage.remote.requests);
        self.rows.take(usage.local.rows + usage.remote.rows);
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tokio::time::Instant;

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
