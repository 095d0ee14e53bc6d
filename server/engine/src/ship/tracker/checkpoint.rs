//! The checkpoint that a tracker resumes from, and the changes taken from it.

use std::collections::BTreeSet;

use model::{Failure, Key, Lines, Outcome, Progress, Summary, Time};
use serde::{Deserialize, Serialize};

use crate::s3::Listed;

/// Where to resume. Stored as JSON in the job's row or in a state file.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Checkpoint {
    /// Every key up to here is settled.
    pub cursor: Option<Key>,
    /// Settled keys above the cursor; at most as many as the window.
    pub settled: BTreeSet<Key>,
    /// The listing was read to its end, and all of it is settled.
    pub done: bool,
    /// The plan, once it was compared with the listing and matched.
    pub confirmed: Option<Confirmed>,
    /// Counts over all settled keys.
    pub totals: Totals,
}

/// A plan that was compared with the listing and matched.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Confirmed {
    pub objects: u64,
    /// Newest modification time, by the store's clock: objects written later are not part of the plan.
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
    /// Of those left out, objects that only their content told: a plan has them.
    pub not_logs: u64,
    /// Stored bytes, as listed.
    pub found_bytes: u64,
    /// Stored bytes read.
    pub bytes: u64,
    pub lines: Lines,
    pub unparsed: u64,
    /// Of the unparsed records, those that are kept whole as dead letters.
    pub quarantined: u64,
    /// Objects that are shipped except for quarantined records.
    pub excepted: u64,
    pub undelivered: u64,
}

/// A run over one object, from which a [`model::Run`] is made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ran {
    pub key: Key,
    pub etag: Option<String>,
    /// Stored size in bytes, as listed.
    pub size: u64,
    pub started_at: Time,
    pub outcome: Outcome,
    /// The sentence that explains the outcome.
    pub reason: String,
    pub summary: Summary,
}

/// The changes since the last take. Store them in this order: runs, failures and mended keys first, then progress with
/// checkpoint; or return them with [`super::Tracker::put_back`].
#[derive(Clone, Debug, Default)]
pub struct Taken {
    pub progress: Progress,
    pub checkpoint: Checkpoint,
    /// New failures, or new attempts of known ones.
    pub failures: Vec<Failure>,
    /// Keys recorded as failed earlier that are now completely shipped.
    pub mended: Vec<Key>,
    /// Runs over objects, in the order they ended. A dry run has none.
    pub runs: Vec<Ran>,
}

impl Confirmed {
    /// Whether an object may be part of the plan: objects written later are not.
    pub(in crate::ship) fn may_hold(&self, object: &Listed) -> bool {
        Some(object.modified) <= self.newest
    }
}

impl Totals {
    pub fn objects(&self) -> u64 {
        self.shipped + self.skipped + self.failed
    }

    /// Takes back the figures of a run that a later one replaces.
    pub(super) fn forget(&mut self, summary: &Summary) {
        self.lines.forget(&summary.lines);
        self.bytes = self.bytes.saturating_sub(summary.bytes.read);
        self.unparsed = self.unparsed.saturating_sub(summary.failures.parsing.total);
        self.quarantined = self.quarantined.saturating_sub(summary.failures.quarantined);
        self.undelivered = self.undelivered.saturating_sub(summary.failures.sending.total);
    }

    pub(super) fn add(&mut self, summary: &Summary) {
        self.lines.absorb(&summary.lines);
        self.bytes += summary.bytes.read;
        self.unparsed += summary.failures.parsing.total;
        self.quarantined += summary.failures.quarantined;
        self.undelivered += summary.failures.sending.total;
    }
}
