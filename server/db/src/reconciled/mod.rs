//! Reconciliation: log objects compared with the recorded runs.
//!
//! - `handling`: the runs of an object
//! - `write`: results of a round, written by the holder of the lease
//! - `read`: intervals and gaps of a window
//!
//! Always: a gap is a row, and an interval counts its gaps by these rows, so that `objects = whole + never + failed +
//! partial` holds by construction. A round that did not complete changes nothing but its error.

mod handling;
mod read;
mod reads;
mod write;

use std::collections::BTreeMap;

use model::{Gap, GapKind, Invalid, Key, PipelineName, RunId, Time};

pub use self::handling::{Handling, Learned};
use crate::{
    Db, DbError,
    database::{Row, Statement},
    task_leases::{self, task},
};

/// Width of stored intervals in milliseconds.
pub const INTERVAL_MS: i64 = 300_000;

/// An object that was not delivered completely.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Missing {
    pub key: Key,
    /// Start of its interval.
    pub start_at: Time,
    pub etag: Option<String>,
    pub size: u64,
    pub written_at: Time,
    pub kind: GapKind,
    /// Last run of the object.
    pub run: Option<RunId>,
}

/// Counts of the objects of an interval.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct IntervalCounts {
    pub objects: u64,
    /// Delivered by more than one run.
    pub twice: u64,
    /// Complete but for dead letters.
    pub excepted: u64,
}

/// Result of a round with a complete listing: all objects of the intervals from `from` on.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ReconciliationRound {
    pub from: Time,
    /// Number of objects, and of duplicates, by start of the interval.
    pub intervals: BTreeMap<Time, IntervalCounts>,
    pub gaps: BTreeMap<Key, Missing>,
    /// Value of the column of the same name.
    pub waiting_since: Option<Time>,
}

impl Db {
    /// Acquires or renews the lease of a pipeline. Returns the time from which its objects are reconciled; `None` if
    /// another process holds the lease.
    pub async fn reconcile(
        &self,
        pipeline: &PipelineName,
        holder: &str,
        lease_ms: i64,
    ) -> Result<Option<Time>, DbError> {
        let now = self.now();
        let mut transaction = self.database().begin().await?;
        if !task_leases::take(&mut transaction, (task::RECONCILE, pipeline.as_str()), holder, lease_ms, now).await? {
            return Ok(None);
        }
        let statement = Statement::new(
            "INSERT INTO reconcilers (pipeline, since, looked_at) VALUES ($1, $2, $2) \
             ON CONFLICT (pipeline) DO UPDATE SET pipeline = excluded.pipeline RETURNING since",
        )
        .bind(pipeline.as_str())
        .bind(now);
        let rows = transaction.run(statement).await?;
        transaction.commit().await?;
        rows.first().map(|row| Ok(Time(row.get("since")?))).transpose()
    }

    /// Start of the first known run of a pipeline.
    pub async fn first_run_at(&self, pipeline: &PipelineName) -> Result<Option<Time>, DbError> {
        let statement = Statement::new("SELECT started_at FROM runs WHERE pipeline = $1 ORDER BY started_at LIMIT 1");
        let rows = self.database().read(statement.bind(pipeline.as_str())).await?;
        rows.first().map(|row| Ok(Time(row.get("started_at")?))).transpose()
    }
}

impl Missing {
    pub fn gap(&self) -> Gap {
        let Self { key, size, written_at, kind, run, .. } = self;
        Gap { key: key.to_string(), size: *size, written_at: *written_at, kind: *kind, run: *run }
    }
}

const COLUMNS: &str = "SELECT object_key, start_at, etag, size, written_at, kind, run_id FROM gaps WHERE pipeline = ";

fn missing(row: &Row) -> Result<Missing, DbError> {
    let run: Option<String> = row.get("run_id")?;
    let corrupt = |error: Invalid| DbError::Corrupt(error.to_string());
    Ok(Missing {
        key: crate::runs::key_of(row.get("object_key")?)?,
        start_at: Time(row.get("start_at")?),
        etag: row.get("etag")?,
        size: row.get::<i64>("size")?.unsigned_abs(),
        written_at: Time(row.get("written_at")?),
        kind: row.word("kind")?,
        run: run.map(|id| id.parse().map_err(corrupt)).transpose()?,
    })
}
