//! What an evaluation leaves to the next, and how it may go about its work.
//!
//! Always: a checkpoint may be as old as it likes. What it tells to be done was done; what it does not know of is done
//! again, without harm.

use serde::{Deserialize, Serialize};

use super::batch::{Batch, BatchLimits};
use super::cell::Mark;
use super::guard::Guard;
use super::quarantine::Quarantine;
use super::scan_position::ScanPosition;

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Checkpoint {
    /// Of the local database when it was first seen. Cleared by an operator who accepts another.
    pub epoch: Option<String>,
    /// Every local row below this version was sent, refused, or compared.
    pub settled: u64,
    pub batch: Batch,
    pub quarantine: Quarantine,
    /// A row that was sent alone and not answered, and how often.
    pub strikes: Option<(Mark, u32)>,
    /// Rows that an operator lets a mass delete take.
    pub approved: u64,
    pub scan: ScanPosition,
}

/// What is asked for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Purpose {
    #[default]
    Sync,
    /// Says what differs and changes nothing. Its checkpoint is not one to keep.
    Verify,
}

/// How differences are found.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Strategy {
    /// Reconciliation with cells.
    #[default]
    Ranges,
    /// Chunk by chunk from the top, for a remote that can only count and list.
    Scan,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Options {
    pub purpose: Purpose,
    pub strategy: Strategy,
    pub batch: BatchLimits,
    pub guard: Guard,
    pub limits: Limits,
}

/// What bounds memory and the size of requests.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Up to so many spans are split 64 ways. Of more, most have few differences: split 8 ways, which may take a round
    /// more, they are found from a fraction of the cells.
    pub wide_splits: usize,
    /// Spans to split in one request, which may have to name eight pieces of each.
    pub splits: usize,
    /// A span with at most so many rows on either side is listed rather than split.
    pub list: u64,
    /// The same where the local side has none, so that each of the remote's rows is a difference.
    pub list_stale: u64,
    /// Rows of all the spans listed in one request.
    pub rows: u64,
    /// Differences looked for before they are mended.
    pub found: usize,
    /// Rows in a page, in a question for versions held, in a request to delete.
    pub page: usize,
    /// Uploads before comparing has its turn, and chunks of a scan before uploading has.
    pub turn: usize,
    /// How long a count counts as enough before a scan looks at every row, in milliseconds.
    pub thorough_every: u64,
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
        }
    }
}
