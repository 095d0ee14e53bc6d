//! The tables of syncs: how each table stands, who keeps it in step, what people asked of it, and what was done.
//!
//! A table is held for one evaluation at a time and given back after it, so that the background task and a command take
//! turns. What people ask waits in a table of its own until an evaluation has answered it: a holder reads all that
//! waits, and answers no more than it read, so that neither a crash nor bad timing loses a wish.
//!
//! Always: whoever lost the lease changes nothing. A checkpoint, the status beside it and what was done since the last
//! are written in one transaction. The state's `since` moves with the state alone.
//!
//! - `hold`: taken, kept, ended, given back; `asks`: what people ask
//! - `report`: tables that agents keep in step
//! - `history`: minutes and evaluations, written, read and swept
//! - `list`: read; `row`: how a sync lies in its row

mod asks;
mod history;
mod hold;
mod list;
mod report;
mod row;
mod wanted;

use model::{KeySpan, Quarantined, SyncMinute, SyncStatus};

pub use self::report::MOST_AGENT_TABLES;

/// What whoever holds a table goes by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HeldSync {
    /// The engine's; `None` for a fresh start.
    pub checkpoint: Option<String>,
    pub asked: SyncAsked,
    pub paused: bool,
}

/// What people asked of a table since it was last answered.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SyncAsked {
    pub evaluate: bool,
    pub verify: bool,
    /// Rows that may be deleted by the newest yes; 0: there is none.
    pub approved: u64,
    pub accept_epoch: bool,
    /// Keys to try again now; an empty list is all of them.
    pub retry: Option<Vec<String>>,
}

/// How a table stands while it is worked on.
#[derive(Clone, Debug, PartialEq)]
pub struct SyncBeat {
    /// As far as known: ends, batch and proof that are left out stay as they were. `since`, `source`, `paused`,
    /// `looked_at`, `holder` and `held` are the store's to say.
    pub status: SyncStatus,
    /// `None` leaves the last one.
    pub checkpoint: Option<String>,
    /// What was done since the last beat; it counts for the minute in which it is told, whatever its `at`.
    pub minute: SyncMinute,
    /// All of it, or the first hundred.
    pub quarantine: Vec<Quarantined>,
    /// `None` leaves the last one.
    pub map: Option<Vec<KeySpan>>,
}
