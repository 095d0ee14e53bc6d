//! The store: the only SQL of Logyard. SQLite by default, PostgreSQL by URL, the same migrations and statements.
//!
//! Always: a job's row is written by its lease's holder only (fenced by the attempt number), or by an action of a
//! person, and each change raises its revision and leaves an event in the same transaction. Times come from
//! [`Db::now`], which follows the database's clock, so that servers with wrong clocks agree on when a lease expires.
//!
//! - `database`: both databases behind one door, and all that differs between them
//! - `clock`: time and ids
//! - `jobs`: made, listed, counted, acted on; `filter`: how a filter becomes SQL
//! - `leases`: jobs claimed, kept alive, ended; `task_leases`: who runs which background task
//! - `schedules`: clones that are started again and again
//! - `alerts`: what is wrong, and whom it was told
//! - `runs`: what was shipped, object by object; `followers`: who ships what appears; `watchers`: who reads the logs of
//!   functions
//! - `sums`: what runs come to, kept as they are written; `retention`: what becomes too old
//! - `syncs`: tables kept in step with remote copies
//! - `reconciled`: log objects held against runs, and the gaps between them
//! - `failures`, `events`, `sessions`, `plans`: a table each
//! - `testing`: databases to test with, and a million jobs to measure with

mod alerts;
mod clock;
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
    alerts::{AlertChange, Attempt, KeptAlert, Outgoing, RunGlance},
    error::DbError,
    followers::{Followed, LookedAt},
    log_readers::{Watched, Watching},
    plans::StoredPlan,
    reconciled::{Handling, INTERVAL_MS, Learned, Missing, Reckoned},
    runs::{Fate, Measures, NewInvocation, NewRun, Recorder},
    schedules::{Due, MOST_SCHEDULES, NewSchedule},
    sums::Totals,
    syncs::{HeldSync, MOST_AGENT_TABLES, SyncAsked, SyncBeat},
    task_leases::task,
};
use self::{clock::Clock, database::Database};

/// Cheap to clone: all clones share one set of connections.
#[derive(Clone)]
pub struct Db {
    inner: Arc<Inner>,
}

struct Inner {
    database: Database,
    clock: Clock,
}

/// What to insert. The id is made by the store.
pub struct NewJob {
    pub spec: Spec,
    pub author: String,
    /// With a hash of the request, to tell a repeat from a reuse.
    pub idempotency: Option<(String, String)>,
}

/// A job taken for `attempt`, with what the engine needs to go on.
pub struct Claimed {
    pub job: Job,
    /// JSON of the engine's checkpoint; `None` for a fresh start.
    pub checkpoint: Option<String>,
    pub history: Vec<Point>,
    /// True when the previous holder's lease had expired.
    pub taken_over: bool,
}

/// Who claims and on what terms.
pub struct Terms<'a> {
    pub holder: &'a str,
    pub lease_ms: i64,
    /// Jobs running at once that touch a store, as source or destination. Unlisted stores are not claimed from.
    pub limits: &'a [(StoreName, u32)],
}

/// One second of a running job, written in one statement.
pub struct Beat<'a> {
    pub id: JobId,
    pub attempt: i64,
    pub lease_ms: i64,
    pub progress: &'a Progress,
    pub checkpoint: &'a str,
    pub history: &'a [Point],
}

/// How an attempt ends.
pub enum End {
    /// [`DbError::Unproven`] unless the proof holds.
    Succeeded {
        proof: Proof,
    },
    Failed {
        error: JobError,
        proof: Option<Proof>,
    },
    /// As asked by `stopping`.
    Paused,
    Cancelled,
    /// Shutting down: back to the queue, for anyone.
    Released,
}

impl Db {
    /// `sqlite:path`, `sqlite::memory:` or `postgres://…`; makes the file where there is none, runs the migrations.
    pub async fn open(url: &str) -> Result<Self, DbError> {
        let store = Self { inner: Arc::new(Inner { database: database::open(url).await?, clock: Clock::default() }) };
        store.sync_clock().await?;
        Ok(store)
    }

    /// `SQLite 3.50.2`, `PostgreSQL 15.13`.
    pub fn describe(&self) -> &str {
        &self.database().description
    }

    /// Milliseconds by the database's clock (measured against it at open and by [`Db::sync_clock`]).
    pub fn now(&self) -> Time {
        self.clock().now()
    }

    /// Measures the distance to the clock of the database again, since clocks drift.
    pub async fn sync_clock(&self) -> Result<(), DbError> {
        self.clock().measure(self.database()).await
    }

    /// A round trip, for readiness.
    pub async fn ping(&self) -> Result<(), DbError> {
        self.database().read(database::Statement::new("SELECT 1 AS one")).await?;
        Ok(())
    }

    /// Statements sent since the store was opened.
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
