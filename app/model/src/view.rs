//! Content of each page as one answer.

use serde::{Deserialize, Serialize};

use crate::{
    Action, BucketName, Count, Counts, Event, Failure, FailureGroup, Filter, Job, Pipeline, PipelineStatus, Point, Run,
    SinkStatus, StoreName, Time,
};

/// The user of a request. Without `[auth]` every user on loopback is `local`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Viewer {
    pub name: String,
    /// Whether the user can sign out; false without `[auth]`.
    pub signed_in: bool,
}

/// Content of the overview page: running, recently ended and failed jobs, and stores.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Overview {
    pub now: Time,
    pub counts: Counts,
    /// Running, paused and queued jobs, newest first, at most 20.
    pub active: Vec<Job>,
    /// Jobs that ended last, at most 10.
    pub lately: Vec<Job>,
    /// Jobs that failed within seven days and were not retried, at most 10.
    pub failed: Vec<Job>,
    pub pipelines: Vec<PipelineStatus>,
    pub stores: Vec<StoreStatus>,
    /// Whether there are no jobs yet; the page then shows the first steps.
    pub empty: bool,
}

/// A configured store and its status.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StoreStatus {
    pub name: StoreName,
    /// Endpoint: `https://…`, or "AWS ap-southeast-2".
    pub endpoint: String,
    /// Whether it is the embedded store with the demo buckets.
    pub embedded: bool,
    pub health: Health,
    pub checked_at: Time,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum Health {
    /// Buckets that the credentials may list; `None` where listing is not permitted but the store answers.
    Reachable { buckets: Option<Vec<BucketName>>, took_ms: u64 },
    /// Reason as a sentence.
    Unreachable { reason: String },
    /// Not checked yet.
    Unknown,
}

/// Content of the page of a job.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct JobView {
    pub now: Time,
    pub job: Job,
    /// Points of the rate chart, oldest first, at most 120.
    pub history: Vec<Point>,
    pub failures: Vec<FailureGroup>,
    /// Runs of a reprocess, the newest first, at most ten.
    pub runs: Vec<Run>,
    /// Whether dead letters of it are on this server.
    pub dead_letters: bool,
    /// The last 200 events, oldest first.
    pub events: Vec<Event>,
    /// Equivalent command line and API call.
    pub command: String,
    pub curl: String,
}

/// Failed objects in key order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FailurePage {
    pub items: Vec<Failure>,
    /// Last key of this page, as cursor.
    pub next: Option<String>,
}

/// An action on all jobs of a filter.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Bulk {
    pub filter: Filter,
    pub action: Action,
    /// Whether to count only.
    #[serde(default)]
    pub dry_run: bool,
}

/// Number of jobs that allow the action, and of changed jobs. At most [`Count::CAP`] at a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BulkOutcome {
    pub matched: Count,
    pub changed: u64,
}

/// Content of the settings page, which is read-only.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Settings {
    pub version: String,
    pub started_at: Time,
    /// `SQLite` or `PostgreSQL` with its version; never the URL, which may contain a password.
    pub database: String,
    pub data_dir: String,
    pub config_file: Option<String>,
    /// Name of this server as lease holder.
    pub worker: String,
    pub auth: bool,
    pub stores: Vec<StoreStatus>,
    pub sinks: Vec<SinkStatus>,
    pub pipelines: Vec<Pipeline>,
    /// Replica tables of other databases, as in their URLs: `acme/shop/orders`.
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
