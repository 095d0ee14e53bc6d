//! The messages of the one live stream a tab keeps open. First a snapshot, then what changed.

use serde::{Deserialize, Serialize};

use crate::{Job, TableName, Time};

/// An SSE message of `/api/v1/events`; the event's name is the variant in `snake_case`, its data the content's JSON.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LiveMessage {
    Snapshot(Snapshot),
    Job(Box<Job>),
    Sync(SyncChange),
    Beat(Beat),
}

/// A table that is kept in step stands otherwise than before.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SyncChange {
    pub table: TableName,
    /// Grows with every change.
    pub revision: i64,
}

/// What holds at the moment of connecting: jobs that have not ended (the newest 100).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Snapshot {
    pub now: Time,
    pub counts: Counts,
    pub jobs: Vec<Job>,
}

/// Every two seconds, also when nothing changed: proof that the line is alive.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Beat {
    pub now: Time,
    pub counts: Counts,
}

/// For the status line; each up to [`crate::Count::CAP`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counts {
    pub running: u64,
    pub queued: u64,
    pub paused: u64,
    /// Failed within the last 24 hours.
    pub failed_lately: u64,
    /// That hold, and that nobody has acknowledged or silenced.
    #[serde(default)]
    pub alerts: u64,
}
