//! The checkpoint that one evaluation leaves to the next, and the options of an evaluation.
//!
//! Always: a checkpoint of any age is valid. Work it records was done; work it does not record is repeated without
//! harm.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::batch::{Batch, BatchLimits};
use super::cell::Mark;
use super::contents::ContentCheck;
use super::guard::Guard;
use super::quarantine::Quarantine;
use super::scan_position::ScanPosition;

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Checkpoint {
    /// Epoch of the local database when first seen. Cleared when an operator accepts another database.
    pub epoch: Option<String>,
    /// See [`Meta`](super::exchange::Meta).
    #[serde(default)]
    pub clock: Option<u64>,
    #[serde(default)]
    pub storage: Option<String>,
    /// Names of the columns with which rows were sent.
    #[serde(default)]
    pub columns: Option<BTreeSet<String>>,
    /// Contents that are still to be compared.
    #[serde(default)]
    pub contents: Option<ContentCheck>,
    /// When all contents were last compared, in Unix milliseconds; or when that began to be wanted.
    #[serde(default)]
    pub compared_at: Option<u64>,
    /// Rows, by key, that the remote accepted and yet lacked: their version, and how many times.
    #[serde(default)]
    pub swallowed: BTreeMap<u64, (u64, u32)>,
    /// Every local row below this version was uploaded, refused or compared.
    pub settled: u64,
    pub batch: Batch,
    pub quarantine: Quarantine,
    /// A row that was sent alone without an answer, and the number of such attempts.
    pub strikes: Option<(Mark, u32)>,
    /// Number of rows that an operator approved for deletion.
    pub approved: u64,
    pub scan: ScanPosition,
}

impl Checkpoint {
    /// Follows the local database as it is now. All contents are compared, or with `resend` sent again.
    pub fn accept(&mut self, resend: bool) {
        (self.epoch, self.clock, self.storage) = (None, None, None);
        self.compare(ContentCheck {
            position: 0,
            reason: "another local database was accepted".to_owned(),
            resend,
            accepted: true,
            sent: 0,
        });
    }

    /// Compares all contents from the next evaluation on.
    pub fn compare(&mut self, check: ContentCheck) {
        self.contents = Some(check);
    }
}

/// What an evaluation is for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Purpose {
    /// Uploads new rows and repairs differences.
    #[default]
    Sync,
    /// Reports differences and changes nothing. Its checkpoint must not be stored.
    Verify,
}

/// Algorithm that finds differences.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Strategy {
    /// Range reconciliation with cells.
    #[default]
    Ranges,
    /// Chunk by chunk from the highest version, for a remote that can only count and list.
    Scan,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Options {
    pub purpose: Purpose,
    pub strategy: Strategy,
    pub batch: BatchLimits,
    pub guard: Guard,
    pub limits: Limits,
    /// Sends rows into columns that might change their values; those that would be changed are refused one by one.
    pub narrowing: bool,
    /// Longest time without a comparison of all contents, in milliseconds.
    pub compare_every: Option<u64>,
    /// `Purpose::Verify` only: compares the contents, too.
    pub contents: bool,
}

/// Bounds on memory and on the size of requests.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Largest number of spans to split 64 ways. Among more spans most have few differences: split 8 ways, which may
    /// take one more round, they need a fraction of the cells.
    pub wide_splits: usize,
    /// Spans to split in one request, which may name eight pieces of each.
    pub splits: usize,
    /// A span with at most this many rows at either endpoint is listed rather than split.
    pub list: u64,
    /// Like `list`, for a span without local rows, in which every remote row is a difference.
    pub list_stale: u64,
    /// Rows of all spans listed in one request.
    pub rows: u64,
    /// Differences collected before they are repaired.
    pub found: usize,
    /// Rows in a page, in a question for current versions, and in a request to delete.
    pub page: usize,
    /// Uploads before the comparison takes its turn, and scan chunks before uploads take theirs.
    pub turn: usize,
    /// Longest time without a scan that reads every row, in milliseconds; until then an equal count is enough.
    pub thorough_every: u64,
    /// Rows in quarantine above which the table is refused as a whole.
    pub quarantine: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            wide_splits: 16,
            splits: 512,
            list: 128,
            list_stale: 4_096,
            rows: 16_384,
            found: 10_000,
            page: 1_000,
            turn: 16,
            thorough_every: 24 * 60 * 60_000,
            quarantine: 100_000,
        }
    }
}
