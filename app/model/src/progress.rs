//! How far a job is. Honest: "so far" until it is final, no time left until it means something, a stall is called one.

use serde::{Deserialize, Serialize};

use crate::Lines;

/// With nothing settled and no byte moved for this long, a job has stalled.
pub const STALLED_AFTER_MS: u64 = 60_000;

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Phase {
    #[default]
    Waiting,
    /// Lists, compares and copies, all at once.
    Copying,
    /// A mirror: deletes what only the destination has.
    Deleting,
    /// Reads log objects, parses their records and sends the events, all at once.
    Shipping,
    /// A backfill: reads the log of a function.
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
    /// Objects listed at the source; in mode `verify` at either side.
    pub found: u64,
    pub found_bytes: u64,
    /// True once the listing has been read to its end; before that `found` is "so far".
    pub found_final: bool,
    /// Copied, each acknowledged with an ETag. In a dry run: would be copied. Of a reprocess: shipped whole.
    pub done: u64,
    /// Equal at the destination already. Of a reprocess: delivered by an earlier run.
    pub skipped: u64,
    pub failed: u64,
    /// Deleted at the destination, each acknowledged. Not among the `found`.
    pub deleted: u64,
    /// Bytes of what was copied; of a reprocess, bytes read of the objects as they are stored.
    pub bytes: u64,
    /// Of a reprocess: the records so far, those of objects in flight included. Of a backfill: events read, as
    /// `encountered`; its `done` are runs made or brought up to date.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lines: Option<Lines>,
    pub in_flight: u32,
    /// Verification: keys compared so far, of `found`.
    pub compared: u64,
    /// Copies that may be under way at once, as the run has found.
    pub concurrency: u32,
    /// Answers of a store that asked for less: too many requests, or none in time.
    pub refused: u64,
    /// What keeps it from being quicker.
    pub limit: Option<Limit>,
    /// The key space in order, as the run has divided it; neighbours are joined until they are few.
    pub ranges: Vec<Stretch>,
    /// Requests sent, retries included.
    pub requests: u64,
    /// Of these, sent again after an error or a timeout.
    pub retries: u64,
    /// Objects settled (while verifying: compared) a second, over the last ten seconds.
    pub rate: f64,
    /// Bytes copied a second, over the last ten seconds.
    pub byte_rate: f64,
    pub left: Option<Left>,
    /// Milliseconds since anything was settled, listed, compared or moved.
    pub idle_ms: u64,
    /// Milliseconds worked, over all attempts; pauses and waits excluded.
    pub active_ms: u64,
}

/// What keeps a clone from being quicker at the moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Limit {
    /// The store answers "slow down": copies to some of its keys are held at the rate that it takes.
    Throttling,
    /// The configured requests or bytes a second.
    Ceiling,
    /// The configured number of copies at once.
    Concurrency,
    /// The processors of this machine.
    Cpu,
    /// The listings: everything listed is copied.
    Listing,
    /// The time that the store takes: more at once has not brought more through.
    Latency,
}

/// A stretch of the key space.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stretch {
    /// The key it begins after; `None`: at the beginning.
    pub after: Option<String>,
    pub state: StretchState,
    /// Objects found in it so far, and how many of them are settled, and failed.
    pub found: u64,
    pub settled: u64,
    pub failed: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StretchState {
    /// Nobody has begun to list it.
    Waiting,
    Active,
    Done,
}

/// Seconds left as a range: one number would claim to know.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Left {
    pub at_least_s: u64,
    pub at_most_s: u64,
}

/// A point of the rate chart: what had been settled and copied after so many milliseconds of work.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Point {
    pub active_ms: u64,
    pub settled: u64,
    pub bytes: u64,
    /// Copies that might be under way at once.
    pub concurrency: u32,
    /// Answers, so far, of a store that asked for less.
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

    /// Objects whose fate is known.
    pub fn settled(&self) -> u64 {
        self.done + self.skipped + self.failed
    }

    pub fn stalled(&self) -> bool {
        self.idle_ms >= STALLED_AFTER_MS && !matches!(self.phase, Phase::Waiting | Phase::Finished)
    }

    /// 0 to 1, once the end is known; the copying counts while copying, the comparison while verifying.
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
