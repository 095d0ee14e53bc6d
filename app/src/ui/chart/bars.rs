//! Counts over time as bars from zero: a total, and a part of it.
//!
//! A bar covers an interval; an interval without anything is a gap.

use std::fmt::Write;

use leptos::prelude::*;
use model::{RunSums, Time, Window};

use super::geometry::{self, HEIGHT, WIDTH, float, round_up, tenths};
use crate::{format::count, ui::Moment};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TimeBar {
    pub window: Window,
    pub total: u64,
    /// Number of the total that is of the charted kind.
    pub part: u64,
}

impl TimeBar {
    /// One bar of encountered lines for each interval.
    pub fn lines(sums: &[RunSums]) -> Vec<Self> {
        sums.iter().map(|sum| Self { window: sum.window, total: sum.lines, part: 0 }).collect()
    }

    /// One bar of failures for each interval.
    pub fn failures(sums: &[RunSums]) -> Vec<Self> {
        sums.iter().map(|sum| Self { window: sum.window, total: sum.failures, part: sum.failures }).collect()
    }
}

/// SVG path of all bars of a value.
fn path(bars: &[TimeBar], top: f64, value: impl Fn(&TimeBar) -> u64) -> String {
    let width = WIDTH / float(bars.len() as u64);
    let mut path = String::new();
    for (index, bar) in bars.iter().enumerate() {
        let number = value(bar);
        if number > 0 {
            let (left, right) = (width * float(index as u64), width * float(index as u64 + 1) - 1.0);
            let y = HEIGHT * (1.0 - float(number) / top);
            let _ = write!(path, "M{} 120V{}H{}V120Z", tenths(left), tenths(y), tenths(right));
        }
    }
    path
}

#[component]
pub fn BarChart(
    bars: Vec<TimeBar>,
    title: &'static str,
    /// Name and CSS class of the part, such as `delivered` and `good`; an empty name is not shown.
    #[prop(optional)]
    part: Option<(&'static str, &'static str)>,
    now: Time,
) -> impl IntoView {
    let (first, last) = (*bars.first()?, *bars.last()?);
    let (all, parts) = (bars.iter().map(|bar| bar.total).sum(), bars.iter().map(|bar| bar.part).sum());
    let top = round_up(float(bars.iter().map(|bar| bar.total).max().unwrap_or(0)));
    let mut summary = count(all);
    if let Some((name, _)) = part.filter(|(name, _)| !name.is_empty()) {
        let _ = write!(summary, ", {} {name}", count(parts));
    }
    let spoken = format!("{title}, from {} to {}: {summary}", first.window.from(), last.window.to());
    let (total_path, part_path) = (path(&bars, top, |bar| bar.total), path(&bars, top, |bar| bar.part));
    let tone = part.map_or("", |(_, tone)| tone);
    Some(view! {
        <figure class="chart" data-key=title>
            <figcaption>{title} " " <span class="last">{summary}</span></figcaption>
            <p class="axis top">{format!("{top:.0}")}</p>
            <svg role="img" aria-label=spoken viewBox=geometry::VIEW_BOX preserveAspectRatio="none">
                <path class="grid" d=geometry::GRID />
                <path class="bars" d=total_path />
                <path class=format!("bars {tone}") d=part_path />
            </svg>
            <p class="axis bottom"><Moment at=first.window.from() now /><Moment at=last.window.to() now /></p>
        </figure>
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn empty_interval_is_a_gap_and_bars_are_to_scale() {
        let bar =
            |start: i64, total| TimeBar { window: Window::new(Time(start), Time(start + 10)).unwrap(), total, part: 0 };
        let bars = [bar(0, 5), bar(10, 0), bar(20, 10)];
        assert_eq!(path(&bars, 10.0, |bar| bar.total), "M0 120V60H199V120ZM400 120V0H599V120Z");
        assert_eq!(path(&bars, 10.0, |bar| bar.part), "");
    }
}
