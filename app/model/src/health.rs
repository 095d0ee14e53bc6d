//! How a pipeline does: its tile, its reconciliation, the shape of its losses, its percentiles and its cost.

use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::{Alert, Amount, Canary, Invalid, Outcome, PipelineName, Run, RunSums, Time, Window};

/// A pipeline on the first page: is everything arriving?
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Tile {
    pub pipeline: PipelineName,
    /// The worst outcome of the last hour; `None`: no run.
    pub worst: Option<Outcome>,
    /// Of the last hour.
    pub sums: RunSums,
    /// Milliseconds; see `PipelineStatus::lag_ms`.
    pub lag_ms: Option<u64>,
    pub last_run: Option<Run>,
    /// Of the window shown, oldest first.
    pub trend: Vec<RunSums>,
    /// Those that hold.
    pub alerts: Vec<Alert>,
}

/// Log objects in the bucket against the runs that handled them.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Reconciliation {
    pub window: Window,
    /// When the bucket was listed.
    pub listed_at: Time,
    /// Why it could not be listed to the end; what is here is then a part.
    pub error: Option<String>,
    /// Neighbouring intervals, oldest first.
    pub intervals: Vec<Reconciled>,
    /// Objects that need to be shipped again, the oldest first, at most 1,000.
    pub gaps: Vec<Gap>,
    /// All of them.
    pub gap_count: u64,
    /// When the oldest object was written that no run handled.
    pub oldest_unhandled: Option<Time>,
}

/// One interval. Always: `objects = whole + never + failed + partial`. An object that no run handled, and that is too
/// young to be missed, is not counted yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reconciled {
    pub window: Window,
    pub objects: u64,
    /// Handled, and all of it is where it belongs.
    pub whole: u64,
    /// Never picked up.
    pub never: u64,
    /// Picked up, and nothing says that any of it arrived.
    pub failed: u64,
    /// Some of it is missing.
    pub partial: u64,
    /// Handled by more than one run that delivered: counted beside the others.
    pub twice: u64,
}

/// Why an object is in the list of gaps.
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
    /// When the object was written.
    pub written_at: Time,
    pub kind: GapKind,
    /// The run that handled it last.
    pub run: Option<crate::RunId>,
}

/// Along what a loss has a shape.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Dimension {
    /// Of the object, bytes.
    Size,
    /// Of the object when it was handled.
    Age,
    /// Of its key.
    Prefix,
    /// Of the run.
    Duration,
}

/// A part of the runs that loses, where the rest does not.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LossShape {
    pub dimension: Dimension,
    /// "Objects under 8 kB lose everything: 41 of 41; others 2 of 9,120."
    pub sentence: String,
    pub lost: u64,
    pub of: u64,
    pub elsewhere_lost: u64,
    pub elsewhere_of: u64,
    /// That chance alone looks like this, for all that was looked at together.
    pub p_value: f64,
}

/// By nearest rank, of the runs of a window or of what a canary took. Milliseconds, megabytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Percentiles {
    pub p50: u64,
    pub p95: u64,
    pub p99: u64,
    pub max: u64,
}

impl Percentiles {
    /// Zeros where there is nothing.
    pub fn of(mut figures: Vec<u64>) -> Self {
        figures.sort_unstable();
        let ranked = |percent: usize| {
            let rank = (figures.len() * percent).div_ceil(100);
            rank.checked_sub(1).and_then(|index| figures.get(index)).copied().unwrap_or_default()
        };
        Self { p50: ranked(50), p95: ranked(95), p99: ranked(99), max: ranked(100) }
    }
}

/// How the runs of a pipeline did in a window.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PipelineHealth {
    pub window: Window,
    pub reconciliation: Option<Reconciliation>,
    /// Of its sink; `None`: no marked events are sent through it.
    pub canary: Option<Canary>,
    pub duration_ms: Percentiles,
    pub memory_mb: Percentiles,
    pub memory_limit_mb: Option<u64>,
    pub billed_ms: u64,
    pub cold_starts: u64,
    /// Runs that the percentiles are made of: the newest of the window, at most 10,000.
    pub runs: u64,
    /// Of the Lambda function, by the configured prices; `None`: it has none.
    pub cost: Option<Amount>,
    pub losses: Vec<LossShape>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_figures_that_were_measured() {
        assert_eq!(Percentiles::of(Vec::new()), Percentiles::default());
        assert_eq!(Percentiles::of(vec![7]), Percentiles { p50: 7, p95: 7, p99: 7, max: 7 });
        let to_hundred = (1..=100).rev().collect();
        assert_eq!(Percentiles::of(to_hundred), Percentiles { p50: 50, p95: 95, p99: 99, max: 100 });
        assert_eq!(Percentiles::of(vec![1, 2, 30]), Percentiles { p50: 2, p95: 30, p99: 30, max: 30 });
    }
}
