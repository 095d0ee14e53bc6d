//! The bars of a chart: intervals of a round width that begin at round times.

use model::{Time, Window};

use crate::DbError;

/// Widths of bars in milliseconds: round on an axis, and multiples of the stored intervals.
const BARS: [i64; 14] = {
    const MINUTE: i64 = 60_000;
    const HOUR: i64 = 60 * MINUTE;
    const DAY: i64 = 24 * HOUR;
    [
        5 * MINUTE,
        10 * MINUTE,
        15 * MINUTE,
        30 * MINUTE,
        HOUR,
        2 * HOUR,
        3 * HOUR,
        6 * HOUR,
        12 * HOUR,
        DAY,
        2 * DAY,
        7 * DAY,
        14 * DAY,
        28 * DAY,
    ]
};

/// Adjacent bars that cover a window; the first and the last may be cut off by it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Bars {
    from: i64,
    to: i64,
    width: i64,
}

/// Bars for `[from, to)`, at most `parts` and the cut ones.
pub(crate) fn bars(from: i64, to: i64, parts: i64) -> Bars {
    let least = (to - from) / parts + i64::from((to - from) % parts > 0);
    let longest = BARS[BARS.len() - 1];
    let width = BARS.into_iter().find(|width| *width >= least).unwrap_or((least + longest - 1) / longest * longest);
    Bars { from, to, width }
}

impl Bars {
    /// Width of a bar in milliseconds.
    pub fn width(&self) -> i64 {
        self.width
    }

    pub fn windows(&self) -> Result<Vec<Window>, DbError> {
        let (first, last) = (self.from.div_euclid(self.width), (self.to - 1).div_euclid(self.width));
        let window = |bar: i64| {
            let (start, end) = (bar * self.width, (bar + 1) * self.width);
            Ok(Window::new(Time(start.max(self.from)), Time(end.min(self.to)))?)
        };
        (first..=last).map(window).collect()
    }

    /// The element of `each` for the bar with this number, counted from 1970.
    pub fn of<'a, T>(&self, bar: i64, each: &'a mut [T]) -> Option<&'a mut T> {
        each.get_mut(usize::try_from(bar - self.from.div_euclid(self.width)).ok()?)
    }
}
