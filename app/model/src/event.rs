//! The event log of a job: who did what, when.

use serde::{Deserialize, Serialize};

use crate::Time;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EventKind {
    Created,
    /// A worker took the job; `detail` says which and at which attempt.
    Started,
    PauseAsked,
    Paused,
    Resumed,
    CancelAsked,
    Cancelled,
    Retried,
    /// Given back by a worker that shuts down; another goes on.
    Released,
    /// The lease expired; another worker took the job over.
    TakenOver,
    Succeeded,
    Failed,
}

/// One line of a job's history.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Event {
    /// Grows within the job.
    pub seq: i64,
    pub at: Time,
    /// The person, token or worker.
    pub actor: String,
    pub kind: EventKind,
    pub detail: String,
}
