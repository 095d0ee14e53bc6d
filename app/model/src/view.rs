//! What each page needs, gathered in one answer.

use serde::{Deserialize, Serialize};

use crate::{
    Action, BucketName, Count, Counts, Event, Failure, FailureGroup, Filter, Job, Pipeline, PipelineStatus, Point, Run,
    SinkStatus, StoreName, Time,
};

/// Who asks. Without `[auth]` everybody on loopback is `local`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Viewer {
    pub name: String,
    /// False when `[auth]` is off: no sign-out is offered.
    pub signed_in: bool,
}

/// The first page: what runs, what ended lately, what failed, are the stores there.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Overview {
    pub now: Time,
    pub counts: Counts,
    /// Running, paused and queued, newest first, at most 20.
    pub active: Vec<Job>,
    /// Ended last, at most 10.
    pub lately: Vec<Job>,
    /// Failed and not yet retried, within seven days, at most 10.
    pub failed: Vec<Job>,
    pub pipelines: Vec<PipelineStatus>,
    pub stores: Vec<StoreStatus>,
    /// True while no job was ever made: the page then says what to do first.
    pub empty: bool,
}

/// A configured store and whether it answers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StoreStatus {
    pub name: StoreName,
    /// `https://…`, or "AWS ap-southeast-2".
    pub endpoint: String,
    /// The embedded one, with the demo buckets.
    pub embedded: bool,
    pub health: Health,
    pub checked_at: Time,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum Health {
    /// Buckets that the credentials may list; `None` where listing is not permitted but the store answers.
    Reachable { buckets: Option<Vec<BucketName>>, took_ms: u64 },
    /// Why, in a sentence.
    Unreachable { reason: String },
    /// Not asked yet.
    Unknown,
}

/// A job with all its page shows.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct JobView {
    pub now: Time,
    pub job: Job,
    /// Points of the rate chart, oldest first, at most 120.
    pub history: Vec<Point>,
    pub failures: Vec<FailureGroup>,
    /// Of a reprocess: its runs, the newest first, at most ten.
    pub runs: Vec<Run>,
    /// Oldest first, at most the last 200.
    pub events: Vec<Event>,
    /// The same clone as a command line and as a call of the API.
    pub command: String,
    pub curl: String,
}

/// Failed objects in key order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FailurePage {
    pub items: Vec<Failure>,
    /// The key to continue after.
    pub next: Option<String>,
}

/// The same action on every job a filter finds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Bulk {
    pub filter: Filter,
    pub action: Action,
    /// Only count.
    #[serde(default)]
    pub dry_run: bool,
}

/// How many jobs of the filter allow the action, and how many were changed. At most [`Count::CAP`] at a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BulkOutcome {
    pub matched: Count,
    pub changed: u64,
}

/// The settings page: read-only, as configuration lives in a file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Settings {
    pub version: String,
    pub started_at: Time,
    /// `SQLite` or `PostgreSQL` with its version, never the URL: it may hold a password.
    pub database: String,
    pub data_dir: String,
    pub config_file: Option<String>,
    /// The name under which this server holds leases.
    pub worker: String,
    pub auth: bool,
    pub stores: Vec<StoreStatus>,
    pub sinks: Vec<SinkStatus>,
    pub pipelines: Vec<Pipeline>,
    /// Tables that are held for others, as in their URLs: `acme/shop/orders`.
    pub replicas: Vec<String>,
    /// Background tasks of all servers and workers on this database.
    #[serde(default)]
    pub tasks: Vec<TaskLease>,
    /// Kinds of tasks that this server runs itself, as in `[tasks]` of the configuration.
    #[serde(default)]
    pub runs_tasks: Vec<String>,
}

/// Which process runs a background task, and how its last round went.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TaskLease {
    /// The kind of task: `follow`, `reconcile`, …
    pub task: String,
    /// The pipeline, table or sink; `all` where a task has one lease only.
    pub key: String,
    /// The process that holds the lease, or held it last.
    pub holder: String,
    /// False once the lease was released or has expired: no process runs the task.
    pub held: bool,
    /// When the last round ended.
    pub last_round_at: Option<Time>,
    /// Why the last round failed.
    pub last_error: Option<String>,
}
