//! What an evaluation comes to.
//!
//! Always: "in step" is said only with what shows it, up to a stated version.

use model::{Evidence, MassDelete};
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "verdict", rename_all = "snake_case")]
pub enum Verdict {
    /// The ends agree on every row below a version, but for those in quarantine.
    #[serde(rename = "in_step")]
    InSync { below: u64, shown_by: Evidence, quarantined: usize },
    /// Something was done, or is not yet agreed on. Evaluate again.
    Working(Work),
    /// `Purpose::Verify` only: what differs, up to the limit of what is looked for at once.
    Differs {
        #[serde(rename = "ghosts")]
        stale: u64,
        missing: u64,
        all: bool,
    },
    /// More would be deleted than without an operator's yes.
    Waiting(MassDelete),
    /// The local database is not the one that was followed. Nothing was done, as its rows may be older than the remote's.
    EpochChanged { was: String, is: String },
    /// An end did not answer.
    Unreachable { error: String },
    /// An end refuses what is no fault of a row.
    Refused { error: String },
}

/// What an evaluation did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Work {
    pub uploaded: u64,
    pub deleted: u64,
    /// Differences that comparing found, among them those that mended themselves.
    pub found: u64,
    /// Requests that compared.
    pub rounds: u32,
}
