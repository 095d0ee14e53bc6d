//! The tables of syncs: status, lease, requests and history of each table.
//!
//! The lease of a table covers one evaluation and is released after it, so that the background task and a command take
//! turns. Requests of users are stored in a table of their own until an evaluation has handled them: a holder reads all
//! pending requests and completes only those, so that neither a crash nor a race loses a request.
//!
//! Always: a process that lost the lease changes nothing. A checkpoint, its status and the figures since the last one
//! are written in one transaction. The state's `since` changes only with the state.
//!
//! - `hold`: acquiring, heartbeat, end; `requests`: requests of users
//! - `report`: tables synced by agents
//! - `history`: minutes and evaluations
//! - `quarantine`: rows that a copy refuses
//! - `list`: reads syncs; `row`: encoding of a sync; `wanted`: polling for requests

mod history;
mod hold;
mod list;
mod quarantine;
mod report;
mod requests;
mod row;
mod wanted;

use model::{KeySpan, Quarantined, SyncMinute, SyncStatus};

pub use self::report::MOST_AGENT_TABLES;

/// State that the holder of a table starts from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HeldSync {
    /// Checkpoint of the engine; `None` for a fresh start.
    pub checkpoint: Option<String>,
    /// The engine's entries of all quarantined rows, as JSON.
    pub quarantine: Vec<String>,
    pub requests: SyncRequests,
    pub paused: bool,
}

/// Pending requests of users for a table, combined.
#[expect(clippy::struct_excessive_bools, reason = "each is a request of its own")]
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SyncRequests {
    pub evaluate: bool,
    pub verify: bool,
    /// With `verify`: the contents, too.
    pub contents: bool,
    /// Compare all contents, and send rows that differ again.
    pub compare: bool,
    /// Number of rows approved for deletion; 0 without approval.
    pub approved: u64,
    pub accept_epoch: bool,
    /// With `accept_epoch`: send all rows again instead of comparing contents.
    pub send_all: bool,
    /// Keys of quarantined rows to retry now; an empty list means all.
    pub retry: Option<Vec<String>>,
}

/// Rows that entered or left the quarantine since the last heartbeat.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct QuarantineChanges {
    /// Rows with the engine's entry of each, as JSON.
    pub refused: Vec<(Quarantined, String)>,
    /// Keys of rows that left.
    pub released: Vec<String>,
}

/// Heartbeat of a running evaluation.
#[derive(Clone, Debug, PartialEq)]
pub struct SyncHeartbeat {
    /// Status as far as known: absent endpoints, batch and evidence stay unchanged. `since`, `source`, `paused`,
    /// `looked_at`, `holder` and `held` are set by the database.
    pub status: SyncStatus,
    /// `None` keeps the previous one.
    pub checkpoint: Option<String>,
    /// Figures since the last heartbeat; they count for the current minute, regardless of their `at`.
    pub minute: SyncMinute,
    pub quarantine: QuarantineChanges,
    /// `None` keeps the previous one.
    pub map: Option<Vec<KeySpan>>,
}
