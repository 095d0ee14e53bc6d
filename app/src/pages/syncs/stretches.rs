//! Minutes as a chart needs them: side by side from the first to now, those in which nothing was done as gaps, and so few
//! that a bar can be seen.

use model::{SyncMinute, Time, Window};

pub const MINUTE_MS: i64 = 60_000;
/// Bars of a chart, at most.
const BARS: u64 = 120;

/// Sums of as many minutes each; `None` where nothing was done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stretches {
    pub window: Window,
    pub sums: Vec<Option<SyncMinute>>,
}

/// What two stretches come to; of the batch, the later word.
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

/// All of them as one; `None` of none.
pub fn sum(minutes: &[SyncMinute]) -> Option<SyncMinute> {
    minutes.iter().copied().reduce(plus)
}

impl Stretches {
    /// `None` while nothing was ever done.
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
    fn minutes_in_which_nothing_was_done_are_gaps() {
        let minutes = [examples::minute(0, 2, 1), examples::minute(3, 4, 0)];
        let now = Time(minutes[1].at.0 + 59_000);
        let stretches = Stretches::of(&minutes, now).unwrap();
        let found: Vec<Option<u64>> = stretches.sums.iter().map(|sum| sum.map(|sum| sum.found)).collect();
        assert_eq!(found, [Some(1), None, None, Some(0)]);
        assert_eq!(stretches.window.to(), Time(minutes[0].at.0 + 4 * MINUTE_MS));
        assert_eq!(Stretches::of(&[], now), None);
    }

    #[test]
    fn hours_are_drawn_in_bars_of_several_minutes_and_lose_nothing() {
        let minutes: Vec<SyncMinute> = (0..360).map(|index| examples::minute(index, 2, 1)).collect();
        let stretches = Stretches::of(&minutes, minutes[359].at).unwrap();
        assert_eq!(stretches.sums.len(), 120);
        assert!(stretches.sums.iter().all(|sum| sum.is_some_and(|sum| sum.requests == 6 && sum.batch == 500)));
        assert_eq!(sum(&minutes).map(|sum| sum.found), Some(360));
    }
}
