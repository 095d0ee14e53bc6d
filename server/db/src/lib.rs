//! Logyard's own database: SQLite by default, PostgreSQL by URL, with the same migrations and statements.
//!
//! Always: a job's row is written only by the holder of its lease (fenced by the attempt number), or by an action of a
//! user, and each change raises its revision and writes an event in the same transaction. Times come from
//! [`Db::now`], which follows the database's clock, so that servers with wrong clocks agree on when a lease expires.
//!
//! - `database`: one interface to both databases
//! - `clock`: time and ids
//! - `jobs`: creating, listing, counting, actions; `filter`: translates a filter into SQL
//! - `leases`: claim, heartbeat and end of jobs; `task_leases`: leases of background tasks
//! - `schedules`: clones started repeatedly
//! - `alerts`: conditions and notifications
//! - `runs`: shipped objects; `followers`: shipping of new objects; `log_readers`: reading of function logs
//! - `sums`: figures of runs per interval; `retention`: deletes old rows
//! - `syncs`: tables kept in sync with remote copies
//! - `reconciled`: log objects compared with runs, and the gaps
//! - `failures`, `events`, `sessions`, `plans`, `copies`, `reports`: one table each
//! - `testing`: databases for tests, and a million jobs for benchmarks

mod alerts;
mod clock;
mod copies;
mod database;
mod error;
mod events;
mod failures;
mod filter;
mod followers;
mod jobs;
mod leases;
mod log_readers;
mod plans;
mod reconciled;
mod reports;
mod retention;
mod runs;
mod schedules;
mod sessions;
mod sums;
mod syncs;
mod task_leases;
#[cfg(feature = "testing")]
pub mod testing;

use std::sync::Arc;

use model::{Job, JobError, JobId, Point, Progress, Proof, Spec, StoreName, Time};

pub use self::{
    alerts::{AlertChange, Attempt, KeptAlert, Outgoing, RunFigures},
    error::DbError,
    followers::{Followed, LookedAt},
    log_readers::{Watched, Watching},
    plans::StoredPlan,
    reconciled::{Handling, INTERVAL_MS, IntervalCounts, Learned, Missing, ReconciliationRound},
    reports::ReportPiece,
    runs::{Measures, NewInvocation, NewRun, ObjectOutcome, Recorder},
    schedules::{Due, EditedSchedule, MOST_SCHEDULES, NewSchedule, ScheduleBrief},
    sums::Totals,
    syncs::{HeldSync, MOST_AGENT_TABLES, QuarantineChanges, SyncHeartbeat, SyncRequests},
    task_leases::task,
};
use self::{clock::Clock, database::Database};

/// Logyard's database. Cheap to clone: clones share the connections.
#[derive(Clone)]
pub struct Db {
    inner: Arc<Inner>,
}

struct Inner {
    database: Database,
    clock: Clock,
}

/// A job to insert; the database assigns its id.
pub struct NewJob {
    pub spec: Spec,
    pub author: String,
    /// Idempotency key and hash of the request, which distinguishes a repetition from a reuse.
    pub idempotency: Option<(String, String)>,
}

/// A claimed job with the state that the engine resumes from.
pub struct Claimed {
    pub job: Job,
    /// JSON of the engine's checkpoint; `None` for a fresh start.
    pub checkpoint: Option<String>,
    pub history: Vec<Point>,
    /// Whether the lease of a previous holder had expired.
    pub taken_over: bool,
}

/// Terms of a claim.
pub struct Terms<'a> {
    pub holder: &'a str,
    pub lease_ms: i64,
    /// Most running jobs per store, as source or destination. Jobs of unlisted stores are not claimed.
    pub limits: &'a [(StoreName, u32)],
}

/// A heartbeat of a running job, written in one statement.
pub struct JobHeartbeat<'a> {
    pub id: JobId,
    pub attempt: i64,
    pub lease_ms: i64,
    pub progress: &'a Progress,
    pub checkpoint: &'a str,
    pub history: &'a [Point],
}

/// End of an attempt.
pub enum End {
    /// Requires a valid proof, otherwise [`DbError::Unproven`].
    Succeeded {
        proof: Proof,
    },
    Failed {
        error: JobError,
        proof: Option<Proof>,
    },
    /// As requested by `stopping`.
    Paused,
    Cancelled,
    /// Returned to the queue by a server that shuts down.
    Released,
}

impl Db {
    /// Opens `sqlite:path`, `sqlite::memory:` or `postgres://…`; creates a missing file and runs the migrations.
    pub async fn open(url: &str) -> Result<Self, DbError> {
        let store = Self { inner: Arc::new(Inner { database: database::open(url).await?, clock: Clock::default() }) };
        store.sync_clock().await?;
        Ok(store)
    }

    /// Product and version, such as `SQLite 3.50.2` or `PostgreSQL 15.13`.
    pub fn describe(&self) -> &str {
        &self.database().description
    }

    /// Current time by the database's clock, measured at opening and by [`Db::sync_clock`].
    pub fn now(&self) -> Time {
        self.clock().now()
    }

    /// Measures the offset to the database's clock again, because clocks drift.
    pub async fn sync_clock(&self) -> Result<(), DbError> {
        self.clock().measure(self.database()).await
    }

    /// A round trip, for readiness checks.
    pub async fn ping(&self) -> Result<(), DbError> {
        self.database().read(database::Statement::new("SELECT 1 AS one")).await?;
        Ok(())
    }

    /// Number of statements sent since opening.
    pub fn statements(&self) -> u64 {
        self.database().statements()
    }

    fn database(&self) -> &Database {
        &self.inner.database
    }

    fn clock(&self) -> &Clock {
        &self.inner.clock
    }
}
