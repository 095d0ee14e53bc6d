//! What a tracker is resumed from, and what is taken from it.

use std::collections::BTreeSet;

use model::{Failure, Key, Lines, Outcome, Progress, Summary, Time};
use serde::{Deserialize, Serialize};

use crate::s3::Listed;

/// Where to go on. JSON, in the job's row or in a state file.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Checkpoint {
    /// Every key up to here is settled.
    pub cursor: Option<Key>,
    /// Of the keys above the cursor, those that are settled: at most as many as are held ahead.
    pub settled: BTreeSet<Key>,
    /// The listing was read to its end, and all of it is settled.
    pub done: bool,
    /// What was to be sent when the plan was found to hold.
    pub confirmed: Option<Confirmed>,
    /// Of all settled keys.
    pub totals: Totals,
}

/// A plan that was compared with the listing, and held.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Confirmed {
    pub objects: u64,
    /// By the store's clock: what was written later is not part of it.
    pub newest: Option<Time>,
}

/// Counts over settled keys, retried ones included.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Totals {
    pub shipped: u64,
    pub skipped: u64,
    pub failed: u64,
    pub left_out: u64,
    /// As listed.
    pub found_bytes: u64,
    /// Read, as stored.
    pub bytes: u64,
    pub lines: Lines,
    pub unparsed: u64,
    pub undelivered: u64,
}

/// A run over one object, as far as the engine knows it: what a [`model::Run`] is made of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ran {
    pub key: Key,
    pub etag: Option<String>,
    /// As listed.
    pub size: u64,
    pub started_at: Time,
    pub outcome: Outcome,
    /// The sentence that explains the outcome.
    pub reason: String,
    pub summary: Summary,
}

/// What changed since it was last taken. Must be stored in this order: runs, failures and mended keys first, then
/// progress with checkpoint; or handed back with [`super::Tracker::put_back`].
#[derive(Clone, Debug, Default)]
pub struct Taken {
    pub progress: Progress,
    pub checkpoint: Checkpoint,
    /// New failures, or new attempts of known ones.
    pub failures: Vec<Failure>,
    /// Keys recorded as failed earlier that were shipped whole now.
    pub mended: Vec<Key>,
    /// Of objects that were read, in the order they ended. A rehearsal has none.
    pub runs: Vec<Ran>,
}

impl Confirmed {
    /// What was written later is not part of it.
    pub(in crate::ship) fn may_hold(&self, object: &Listed) -> bool {
        Some(object.modified) <= self.newest
    }
}

impl Totals {
    pub fn objects(&self) -> u64 {
        self.shipped + self.skipped + self.failed
    }

    pub(super) fn add(&mut self, summary: &Summary) {
        self.lines.absorb(&summary.lines);
        self.bytes += summary.bytes.read;
        self.unparsed += summary.failures.parsing.total;
        self.undelivered += summary.failures.sending.total;
    }
}
