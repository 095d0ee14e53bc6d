//! A value over time that keeps "zero" and "not measured" apart: a bar for a value above zero, a low mark for zero, and a
//! gap where nothing was measured.

use std::fmt::Write;

use leptos::prelude::*;
use model::{Time, Window};

use super::geometry::{self, HEIGHT, WIDTH, float, round_up, tenths};
use crate::{format::duration, ui::Moment};

/// Height of the mark for zero.
const MARK: f64 = 4.0;

/// SVG path of the bars of all values above zero.
fn bars(values: &[Option<f64>], top: f64) -> String {
    drawn(values, |value| (value > 0.0).then(|| HEIGHT * value / top))
}

/// SVG path of the marks of all zeros.
fn marks(values: &[Option<f64>]) -> String {
    drawn(values, |value| (value <= 0.0).then_some(MARK))
}

fn drawn(values: &[Option<f64>], height: impl Fn(f64) -> Option<f64>) -> String {
    let width = WIDTH / float(values.len() as u64);
    let gap = (width / 4.0).min(1.0);
    let mut path = String::new();
    for (index, value) in values.iter().enumerate() {
        let Some(height) = value.and_then(&height) else { continue };
        let (left, right) = (width * float(index as u64), width * float(index as u64 + 1) - gap);
        let _ = write!(path, "M{} 120V{}H{}V120Z", tenths(left), tenths(HEIGHT - height), tenths(right));
    }
    path
}

#[component]
pub fn GapChart(
    title: &'static str,
    /// Total of the values, in words.
    summary: String,
    /// One value for each of equal intervals, in order; `None` if nothing was measured.
    values: Vec<Option<f64>>,
    /// Formats a value of the axis.
    written: fn(f64) -> String,
    window: Window,
    now: Time,
) -> impl IntoView {
    if values.is_empty() {
        return None;
    }
    let top = round_up(values.iter().flatten().copied().fold(0.0, f64::max));
    let spoken = format!("{title}, from {} to {}: {summary}", window.from(), window.to());
    let a_bar = window.to().since(window.from()) / i64::try_from(values.len()).unwrap_or(i64::MAX);
    Some(view! {
        <figure class="chart" data-key=title>
            <figcaption>{title} " " <span class="last">{summary}</span></figcaption>
            <p class="axis top">{written(top)}</p>
            <svg role="img" aria-label=spoken viewBox=geometry::VIEW_BOX preserveAspectRatio="none">
                <path class="grid" d=geometry::GRID />
                <path class="bars some" d=bars(&values, top) />
                <path class="bars none" d=marks(&values) />
            </svg>
            <p class="axis bottom">
                <Moment at=window.from() now />
                <span>"one bar: " {duration(a_bar)}</span>
                <Moment at=window.to() now />
            </p>
        </figure>
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::examples;

    #[test]
    fn zero_is_a_mark_and_missing_is_a_gap() {
        let values = [Some(5.0), Some(0.0), None, Some(10.0)];
        assert_eq!(bars(&values, 10.0), "M0 120V60H149V120ZM450 120V0H599V120Z");
        assert_eq!(marks(&values), "M150 120V116H299V120Z");
    }

    #[test]
    fn chart_has_a_spoken_label() {
        let window = Window::new(Time(0), Time(180_000)).unwrap();
        let html = examples::html(move || {
            let values = vec![Some(0.0), None, Some(3.0)];
            let written = |value| format!("{value:.0}");
            view! { <GapChart title="Differences" summary="3 found".to_owned() values written window now=Time(0) /> }
        });
        assert!(html.contains("to 1970-01-01T00:03:00Z: 3 found") && html.contains("one bar: 1 min"), "{html}");
    }
}
