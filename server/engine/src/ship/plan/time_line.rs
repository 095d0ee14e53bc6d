//! Counts objects by the time in their keys, in a bounded number of contiguous intervals.

use std::collections::BTreeMap;

use model::{Interval, Time, Window};

use crate::log_object::LogName;

/// The shortest interval that balancers deliver.
const FINEST_MS: i64 = 5 * 60_000;

/// Most intervals kept while counting.
const HELD: usize = 4_096;

#[derive(Clone, Copy, Debug, Default)]
struct Counts {
    objects: u64,
    bytes: u64,
    delivered: u64,
}

/// Counts per interval. Always: at most [`HELD`] intervals are kept; their width is doubled until they are few enough.
pub struct TimeLine {
    width_ms: i64,
    /// Counts by interval number since 1970.
    counts: BTreeMap<i64, Counts>,
    covers: Option<(Time, Time)>,
}

impl Default for TimeLine {
    fn default() -> Self {
        Self { width_ms: FINEST_MS, counts: BTreeMap::new(), covers: None }
    }
}

impl TimeLine {
    pub fn add(&mut self, name: &LogName<'_>, bytes: u64, delivered: bool) {
        let (start, end) = self.covers.unwrap_or((name.start(), name.end));
        self.covers = Some((start.min(name.start()), end.max(name.end)));
        // A file belongs to the interval that ends with it.
        let counts = self.counts.entry((name.end.0 - 1).div_euclid(self.width_ms)).or_default();
        counts.objects += 1;
        counts.bytes += bytes;
        counts.delivered += u64::from(delivered);
        if self.counts.len() > HELD {
            self.widen();
        }
    }

    /// From the start of the first file to the end of the last.
    pub fn covers(&self) -> Option<Window> {
        self.covers.and_then(|(from, to)| Window::new(from, to).ok())
    }

    /// At most `most` contiguous intervals.
    pub fn intervals(mut self, most: usize) -> Vec<Interval> {
        while self.span().is_some_and(|(first, last)| last - first >= i64::try_from(most).unwrap_or(i64::MAX)) {
            self.widen();
        }
        let Some((first, last)) = self.span() else { return Vec::new() };
        let interval = |number: i64| {
            let window = Window::new(Time(number * self.width_ms), Time((number + 1) * self.width_ms)).ok()?;
            let Counts { objects, bytes, delivered } = self.counts.get(&number).copied().unwrap_or_default();
            Some(Interval { window, objects, bytes, delivered })
        };
        (first..=last).filter_map(interval).collect()
    }

    fn span(&self) -> Option<(i64, i64)> {
        Some((*self.counts.first_key_value()?.0, *self.counts.last_key_value()?.0))
    }

    fn widen(&mut self) {
        self.width_ms *= 2;
        for (number, counts) in std::mem::take(&mut self.counts) {
            let wide = self.counts.entry(number.div_euclid(2)).or_default();
            wide.objects += counts.objects;
            wide.bytes += counts.bytes;
            wide.delivered += counts.delivered;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ship::{Format, Kind};

    fn name(end: i64) -> LogName<'static> {
        LogName { kind: Kind::Log(Format::Alb), balancer: "app.a.b", end: Time(end) }
    }

    #[test]
    fn gap_is_an_interval_without_objects() {
        let mut line = TimeLine::default();
        line.add(&name(FINEST_MS), 10, true);
        line.add(&name(3 * FINEST_MS), 20, false);
        assert_eq!(line.covers(), Window::new(Time(0), Time(3 * FINEST_MS)).ok());
        let intervals = line.intervals(120);
        assert_eq!(intervals.iter().map(|interval| interval.objects).collect::<Vec<_>>(), [1, 0, 1]);
        assert_eq!((intervals[0].delivered, intervals[2].bytes), (1, 20));
        assert_eq!(intervals[1].window, Window::new(Time(FINEST_MS), Time(2 * FINEST_MS)).unwrap());
    }

    #[test]
    fn years_of_files_fit_few_intervals() {
        let mut line = TimeLine::default();
        (1..=20_000).for_each(|number| line.add(&name(number * 7 * FINEST_MS), 1, false));
        let intervals = line.intervals(120);
        assert!((61..=120).contains(&intervals.len()), "{}", intervals.len());
        assert_eq!(intervals.iter().map(|interval| interval.objects).sum::<u64>(), 20_000);
        assert!(intervals.windows(2).all(|pair| pair[0].window.to() == pair[1].window.from()));
    }
}
