//! What a tracker is resumed from, and what is taken from it.

use model::{Failure, Key, Progress};
use serde::{Deserialize, Serialize};

use crate::clone::sections::Sections;

/// Where to go on. JSON, in the job's row or in a state file. Nothing at or below a range's cursor is unsettled.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Checkpoint {
    pub ranges: Vec<Range>,
    /// The comparison is not resumed midway: it must see both listings whole.
    pub copied: bool,
    /// What the cursors have passed. Progress may be further: keys above a cursor are done again, or found equal.
    pub settled: Settled,
    pub pruning: Pruning,
}

/// How far a mirror's deleting is.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Pruning {
    #[default]
    Unconfirmed,
    /// All that only the destination had was what the plan says; this is left of it.
    Confirmed(Sections),
    /// Never done again: what only the destination has by then was in no preview.
    Done,
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

/// Counts of settled keys.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Settled {
    pub done: u64,
    pub skipped: u64,
    pub failed: u64,
    /// Of what was copied.
    pub bytes: u64,
    /// Of all, as listed.
    pub found_bytes: u64,
}

impl Settled {
    pub(super) fn objects(&self) -> u64 {
        self.done + self.skipped + self.failed
    }
}

/// What changed since it was last taken. Must be stored in this order: failures and settled keys first, then progress
/// with checkpoint; or handed back with [`super::Tracker::put_back`].
#[derive(Clone, Debug, Default)]
pub struct Taken {
    pub progress: Progress,
    pub checkpoint: Checkpoint,
    /// New failures, or new attempts of known ones.
    pub failures: Vec<Failure>,
    /// Keys recorded as failed earlier that are right now.
    pub mended: Vec<Key>,
}

/// In the order of their keys, with finished neighbours as one: as many as there is something to say about.
pub(super) fn joined(mut ranges: Vec<Range>) -> Vec<Range> {
    ranges.sort_unstable_by(|left, right| left.after.cmp(&right.after));
    ranges.dedup_by(|next, range| {
        let both_done = next.state == RangeState::Done && range.state == RangeState::Done;
        if both_done {
            range.last = next.last.take();
            range.cursor = next.cursor.take().or(range.cursor.take());
        }
        both_done
    });
    ranges
}
