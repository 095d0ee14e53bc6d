//! Charts. Here: a rate over time as one line, its axis from zero.
//!
//! Labels are text beside the drawing, not in it, so that they keep their size when the drawing is scaled.

mod bars;
mod cells;
mod flow;
mod gap_chart;
mod geometry;
mod strip;

use leptos::prelude::*;
use model::Point;

pub use bars::{BarChart, TimeBar};
pub use flow::{FlowChart, Trend};
pub use gap_chart::GapChart;
use geometry::Chart;
pub use geometry::Measure;
pub use strip::Strip;

use crate::format::{byte_rate, duration, rate, signed};

fn level(measure: Measure, a_second: f64) -> String {
    match measure {
        Measure::Objects | Measure::Refused => rate(a_second),
        Measure::Concurrency => format!("{a_second:.0}"),
        Measure::Bytes => byte_rate(a_second),
    }
}

#[component]
pub fn RateChart(
    points: Vec<Point>,
    /// Shows the last rate if true, the average otherwise.
    running: bool,
    measure: Measure,
    title: &'static str,
) -> impl IntoView {
    Chart::of(&points, measure).map(|chart| {
        let top = level(measure, chart.top);
        let last =
            if running { level(measure, chart.last) } else { format!("{} on average", level(measure, chart.average)) };
        let (from, to) = (duration(signed(chart.from_ms)), duration(signed(chart.to_ms)));
        let spoken = format!("{title} over {to} of active time: highest {}, {last}", level(measure, chart.highest));
        view! {
            <figure class="chart" data-key=title>
                <figcaption>{title} " " <span class="last">{last}</span></figcaption>
                <p class="axis top">{top}</p>
                <svg role="img" aria-label=spoken viewBox=geometry::VIEW_BOX preserveAspectRatio="none">
                    <path class="grid" d=geometry::GRID />
                    <path class="area" d=chart.area />
                    <path class="rate" d=chart.line />
                </svg>
                <p class="axis bottom"><span>"0 at " {from}</span><span>{to}</span></p>
            </figure>
        }
    })
}
