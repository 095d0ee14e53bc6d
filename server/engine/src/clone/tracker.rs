//! What a running clone has done so far, in one place, so that progress, checkpoint and failures always agree.

use model::{Failure, Key, Progress};
use serde::{Deserialize, Serialize};

/// Where to go on. JSON, in the job's row or in a state file. Nothing at or below a range's cursor is unsettled.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Checkpoint {
    pub ranges: Vec<Range>,
    /// The comparison is not resumed midway: it must see both listings whole.
    pub copied: bool,
}

/// Half-open interval of source keys, `after < key <= last`; `None` is the end of the place.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Range {
    pub after: Option<Key>,
    pub last: Option<Key>,
    /// Every key up to here is settled.
    pub cursor: Option<Key>,
    pub state: RangeState,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RangeState {
    Waiting,
    Active,
    Done,
}

/// What changed since it was last taken. Must be stored in this order: failures and settled keys first, then progress
/// with checkpoint; or handed back with [`Tracker::put_back`].
#[derive(Clone, Debug, Default)]
pub struct Taken {
    pub progress: Progress,
    pub checkpoint: Checkpoint,
    /// New failures, or new attempts of known ones.
    pub failures: Vec<Failure>,
    /// Keys recorded as failed earlier that are right now.
    pub mended: Vec<Key>,
}

/// Shared by the engine, which writes, and its caller, which takes once a second. Cheap to clone.
#[derive(Clone)]
pub struct Tracker {}

impl Tracker {
    /// From a job's row or a state file; default values for a fresh start. Progress counts on.
    pub fn resume(_progress: Progress, _checkpoint: Checkpoint) -> Self {
        todo!()
    }

    pub fn take(&self) -> Taken {
        todo!()
    }

    /// After a failed write: what was taken is due again.
    pub fn put_back(&self, _taken: Taken) {
        todo!()
    }
}
