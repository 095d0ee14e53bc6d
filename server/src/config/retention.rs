//! `[retention]`: how long history is kept.
//!
//! Sums are kept longer than runs: a chart of a year does not need its million runs.

use super::{ConfigError, source::Section};

const DAY_MS: i64 = 86_400_000;
const DAYS: &str = "a number of days from \"1d\" to \"3650d\"";
const SUMS: &str = "a number of days from \"1d\" to \"3650d\", at least as many as `runs`";

/// In milliseconds. Always: `runs_ms <= sums_ms`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Retention {
    pub runs_ms: i64,
    /// The sums behind charts, tiles and costs.
    pub sums_ms: i64,
    /// The history of syncs, and agents' tables that are no longer reported.
    pub syncs_ms: i64,
    /// Resolved alerts, from their end on, and deliveries.
    pub alerts_ms: i64,
    /// What became of each time of a schedule.
    pub firings_ms: i64,
}

impl Default for Retention {
    fn default() -> Self {
        Self {
            runs_ms: 90 * DAY_MS,
            sums_ms: 400 * DAY_MS,
            syncs_ms: 90 * DAY_MS,
            alerts_ms: 90 * DAY_MS,
            firings_ms: 90 * DAY_MS,
        }
    }
}

pub fn read(mut section: Section<'_>) -> Result<Retention, ConfigError> {
    let default = Retention::default();
    let runs_ms = section.get("runs", DAYS, days)?.unwrap_or(default.runs_ms);
    let sums_ms = section.get("sums", SUMS, |text| days(text).filter(|sums| *sums >= runs_ms))?;
    let syncs_ms = section.get("syncs", DAYS, days)?.unwrap_or(default.syncs_ms);
    let alerts_ms = section.get("alerts", DAYS, days)?.unwrap_or(default.alerts_ms);
    let firings_ms = section.get("firings", DAYS, days)?.unwrap_or(default.firings_ms);
    section.finish()?;
    let sums_ms = sums_ms.unwrap_or(default.sums_ms.max(runs_ms));
    Ok(Retention { runs_ms, sums_ms, syncs_ms, alerts_ms, firings_ms })
}

fn days(text: &str) -> Option<i64> {
    let days: i64 = text.strip_suffix('d')?.parse().ok()?;
    (1..=3_650).contains(&days).then_some(days * DAY_MS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn retention_needs_unit_and_at_most_ten_years() {
        assert_eq!(["1d", "90d", "3650d"].map(days), [1, 90, 3_650].map(|days| Some(days * DAY_MS)));
        for text in ["", "d", "0d", "-1d", "3651d", "90", "90 d", "2h", "99999999999999999999d"] {
            assert_eq!(days(text), None, "{text}");
        }
    }
}
