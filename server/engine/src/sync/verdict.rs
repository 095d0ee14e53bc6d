//! The verdict: the result of an evaluation.
//!
//! Always: the verdict "in sync" carries its evidence and the version up to which it holds.

use model::{Evidence, MassDelete};
use serde::{Deserialize, Serialize};

use super::exchange::HeldBack;

/// Result of an evaluation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "verdict", rename_all = "snake_case")]
pub enum Verdict {
    /// Both endpoints agree on every row below a version, except quarantined rows; `shown_by` names the evidence.
    #[serde(rename = "in_step")]
    InSync {
        below: u64,
        shown_by: Evidence,
        quarantined: usize,
        /// Committed rows above `below` that cannot be read yet.
        #[serde(default)]
        held_back: Option<HeldBack>,
    },
    /// Rows were changed, or differences are left. Evaluate again.
    Working(Work),
    /// `Purpose::Verify` only: number of differing rows. `all` is false if the search stopped at its limit.
    Differs {
        #[serde(rename = "ghosts")]
        stale: u64,
        missing: u64,
        /// Rows with other values; 0 unless contents were compared.
        #[serde(default)]
        changed: u64,
        all: bool,
    },
    /// A mass delete waits for an operator's approval.
    Waiting(MassDelete),
    /// The local database is not the one synced before. Nothing was done: its rows may be older than the remote's.
    EpochChanged { was: String, is: String },
    /// The copy lacks columns, or would change values. Nothing was done.
    ShapeDiffers { obstacles: Vec<String> },
    /// An endpoint did not answer.
    Unreachable { error: String },
    /// An endpoint refused, and not because of a row.
    Refused { error: String },
}

/// Work done by an evaluation.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Work {
    pub uploaded: u64,
    pub deleted: u64,
    /// Differences found, including those that resolved themselves.
    pub found: u64,
    /// Number of comparison requests.
    pub rounds: u32,
}
