//! Messages of the live stream: first a snapshot, then changes.

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

/// The status of a synced table changed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SyncChange {
    pub table: TableName,
    /// Revision, which grows with every change.
    pub revision: i64,
}

/// State at the time of connecting: jobs that have not ended, the newest 100.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Snapshot {
    pub now: Time,
    pub counts: Counts,
    pub jobs: Vec<Job>,
}

/// Sent every two seconds, also without changes, to show that the connection is alive.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Beat {
    pub now: Time,
    pub counts: Counts,
}

/// Counts for the status line, each up to [`crate::Count::CAP`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counts {
    pub running: u64,
    pub queued: u64,
    pub paused: u64,
    /// Jobs that failed within the last 24 hours.
    pub failed_lately: u64,
    /// Active alerts that are neither acknowledged nor silenced.
    #[serde(default)]
    pub alerts: u64,
}
