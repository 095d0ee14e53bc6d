//! The proof of a job with its figures: both listings read to their ends and compared, or every record accounted
//! for.

use serde::{Deserialize, Serialize};

use crate::{Backfilled, Compare, Lines, Mode, Selection, Time, UnreadableTags, fidelity::is_default};

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "method", rename_all = "snake_case")]
pub enum Proof {
    /// Both listings compared key by key.
    Compared(Comparison),
    /// A dry run: planned changes from both complete listings. Nothing was written.
    DryRun(DryRun),
    /// A reprocess: the result of every record of every object.
    Shipped(Shipped),
    /// A backfill: the log of its window was read to the end.
    Backfilled(Backfilled),
}

/// Source and destination compared after the copying. Always, with `both = equal + unverified + unproven + different`,
/// where `equal` are all kinds of equal: `source_objects = both + missing` and `destination_objects = both + extra`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Comparison {
    pub at: Time,
    pub mode: Mode,
    pub source_objects: u64,
    pub source_bytes: u64,
    pub destination_objects: u64,
    /// Objects with equal key and size, and equal ETag or checksum.
    pub equal_by_etag: u64,
    /// Objects whose bytes were digested when they were copied, with the digest that both ends tell.
    #[serde(default)]
    pub equal_by_digest: u64,
    /// Objects that were read at both ends and are the same byte by byte.
    #[serde(default)]
    pub equal_by_content: u64,
    /// Objects on record as written, whose content nothing compared. Older proofs counted them as equal.
    #[serde(default, alias = "equal_by_record")]
    pub unverified: u64,
    /// Objects with equal key and size only. Always 0 in new proofs; older proofs counted them as equal.
    #[serde(default)]
    pub equal_by_size: u64,
    /// Objects with equal key and size, no record, and neither comparable ETags (multipart, KMS) nor checksums.
    #[serde(default)]
    pub unproven: u64,
    pub missing: u64,
    pub different: u64,
    /// Objects only at the destination.
    pub extra: u64,
    /// Objects of the source that are not part of the clone, because their keys at the destination would be empty: the
    /// marker of the source's prefix, cloned to the root of a bucket.
    #[serde(default, skip_serializing_if = "is_default")]
    pub left_out: u64,
    /// Whether objects were compared, all are proven equal, and there is no difference that counts in this mode. JSON:
    /// `equal`.
    pub equal: bool,
    /// Whether there was nothing to compare: no object of the source is chosen, and no difference counts.
    #[serde(default, skip_serializing_if = "is_default")]
    pub nothing: bool,
    /// Selection: all counts concern selected objects; nothing is proven about others.
    #[serde(default, skip_serializing_if = "Selection::is_all")]
    pub selection: Selection,
    /// Criterion of the comparison.
    #[serde(default)]
    pub compare: Compare,
    /// With [`Compare::Metadata`]: whether tags that could not be read or kept were allowed to differ.
    #[serde(default, skip_serializing_if = "is_default")]
    pub unreadable_tags: UnreadableTags,
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
    /// Objects that the clone leaves out because their keys at the destination would be empty.
    #[serde(default, skip_serializing_if = "is_default")]
    pub left_out: u64,
    /// Selection, as in a [`Comparison`].
    #[serde(default, skip_serializing_if = "Selection::is_all")]
    pub selection: Selection,
}

/// Result of a reprocess over all attempts; of a retried object its last run counts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Shipped {
    pub at: Time,
    /// Objects of the window or the prefix. Always: `objects = shipped + skipped + failed`.
    pub objects: u64,
    /// Objects read to their ends with each record parsed or quarantined, and each event delivered.
    pub shipped: u64,
    /// Objects delivered by an earlier run.
    pub skipped: u64,
    pub failed: u64,
    /// Objects that are positively not logs of requests; not part of `objects`.
    pub left_out: u64,
    pub lines: Lines,
    /// Records that could not be parsed.
    pub unparsed: u64,
    /// Number of those records that Logyard kept whole as dead letters, so that a newer version can parse them.
    #[serde(default, skip_serializing_if = "is_default")]
    pub quarantined: u64,
    /// Number of the `shipped` objects that are complete except for quarantined records.
    #[serde(default, skip_serializing_if = "is_default")]
    pub excepted: u64,
    /// Events that could not be delivered.
    pub undelivered: u64,
    /// Sink of the events; `None` for a dry run, which only parses.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sink: Option<String>,
    /// Whether the sink acknowledges events. If not, they were written and the connection was closed in order: sent,
    /// never "delivered".
    pub acknowledged: bool,
}

impl Shipped {
    /// Records that became events: parsed, and inside the window.
    pub fn events(&self) -> u64 {
        self.lines.parsed.saturating_sub(self.lines.filtered)
    }

    /// Whether every record and every event is accounted for: parsed or not, and filtered, delivered or failed.
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
    /// Fills in `equal` and `nothing`. Without any object of the source nothing was compared, so that nothing is equal.
    #[must_use]
    pub fn judged(mut self) -> Self {
        self.nothing = !self.has_faults() && self.source_objects == 0;
        self.equal = !self.has_faults() && self.unverified == 0 && !self.nothing;
        self
    }

    /// Whether there was nothing to compare. Older proofs called that equal.
    pub fn is_of_nothing(&self) -> bool {
        self.nothing || (self.equal && self.source_objects == 0)
    }

    /// Whether something is missing, different or unproven or, but for a copy, extra. A copy leaves what else the
    /// destination holds.
    pub fn has_faults(&self) -> bool {
        self.missing + self.different + self.unproven > 0 || (self.mode != Mode::Copy && self.extra > 0)
    }

    /// Whether the only faults are objects of which nothing tells whether they are equal.
    pub fn has_only_unproven(&self) -> bool {
        let others = Self { unproven: 0, ..self.clone() };
        self.unproven > 0 && !others.has_faults()
    }

    /// Number of equal objects by any criterion.
    pub fn equal_objects(&self) -> u64 {
        self.equal_by_etag + self.equal_by_digest + self.equal_by_content + self.equal_by_size
    }
}

impl Proof {
    /// Whether a job with this proof may succeed. A comparison may leave copies unverified: they were written, and it says
    /// so.
    pub fn holds(&self) -> bool {
        match self {
            Self::Compared(comparison) => !comparison.has_faults(),
            Self::DryRun(_) | Self::Backfilled(_) => true,
            Self::Shipped(shipped) => shipped.failed == 0 && shipped.adds_up(),
        }
    }

    /// Whether there was nothing to do: a job with such a proof succeeded, and proved nothing.
    pub fn is_of_nothing(&self) -> bool {
        match self {
            Self::Compared(comparison) => comparison.is_of_nothing(),
            Self::DryRun(plan) => plan.source_objects == 0 && plan.extra == 0,
            Self::Shipped(shipped) => shipped.events() == 0 && self.holds(),
            Self::Backfilled(read) => read.events == 0,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn comparison(mode: Mode, source_objects: u64, extra: u64) -> Comparison {
        let json = serde_json::json!({
            "at": "2026-03-09T14:00:00Z", "mode": mode, "source_objects": source_objects, "source_bytes": 0,
            "destination_objects": source_objects + extra, "equal_by_etag": source_objects, "missing": 0, "different": 0,
            "extra": extra, "equal": false,
        });
        serde_json::from_value::<Comparison>(json).unwrap().judged()
    }

    #[test]
    fn comparison_of_nothing_holds_and_is_not_equal() {
        for (mode, extra) in [(Mode::Copy, 0), (Mode::Copy, 3), (Mode::Verify, 0), (Mode::Mirror, 0)] {
            let nothing = comparison(mode, 0, extra);
            assert_eq!((nothing.equal, nothing.nothing), (false, true), "{mode:?}");
            assert!(Proof::Compared(nothing.clone()).holds() && nothing.is_of_nothing());
        }
        let extra = comparison(Mode::Verify, 0, 1);
        assert!(!extra.nothing && !Proof::Compared(extra).holds());
        let equal = comparison(Mode::Copy, 1, 0);
        assert!(equal.equal && !equal.is_of_nothing());
    }

    #[test]
    fn reprocess_without_events_proves_nothing() {
        let shipped = |objects: u64, skipped: u64, events: u64| {
            let json = serde_json::json!({
                "at": "2026-03-09T14:00:00Z", "objects": objects, "shipped": objects - skipped, "skipped": skipped,
                "failed": 0, "left_out": 0, "unparsed": 0, "undelivered": 0, "sink": "tcp://logs:5000",
                "lines": {"encountered": events + 4, "parsed": events + 4, "filtered": 4, "sent": events},
                "acknowledged": false,
            });
            Proof::Shipped(serde_json::from_value(json).unwrap())
        };
        assert!(shipped(0, 0, 0).is_of_nothing(), "no objects");
        assert!(shipped(2, 0, 0).is_of_nothing(), "no record in the window");
        assert!(shipped(2, 2, 0).is_of_nothing(), "all delivered earlier");
        assert!(!shipped(2, 1, 7).is_of_nothing());
    }

    #[test]
    fn stored_proof_of_nothing_reads_as_nothing() {
        let old = Comparison { equal: true, nothing: false, ..comparison(Mode::Copy, 0, 0) };
        assert!(old.is_of_nothing() && Proof::Compared(old).holds());
    }
}
