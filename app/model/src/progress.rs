//! Progress of a job. Always: figures are marked "so far" until final, an estimate appears only once it is meaningful,
//! and a stall is reported.

use serde::{Deserialize, Serialize};

use crate::Lines;

/// Milliseconds without a finished object or a transferred byte after which a job counts as stalled.
pub const STALLED_AFTER_MS: u64 = 60_000;

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Phase {
    #[default]
    Waiting,
    /// Lists, compares and copies concurrently.
    Copying,
    /// Deletes objects that only the destination has (mirror).
    Deleting,
    /// Reads log objects, parses their records and sends events concurrently.
    Shipping,
    /// Reads the log of a function (backfill).
    Reading,
    /// Compares both listings.
    Verifying,
    Finished,
}

impl Phase {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Copying => "copying",
            Self::Deleting => "deleting",
            Self::Shipping => "shipping",
            Self::Reading => "reading",
            Self::Verifying => "verifying",
            Self::Finished => "finished",
        }
    }
}

/// Counts are objects, cumulative over the attempts of a job. Always: `done + skipped + failed + in_flight <= found`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Progress {
    pub phase: Phase,
    /// Objects listed at the source; in mode `verify` at either endpoint.
    pub found: u64,
    pub found_bytes: u64,
    /// Whether the listing was read to its end; before that `found` is a figure so far.
    pub found_final: bool,
    /// Objects copied, each acknowledged with an ETag. Dry run: to be copied. Reprocess: shipped completely.
    pub done: u64,
    /// Objects already equal at the destination. Reprocess: delivered by an earlier run.
    pub skipped: u64,
    pub failed: u64,
    /// Objects deleted at the destination, each acknowledged; not part of `found`.
    pub deleted: u64,
    /// Bytes copied. Reprocess: stored bytes read.
    pub bytes: u64,
    /// Reprocess: records so far, including those of objects in flight. Backfill: events read as
    /// `encountered`; its `done` counts runs created or updated.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lines: Option<Lines>,
    pub in_flight: u32,
    /// Verification: keys compared so far, of `found`.
    pub compared: u64,
    /// Adaptive limit of concurrent copies.
    pub concurrency: u32,
    /// Throttling answers of a store: too many requests, or timeouts.
    pub refused: u64,
    /// Current bottleneck.
    pub limit: Option<Limit>,
    /// Ranges of the key space in order; adjacent ones are merged to a small number.
    pub ranges: Vec<Stretch>,
    /// Requests sent, retries included.
    pub requests: u64,
    /// Requests repeated after an error or a timeout, part of `requests`.
    pub retries: u64,
    /// Objects finished (while verifying: compared) per second over the last ten seconds.
    pub rate: f64,
    /// Bytes copied per second over the last ten seconds.
    pub byte_rate: f64,
    pub left: Option<Left>,
    /// Milliseconds since the last progress of any kind.
    pub idle_ms: u64,
    /// Milliseconds of work over all attempts, without pauses and waits.
    pub active_ms: u64,
}

/// Current bottleneck of a clone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Limit {
    /// The store throttles: copies to some keys run at the rate that it accepts.
    Throttling,
    /// The configured limit of requests or bytes per second.
    Ceiling,
    /// The configured number of concurrent copies.
    Concurrency,
    /// The processors of this machine.
    Cpu,
    /// The listings: everything listed so far is copied.
    Listing,
    /// The latency of the store: more concurrency has not increased throughput.
    Latency,
}

/// A range of the key space.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stretch {
    /// Key before the range; `None` for the beginning.
    pub after: Option<String>,
    pub state: StretchState,
    /// Objects found in the range so far; `settled` and `failed` are parts of them.
    pub found: u64,
    pub settled: u64,
    pub failed: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StretchState {
    /// Listing has not started.
    Waiting,
    Active,
    Done,
}

/// Estimated seconds left, as a range because the estimate is uncertain.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Left {
    pub at_least_s: u64,
    pub at_most_s: u64,
}

/// A point of the rate chart: figures after a number of milliseconds of work.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Point {
    pub active_ms: u64,
    pub settled: u64,
    pub bytes: u64,
    /// Limit of concurrent copies.
    pub concurrency: u32,
    /// Throttling answers so far.
    pub refused: u64,
}

impl Progress {
    pub fn point(&self) -> Point {
        Point {
            active_ms: self.active_ms,
            settled: self.settled(),
            bytes: self.bytes,
            concurrency: self.concurrency,
            refused: self.refused,
        }
    }

    /// Number of finished objects: done, skipped or failed.
    pub fn settled(&self) -> u64 {
        self.done + self.skipped + self.failed
    }

    pub fn stalled(&self) -> bool {
        self.idle_ms >= STALLED_AFTER_MS && !matches!(self.phase, Phase::Waiting | Phase::Finished)
    }

    /// Completed fraction from 0 to 1, once the total is known: of the copy, or while verifying of the comparison.
    pub fn fraction(&self) -> Option<f64> {
        #[expect(clippy::cast_precision_loss, reason = "a fraction for a bar")]
        let of = |part: u64| if self.found == 0 { 1.0 } else { (part as f64 / self.found as f64).min(1.0) };
        match self.phase {
            Phase::Waiting | Phase::Deleting | Phase::Reading => None,
            Phase::Copying | Phase::Shipping => self.found_final.then(|| of(self.settled())),
            Phase::Verifying => self.found_final.then(|| of(self.compared)),
            Phase::Finished => Some(1.0),
        }
    }
}
