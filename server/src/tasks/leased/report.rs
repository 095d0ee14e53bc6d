//! Where the rounds of a task are reported: the log, the table of leases and `/metrics`.

use std::{
    sync::{Mutex, PoisonError},
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use db::DbError;
use tokio::time::Instant;
use tracing::{debug, info, warn};

use super::{
    Lease, LeaseTable, TaskError,
    outage::{Change, Outage, Part},
};

/// The database hears of rounds that change nothing at most this often.
const RECORD_EVERY: Duration = Duration::from_secs(5);

/// Logs the beginning and the end of outages of one task.
#[derive(Default)]
pub struct Log(Mutex<Outage>);

/// Reports the rounds of one task.
#[derive(Default)]
pub struct Report {
    /// When the table of leases was written last, and with which error.
    recorded: Option<(Instant, Option<String>)>,
}

impl Log {
    pub fn lease_failed(&self, error: &DbError) {
        self.observe(Part::Lease, Some(error));
    }

    pub fn lease_answered(&self) {
        self.observe(Part::Lease, None);
    }

    fn observe(&self, part: Part, error: Option<&dyn std::fmt::Display>) {
        let change = self.0.lock().unwrap_or_else(PoisonError::into_inner).observe(part, error.is_some());
        match (change, error) {
            (Some(Change::Began), Some(error)) if part == Part::Lease => {
                warn!(%error, "database does not answer for the lease; retrying");
            }
            (Some(Change::Began), Some(error)) => warn!(%error, "task failed; retrying"),
            (Some(Change::Ended), _) => info!("task works again"),
            _ => {}
        }
    }
}

impl Report {
    /// A round ended; `None`: it was cut off by the end of the lease.
    pub async fn round(&mut self, table: &dyn LeaseTable, lease: &Lease, log: &Log, ended: Option<&TaskError>) {
        let outcome = match ended {
            None => "ok",
            Some(TaskError::Lost) => "lost",
            Some(TaskError::Db(_) | TaskError::Failed { .. }) => "failed",
        };
        metrics::counter!("logyard_task_rounds_total", "task" => lease.task, "outcome" => outcome).increment(1);
        if outcome == "lost" {
            return;
        }
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        metrics::gauge!("logyard_task_last_round_seconds", "task" => lease.task).set(now.as_secs_f64());
        log.observe(Part::Round, ended.map(|error| error as &dyn std::fmt::Display));
        self.record(table, lease, ended.map(ToString::to_string)).await;
    }

    async fn record(&mut self, table: &dyn LeaseTable, lease: &Lease, error: Option<String>) {
        let known = |(at, last): &(Instant, Option<String>)| *last == error && at.elapsed() < RECORD_EVERY;
        if self.recorded.as_ref().is_some_and(known) {
            return;
        }
        match table.record_round(lease, error.as_deref()).await {
            Ok(()) => self.recorded = Some((Instant::now(), error)),
            // The next round records itself; the outage is logged where the lease is renewed.
            Err(error) => debug!(%error, "round not recorded"),
        }
    }
}
