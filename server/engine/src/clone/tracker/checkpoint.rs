//! What a tracker resumes from, and what its caller takes from it.

use model::{Failure, Key, Progress};
use serde::{Deserialize, Serialize};

use crate::clone::{records::CopyRecord, sections::Sections};

/// Where to resume. JSON, in the job's row or in a state file. Every key at or below a range's cursor is settled.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Checkpoint {
    pub ranges: Vec<Range>,
    /// Whether all is copied. The comparison is not resumed midway: it must read both listings to their ends.
    pub copied: bool,
    /// Counts of the keys that cursors have passed. Progress may be further: keys above a cursor are done again, or found
    /// equal.
    pub settled: Settled,
    pub pruning: Pruning,
}

/// How far the deleting of a mirror is.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Pruning {
    #[default]
    Unconfirmed,
    /// The extra objects were those of the plan; these sections are left.
    Confirmed(Sections),
    /// Never repeated: extra objects that appear after it were in no preview.
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
    /// Bytes copied.
    pub bytes: u64,
    /// Bytes of all objects, as listed.
    pub found_bytes: u64,
}

impl Settled {
    pub(super) fn objects(&self) -> u64 {
        self.done + self.skipped + self.failed
    }
}

/// Changes since the last take. The caller must store them in this order: report, failures and resolved keys first, then
/// progress with checkpoint; or return them with [`super::Tracker::put_back`].
#[derive(Clone, Debug, Default)]
pub struct Taken {
    pub progress: Progress,
    pub checkpoint: Checkpoint,
    /// New failures, or new attempts of known ones.
    pub failures: Vec<Failure>,
    /// Keys whose recorded failures are resolved.
    pub mended: Vec<Key>,
    /// New copies on record, worth keeping for later runs between the same places.
    pub records: Vec<CopyRecord>,
    /// New lines of the completion report.
    pub report: Vec<u8>,
}

/// Totals of the comparison, beside the differences that it reported one by one.
#[derive(Clone, Copy, Debug, Default)]
pub(in crate::clone) struct Verified {
    pub source_objects: u64,
    pub source_bytes: u64,
    /// Differences of keys that were not known to have failed in this attempt.
    pub fresh: u64,
}

/// Sorts ranges by their keys, and joins finished neighbours.
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
