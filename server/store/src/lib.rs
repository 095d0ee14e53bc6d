//! The store: the only SQL of Logyard. SQLite by default, PostgreSQL by URL, the same migrations and statements.
//!
//! Always: a job's row is written by its lease's holder only (fenced by the attempt number), or by an action of a
//! person, and each change raises its revision. Times come from [`Store::now`], which follows the database's clock, so
//! that servers with wrong clocks agree on when a lease expires.

use model::{
    Action, Count, Counts, Event, Failure, FailureGroup, Filter, Invalid, Job, JobError, JobId, Key, NotAllowed, Page,
    Point, Progress, Proof, Spec, State, Stop, StoreName, Time,
};

#[derive(Clone)]
pub struct Store {}

#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    #[error("no job {0}")]
    NoJob(JobId),
    #[error(transparent)]
    NotAllowed(#[from] NotAllowed),
    /// The idempotency key was used for another request.
    #[error("this idempotency key was used for another request, of job {0}")]
    KeyReused(JobId),
    #[error(transparent)]
    Invalid(#[from] Invalid),
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

impl Store {
    /// `sqlite:path` or `postgres://…`; runs the migrations.
    pub async fn open(_url: &str) -> Result<Self, StoreError> {
        todo!()
    }

    /// `SQLite 3.50.2`, `PostgreSQL 15.13`.
    pub fn describe(&self) -> &str {
        todo!()
    }

    /// Milliseconds by the database's clock (measured against it at open and by [`Store::sync_clock`]).
    pub fn now(&self) -> Time {
        todo!()
    }

    pub async fn sync_clock(&self) -> Result<(), StoreError> {
        todo!()
    }

    /// A round trip, for readiness.
    pub async fn ping(&self) -> Result<(), StoreError> {
        todo!()
    }

    // jobs

    /// The job, and whether it is new (false: the idempotency key and request were seen before).
    pub async fn insert(&self, _new: NewJob) -> Result<(Job, bool), StoreError> {
        todo!()
    }

    pub async fn job(&self, _id: JobId) -> Result<Job, StoreError> {
        todo!()
    }

    /// Newest first; `limit` 1 to 200.
    pub async fn jobs(&self, _filter: &Filter, _after: Option<JobId>, _limit: u32) -> Result<Page<Job>, StoreError> {
        todo!()
    }

    /// Stops counting at [`Count::CAP`].
    pub async fn count(&self, _filter: &Filter) -> Result<Count, StoreError> {
        todo!()
    }

    pub async fn counts(&self) -> Result<Counts, StoreError> {
        todo!()
    }

    /// Queued, running or paused, newest first.
    pub async fn active(&self, _limit: u32) -> Result<Vec<Job>, StoreError> {
        todo!()
    }

    /// Ended, by when they ended, newest first; only those of `states` (empty: all), since `since`.
    pub async fn lately(&self, _states: &[State], _since: Option<Time>, _limit: u32) -> Result<Vec<Job>, StoreError> {
        todo!()
    }

    /// Jobs whose row changed at or after `since`, oldest change first; what the live hub polls.
    pub async fn changed(&self, _since: Time, _limit: u32) -> Result<Vec<Job>, StoreError> {
        todo!()
    }

    pub async fn history(&self, _id: JobId) -> Result<Vec<Point>, StoreError> {
        todo!()
    }

    /// What a person asks. Queued and paused jobs change at once, running ones at their next beat. `Retry` queues the
    /// job again: `All` clears progress, checkpoint, proof, failures; `Failed` marks the failures for retry.
    pub async fn act(&self, _id: JobId, _action: Action, _actor: &str) -> Result<Job, StoreError> {
        todo!()
    }

    /// The same for all jobs of a filter that allow it, oldest first, at most [`Count::CAP`]; in batches.
    pub async fn act_on_all(&self, _filter: &Filter, _action: Action, _actor: &str) -> Result<u64, StoreError> {
        todo!()
    }

    /// How many jobs of the filter allow the action.
    pub async fn count_allowing(&self, _filter: &Filter, _action: Action) -> Result<Count, StoreError> {
        todo!()
    }

    // the runner's side

    /// The oldest queued job, or a running one whose lease has expired; `None` if nothing may start now.
    pub async fn claim(&self, _terms: &Terms<'_>) -> Result<Option<Claimed>, StoreError> {
        todo!()
    }

    /// `None`: the lease is lost, stop at once. `Some(stop)`: what has been asked of the job.
    pub async fn beat(&self, _beat: &Beat<'_>) -> Result<Option<Option<Stop>>, StoreError> {
        todo!()
    }

    /// Ends an attempt; false if the lease was lost and nothing was written.
    pub async fn end(&self, _beat: &Beat<'_>, _end: End, _holder: &str) -> Result<bool, StoreError> {
        todo!()
    }

    /// Records failures (insert or update) and removes those mended; fenced; false if the lease was lost.
    pub async fn record(
        &self,
        _id: JobId,
        _attempt: i64,
        _failures: &[Failure],
        _mended: &[Key],
    ) -> Result<bool, StoreError> {
        todo!()
    }

    // failures and events

    pub async fn failures(&self, _id: JobId, _after: Option<&Key>, _limit: u32) -> Result<Vec<Failure>, StoreError> {
        todo!()
    }

    pub async fn failure_groups(&self, _id: JobId) -> Result<Vec<FailureGroup>, StoreError> {
        todo!()
    }

    /// Keys marked by `Retry::Failed` and not tried since, in key order.
    pub async fn to_retry(&self, _id: JobId, _after: Option<&Key>, _limit: u32) -> Result<Vec<Key>, StoreError> {
        todo!()
    }

    /// Oldest first, the last `limit` of them.
    pub async fn events(&self, _id: JobId, _limit: u32) -> Result<Vec<Event>, StoreError> {
        todo!()
    }

    // sessions

    /// Keeps the hash of a session's token.
    pub async fn insert_session(&self, _hash: &[u8], _name: &str, _expires: Time) -> Result<(), StoreError> {
        todo!()
    }

    /// The name, if the session exists and has not expired.
    pub async fn session(&self, _hash: &[u8]) -> Result<Option<String>, StoreError> {
        todo!()
    }

    pub async fn delete_session(&self, _hash: &[u8]) -> Result<(), StoreError> {
        todo!()
    }
}
