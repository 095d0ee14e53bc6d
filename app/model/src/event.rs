//! The event log of a job: changes with time and actor.

use serde::{Deserialize, Serialize};

use crate::Time;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EventKind {
    Created,
    /// A worker took the job; `detail` names worker and attempt.
    Started,
    PauseAsked,
    Paused,
    Resumed,
    CancelAsked,
    Cancelled,
    Retried,
    /// Returned to the queue by a worker that shuts down.
    Released,
    /// The lease expired; another worker took the job over.
    TakenOver,
    /// A mirror's standing consent was compared with its plan; `detail` says with which result.
    Decided,
    Succeeded,
    Failed,
}

/// One event of a job.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Event {
    /// Sequence number within the job.
    pub seq: i64,
    pub at: Time,
    /// User, token or worker.
    pub actor: String,
    pub kind: EventKind,
    pub detail: String,
}
