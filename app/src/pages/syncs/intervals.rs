//! Minutes of a sync as intervals of a chart: contiguous from the first to now, with gaps for idle minutes, and few enough
//! for bars to be visible.

use model::{SyncMinute, Time, Window};

pub const MINUTE_MS: i64 = 60_000;
/// Most bars in a chart.
const BARS: u64 = 120;

/// Sums of equal intervals; `None` for idle ones.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Intervals {
    pub window: Window,
    pub sums: Vec<Option<SyncMinute>>,
}

/// The sum of two intervals, with the later batch size.
fn plus(one: SyncMinute, next: SyncMinute) -> SyncMinute {
    SyncMinute {
        at: one.at,
        uploaded: one.uploaded + next.uploaded,
        deleted: one.deleted + next.deleted,
        found: one.found + next.found,
        requests: one.requests + next.requests,
        bytes_sent: one.bytes_sent + next.bytes_sent,
        bytes_received: one.bytes_received + next.bytes_received,
        local_rows: one.local_rows + next.local_rows,
        remote_rows: one.remote_rows + next.remote_rows,
        batch: if next.batch > 0 { next.batch } else { one.batch },
    }
}

/// The sum of all minutes; `None` of an empty slice.
pub fn sum(minutes: &[SyncMinute]) -> Option<SyncMinute> {
    minutes.iter().copied().reduce(plus)
}

impl Intervals {
    /// `None` without any minute.
    pub fn of(minutes: &[SyncMinute], now: Time) -> Option<Self> {
        let first = minutes.first()?.at;
        let whole = u64::try_from(now.since(first) / MINUTE_MS).unwrap_or(0) + 1;
        let each = whole.div_ceil(BARS);
        let bars = whole.div_ceil(each);
        let bar_ms = i64::try_from(each).ok()?.checked_mul(MINUTE_MS)?;
        let window = Window::new(first, Time(first.0 + i64::try_from(bars).ok()? * bar_ms)).ok()?;
        let mut sums = vec![None; usize::try_from(bars).ok()?];
        for minute in minutes {
            let index = usize::try_from(minute.at.since(first) / bar_ms).unwrap_or(0);
            if let Some(slot) = sums.get_mut(index) {
                *slot = Some(slot.map_or(*minute, |before| plus(before, *minute)));
            }
        }
        Some(Self { window, sums })
    }

    pub fn values(&self, value: impl Fn(&SyncMinute) -> f64) -> Vec<Option<f64>> {
        self.sums.iter().map(|sum| sum.as_ref().map(&value)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::examples;

    #[test]
    fn idle_minutes_are_gaps() {
        let minutes = [examples::minute(0, 2, 1), examples::minute(3, 4, 0)];
        let now = Time(minutes[1].at.0 + 59_000);
        let intervals = Intervals::of(&minutes, now).unwrap();
        let found: Vec<Option<u64>> = intervals.sums.iter().map(|sum| sum.map(|sum| sum.found)).collect();
        assert_eq!(found, [Some(1), None, None, Some(0)]);
        assert_eq!(intervals.window.to(), Time(minutes[0].at.0 + 4 * MINUTE_MS));
        assert_eq!(Intervals::of(&[], now), None);
    }

    #[test]
    fn long_history_is_joined_without_loss() {
        let minutes: Vec<SyncMinute> = (0..360).map(|index| examples::minute(index, 2, 1)).collect();
        let intervals = Intervals::of(&minutes, minutes[359].at).unwrap();
        assert_eq!(intervals.sums.len(), 120);
        assert!(intervals.sums.iter().all(|sum| sum.is_some_and(|sum| sum.requests == 6 && sum.batch == 500)));
        assert_eq!(sum(&minutes).map(|sum| sum.found), Some(360));
    }
}
