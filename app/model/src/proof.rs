//! What makes a job green, with the figures: both listings read to their ends and compared, or every record accounted
//! for.

use serde::{Deserialize, Serialize};

use crate::{Backfilled, Compare, Lines, Mode, Selection, Time};

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "method", rename_all = "snake_case")]
pub enum Proof {
    /// Both listings, key by key.
    Compared(Comparison),
    /// A dry run: what would be done, from both listings read to their ends. Nothing was written.
    DryRun(DryRun),
    /// A reprocess: every record of every object, and what became of it.
    Shipped(Shipped),
    /// A backfill: the log of its window, read to the end.
    Backfilled(Backfilled),
}

/// Source and destination compared after the copying. Always: `source_objects = equal + unproven + different + missing`
/// and `destination_objects = equal + unproven + different + extra`, where `equal` are the three kinds of equal.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Comparison {
    pub at: Time,
    pub mode: Mode,
    pub source_objects: u64,
    pub source_bytes: u64,
    pub destination_objects: u64,
    /// Same key and size, and the same ETag or checksum of the whole content.
    pub equal_by_etag: u64,
    /// Same key and size, and each the very version, by its ETag, that this run copied from the other.
    #[serde(default)]
    pub equal_by_record: u64,
    /// Same key and size, of proofs made when that still counted. No proof made now has any.
    #[serde(default)]
    pub equal_by_size: u64,
    /// Same key and size and nothing else to tell by: no ETags that compare (multipart, KMS), no checksum of a kind.
    #[serde(default)]
    pub unproven: u64,
    pub missing: u64,
    pub different: u64,
    /// Only at the destination.
    pub extra: u64,
    /// No difference that this mode counts as one. JSON: `equal`.
    pub equal: bool,
    /// What was compared: all counts are of chosen objects, and of others nothing is proven.
    #[serde(default, skip_serializing_if = "Selection::is_all")]
    pub selection: Selection,
    /// By what.
    #[serde(default)]
    pub compare: Compare,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DryRun {
    pub at: Time,
    pub source_objects: u64,
    pub source_bytes: u64,
    pub would_copy: u64,
    pub would_copy_bytes: u64,
    pub would_skip: u64,
    pub extra: u64,
    /// As in a [`Comparison`].
    #[serde(default, skip_serializing_if = "Selection::is_all")]
    pub selection: Selection,
}

/// What a reprocess sent, over all of its attempts: a retried object's records are counted each time it was read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Shipped {
    pub at: Time,
    /// Objects that the window or the prefix holds. Always: `objects = shipped + skipped + failed`.
    pub objects: u64,
    /// Read to their ends, each record parsed, each event delivered.
    pub shipped: u64,
    /// Delivered by an earlier run.
    pub skipped: u64,
    pub failed: u64,
    /// Logs of health checks, of which there is no event to make. Not among the `objects`.
    pub left_out: u64,
    pub lines: Lines,
    /// Records that could not be parsed.
    pub unparsed: u64,
    /// Events that were given up.
    pub undelivered: u64,
    /// Where the events went. `None`: a dry run, they were only parsed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sink: Option<String>,
    /// Whether that sink says what it took. Without it "sent" means: written, and the connection closed cleanly.
    pub acknowledged: bool,
}

impl Shipped {
    /// Every record is one of those parsed or not; every event one of those filtered, delivered or given up.
    pub fn adds_up(&self) -> bool {
        let lines = &self.lines;
        let delivered = if self.acknowledged { lines.acknowledged } else { lines.sent };
        let events = lines.filtered + delivered + lines.duplicate + self.undelivered;
        self.objects == self.shipped + self.skipped + self.failed
            && lines.encountered == lines.parsed + self.unparsed
            && (self.sink.is_none() || lines.parsed == events)
    }
}

impl Comparison {
    /// Fills in `equal`: nothing missing, different or unproven and, but for a copy, nothing extra. A copy leaves what
    /// else the destination holds.
    #[must_use]
    pub fn judged(mut self) -> Self {
        let faults = self.missing + self.different + self.unproven;
        self.equal = faults == 0 && (self.mode == Mode::Copy || self.extra == 0);
        self
    }

    /// All that was found equal, however.
    pub fn equal_objects(&self) -> u64 {
        self.equal_by_etag + self.equal_by_record + self.equal_by_size
    }
}

impl Proof {
    /// Whether a job with this proof may be called succeeded.
    pub fn holds(&self) -> bool {
        match self {
            Self::Compared(comparison) => comparison.equal,
            Self::DryRun(_) | Self::Backfilled(_) => true,
            Self::Shipped(shipped) => shipped.failed == 0 && shipped.adds_up(),
        }
    }
}
