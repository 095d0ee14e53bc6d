//! Health of a pipeline: tile, reconciliation, loss pattern, percentiles and cost.

use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::{Alert, Amount, Canary, Invalid, Outcome, PipelineName, Run, RunSums, Time, Window};

/// Tile of a pipeline on the overview page.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Tile {
    pub pipeline: PipelineName,
    /// Worst outcome of the last hour; `None` without runs.
    pub worst: Option<Outcome>,
    /// Runs of the last hour.
    pub sums: RunSums,
    /// Lag in milliseconds; see `PipelineStatus::lag_ms`.
    pub lag_ms: Option<u64>,
    pub last_run: Option<Run>,
    /// Sums over the displayed window, oldest first.
    pub trend: Vec<RunSums>,
    /// Active alerts.
    pub alerts: Vec<Alert>,
}

/// Reconciliation: log objects of the bucket compared with the recorded runs.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Reconciliation {
    pub window: Window,
    /// Time of the listing.
    pub listed_at: Time,
    /// Error of an incomplete listing; the figures are partial then.
    pub error: Option<String>,
    /// Adjacent intervals, oldest first.
    pub intervals: Vec<Reconciled>,
    /// Objects to ship again, the oldest first, at most 1,000.
    pub gaps: Vec<Gap>,
    /// Total number of objects to ship again.
    pub gap_count: u64,
    /// Time of the oldest unprocessed object.
    pub oldest_unhandled: Option<Time>,
}

/// One interval. Always: `objects = whole + never + failed + partial`. An unprocessed object that is too
/// young to be overdue is not counted yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reconciled {
    pub window: Window,
    pub objects: u64,
    /// Objects delivered completely, or as far as they can be; see `excepted`.
    pub whole: u64,
    /// Objects not processed.
    pub never: u64,
    /// Objects processed without evidence that anything arrived.
    pub failed: u64,
    /// Objects delivered partially.
    pub partial: u64,
    /// Duplicates: objects delivered by more than one run, also counted above.
    pub twice: u64,
    /// Complete objects of which some records are dead letters: no run can parse them, or the sink refuses them.
    pub excepted: u64,
}

/// Reason for a gap.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum GapKind {
    Never,
    Failed,
    Partial,
}

impl GapKind {
    pub const ALL: [Self; 3] = [Self::Never, Self::Failed, Self::Partial];

    /// As in JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Never => "never",
            Self::Failed => "failed",
            Self::Partial => "partial",
        }
    }
}

impl FromStr for GapKind {
    type Err = Invalid;

    fn from_str(text: &str) -> Result<Self, Invalid> {
        let named = Self::ALL.into_iter().find(|kind| kind.as_str() == text);
        named.ok_or_else(|| Invalid::new("kind", text, format!("one of {}", Self::ALL.map(Self::as_str).join(", "))))
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Gap {
    pub key: String,
    pub size: u64,
    /// Write time of the object.
    pub written_at: Time,
    pub kind: GapKind,
    /// The last run of the object.
    pub run: Option<crate::RunId>,
}

/// Property that losses correlate with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Dimension {
    /// Size of the object in bytes.
    Size,
    /// Age of the object when it was processed.
    Age,
    /// Part of the key.
    Prefix,
    /// Duration of the run.
    Duration,
}

/// A group of runs that loses more than the others.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LossShape {
    pub dimension: Dimension,
    /// Sentence such as "Objects under 8 kB lose everything: 41 of 41; others 2 of 9,120."
    pub sentence: String,
    pub lost: u64,
    pub of: u64,
    pub elsewhere_lost: u64,
    pub elsewhere_of: u64,
    /// Probability that chance alone produces such a pattern, over all patterns tested.
    pub p_value: f64,
}

/// Percentiles by nearest rank, in milliseconds or megabytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Percentiles {
    pub p50: u64,
    pub p95: u64,
    pub p99: u64,
    pub max: u64,
}

impl Percentiles {
    /// Percentiles of the values; zeros without values.
    pub fn of(mut figures: Vec<u64>) -> Self {
        figures.sort_unstable();
        let ranked = |percent: usize| {
            let rank = (figures.len() * percent).div_ceil(100);
            rank.checked_sub(1).and_then(|index| figures.get(index)).copied().unwrap_or_default()
        };
        Self { p50: ranked(50), p95: ranked(95), p99: ranked(99), max: ranked(100) }
    }
}

/// Health of a pipeline in a window.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PipelineHealth {
    pub window: Window,
    pub reconciliation: Option<Reconciliation>,
    /// Canary of its sink; `None` if none is sent through it.
    pub canary: Option<Canary>,
    pub duration_ms: Percentiles,
    pub memory_mb: Percentiles,
    pub memory_limit_mb: Option<u64>,
    pub billed_ms: u64,
    pub cold_starts: u64,
    /// Number of runs in the percentiles: the newest of the window, at most 10,000.
    pub runs: u64,
    /// Cost of the Lambda function by the configured prices; `None` without a function.
    pub cost: Option<Amount>,
    pub losses: Vec<LossShape>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_measured_values() {
        assert_eq!(Percentiles::of(Vec::new()), Percentiles::default());
        assert_eq!(Percentiles::of(vec![7]), Percentiles { p50: 7, p95: 7, p99: 7, max: 7 });
        let to_hundred = (1..=100).rev().collect();
        assert_eq!(Percentiles::of(to_hundred), Percentiles { p50: 50, p95: 95, p99: 99, max: 100 });
        assert_eq!(Percentiles::of(vec![1, 2, 30]), Percentiles { p50: 2, p95: 30, p99: 30, max: 30 });
    }
}
