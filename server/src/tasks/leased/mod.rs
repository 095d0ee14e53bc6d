//! Leased tasks: background work that one process at a time does for a key, such as a pipeline.
//!
//! A task implements [`LeasedTask`]. Its driver acquires the lease, renews it beside the round, stops the round once
//! the lease is lost, and releases it on shutdown. It logs one line when an outage begins and one when it ends, and
//! reports each round to the database, for the page *Settings*, and to `/metrics`.
//!
//! - `driver`: the loop; `lease`: what a round knows of its lease; `renewal`: keeps it; `outage`: when to log
//! - `report`: rounds for the database and `/metrics`; `started`: the running tasks of a process
//!
//! Always: a round runs only under a lease that this process may still believe in by its own clock. What a round writes
//! is fenced by the same lease in the database, so that a round that goes on too long writes nothing.

mod driver;
mod lease;
mod outage;
mod renewal;
mod report;
mod started;
#[cfg(test)]
mod tests;

use std::{future::Future, time::Duration};

use async_trait::async_trait;
use db::{Db, DbError};
use tokio::time::sleep;

pub use self::{
    lease::{Lease, LeaseTerms},
    started::Started,
};

/// Work that one process at a time does for a key.
pub trait LeasedTask: Send + 'static {
    /// The task's name in the table of leases, in `[tasks]` of the configuration and in `/metrics`.
    const NAME: &'static str;
    /// How long a round may go on once the process stops; then it is dropped. Zero drops it at once.
    const DRAIN: Duration = Duration::ZERO;
    /// Whether the lease is given back after each round, so that processes take turns.
    const TAKES_TURNS: bool = false;

    /// What the holder remembers from one round to the next; forgotten once the lease is lost.
    type State: Default + Send;

    /// What this task works on.
    fn key(&self) -> &str;

    /// One pass. Returns how long to wait before the next.
    fn round(
        &mut self,
        state: &mut Self::State,
        lease: &Lease,
    ) -> impl Future<Output = Result<Duration, TaskError>> + Send;

    /// Waits for the next round: for `wait`, or until there is something to do earlier.
    fn rest(&mut self, _state: &mut Self::State, wait: Duration) -> impl Future<Output = ()> + Send {
        sleep(wait)
    }
}

/// Why a round failed.
#[derive(Debug, thiserror::Error)]
pub enum TaskError {
    #[error("Lease lost: another process runs this task now.")]
    Lost,
    #[error(transparent)]
    Db(#[from] DbError),
    /// What the other side said. `retry_in`: when to run the next round.
    #[error("{error}")]
    Failed { error: String, retry_in: Duration },
}

/// Where leases are kept: the database, or a double in tests.
#[async_trait]
pub trait LeaseTable: Send + Sync + 'static {
    /// Takes or keeps the lease; false: another process holds it.
    async fn acquire(&self, lease: &Lease) -> Result<bool, DbError>;
    /// Prolongs the lease; false: another process holds it, or it was released.
    async fn renew(&self, lease: &Lease) -> Result<bool, DbError>;
    async fn release(&self, lease: &Lease) -> Result<(), DbError>;
    /// Records that a round has ended now, and why it failed.
    async fn record_round(&self, lease: &Lease, error: Option<&str>) -> Result<(), DbError>;
}

#[async_trait]
impl LeaseTable for Db {
    async fn acquire(&self, lease: &Lease) -> Result<bool, DbError> {
        Db::acquire(self, lease.task, &lease.key, &lease.holder, lease.ms()).await
    }

    async fn renew(&self, lease: &Lease) -> Result<bool, DbError> {
        Db::renew(self, lease.task, &lease.key, &lease.holder, lease.ms()).await
    }

    async fn release(&self, lease: &Lease) -> Result<(), DbError> {
        Db::release(self, lease.task, &lease.key, &lease.holder).await
    }

    async fn record_round(&self, lease: &Lease, error: Option<&str>) -> Result<(), DbError> {
        Db::record_round(self, lease.task, &lease.key, &lease.holder, error).await
    }
}
