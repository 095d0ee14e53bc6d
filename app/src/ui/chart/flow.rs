//! Lines over time: encountered, parsed and delivered, with failures in a lane below. Each interval links to its runs.

use std::fmt::Write;

use leptos::prelude::*;
use model::{RunSums, Time};

use super::{
    cells::{Cell, Cells, around, together},
    geometry::{self, HEIGHT, WIDTH, float, round_up, tenths},
};
use crate::{
    context,
    format::{count, counted, moment},
    query::Query,
    scope::Scope,
    ui::Moment,
};

/// Height of the lane of failures.
const LOW: f64 = 40.0;
/// Height of the lane of failures in a tile.
const LOW_OF_TREND: f64 = 16.0;

fn total(sums: &[RunSums], value: impl Fn(&RunSums) -> u64) -> u64 {
    sums.iter().map(value).sum()
}

fn top(sums: &[RunSums], value: impl Fn(&RunSums) -> u64) -> f64 {
    round_up(float(sums.iter().map(value).max().unwrap_or(0)))
}

/// SVG path of a bar for each interval with a value; other intervals are gaps.
fn bars(sums: &[RunSums], height: f64, top: f64, value: impl Fn(&RunSums) -> u64) -> String {
    let width = WIDTH / float(sums.len() as u64);
    let mut path = String::new();
    for (index, sum) in sums.iter().enumerate().filter(|(_, sum)| value(sum) > 0) {
        let (left, right) = (width * float(index as u64), width * float(index as u64 + 1) - 1.0);
        let y = height * (1.0 - float(value(sum)) / top);
        let _ = write!(path, "M{} {height}V{}H{}V{height}Z", tenths(left), tenths(y), tenths(right));
    }
    path
}

/// SVG path of the upper edges of such bars.
fn edges(sums: &[RunSums], height: f64, top: f64, value: impl Fn(&RunSums) -> u64) -> String {
    let width = WIDTH / float(sums.len() as u64);
    let mut path = String::new();
    for (index, sum) in sums.iter().enumerate().filter(|(_, sum)| value(sum) > 0) {
        let (left, right) = (width * float(index as u64), width * float(index as u64 + 1) - 1.0);
        let y = tenths(height * (1.0 - float(value(sum)) / top));
        let _ = write!(path, "M{} {y}H{}", tenths(left), tenths(right));
    }
    path
}

/// Joined intervals as links to the list of runs with the query `list`.
fn cells(sums: &[RunSums], scope: &Scope, list: &Query) -> Vec<Cell> {
    let zone = scope.zone();
    let cell = |sums: &[RunSums]| {
        let window = around(sums.first()?.window, sums.last()?.window);
        let instant = |at: Time, day: Option<Time>| moment(at, day, zone.0);
        let label = format!(
            "{} to {} {}: {}, {}, {} failed",
            instant(window.from(), None),
            instant(window.to(), Some(window.from())),
            zone.name(),
            counted(total(sums, |sum| sum.runs), "run"),
            counted(total(sums, |sum| sum.lines), "line"),
            count(total(sums, |sum| sum.failures)),
        );
        Some(Cell { window, href: scope.narrowed(window).on(&list.on("/runs")), label })
    };
    sums.chunks(together(sums.len())).filter_map(cell).collect()
}

#[component]
pub fn FlowChart(
    sums: Vec<RunSums>,
    /// Query of the linked list of runs, without a window.
    list: Query,
    now: Time,
) -> impl IntoView {
    let window = around(sums.first()?.window, sums.last()?.window);
    let (high, low) = (top(&sums, |sum| sum.lines), top(&sums, |sum| sum.failures));
    let sums_by_kind = [
        ("encountered", "met", total(&sums, |sum| sum.lines)),
        ("parsed", "parsed", total(&sums, |sum| sum.parsed)),
        ("delivered", "delivered", total(&sums, |sum| sum.delivered)),
        ("failed", "failed", total(&sums, |sum| sum.failures)),
    ];
    let words = sums_by_kind.map(|(word, _, number)| format!("{} {word}", count(number))).join(", ");
    let spoken = format!("Lines, from {} to {}: {words}", window.from(), window.to());
    let label = |(word, class, number): (&'static str, &'static str, u64)| {
        view! { <li class=class><span class="last">{count(number)}</span> " " {word}</li> }
    };
    let failed = sums_by_kind[3].2 > 0;
    Some(view! {
        <figure class="chart flow" data-key="flow">
            <figcaption>"Lines" <ul class="measures">{sums_by_kind.map(label).into_iter().collect_view()}</ul></figcaption>
            <p class="axis top">{count_of(high)}</p>
            <div class="brushed">
                <svg class="lane" role="img" aria-label=spoken viewBox=geometry::VIEW_BOX preserveAspectRatio="none">
                    <path class="grid" d=geometry::GRID />
                    <path class="bars met" d=bars(&sums, HEIGHT, high, |sum| sum.lines) />
                    <path class="bars good" d=bars(&sums, HEIGHT, high, |sum| sum.delivered) />
                    <path class="edge" d=edges(&sums, HEIGHT, high, |sum| sum.parsed) />
                </svg>
                <svg class="lane low" aria-hidden="true" viewBox="0 0 600 40" preserveAspectRatio="none">
                    <path class="grid" d="M0 40H600" />
                    <path class="bars bad" d=bars(&sums, LOW, low, |sum| sum.failures) />
                </svg>
                <Cells cells=cells(&sums, &context::scope(), &list) label="Narrow the window to an interval" />
            </div>
            <p class="axis bottom">
                <Moment at=window.from() now />
                {failed.then(|| view! { <span>"failures, up to " {count_of(low)} " per interval"</span> })}
                <Moment at=window.to() now />
            </p>
        </figure>
    })
}

/// The top of an axis as a count.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "the top of an axis, which was a count")]
fn count_of(top: f64) -> String {
    count(top as u64)
}

/// The same chart, small and without words, for a tile.
#[component]
pub fn Trend(sums: Vec<RunSums>) -> impl IntoView {
    let high = top(&sums, |sum| sum.lines);
    let low = top(&sums, |sum| sum.failures);
    (!sums.is_empty()).then(|| {
        view! {
            <svg class="trend" aria-hidden="true" viewBox="0 0 600 60" preserveAspectRatio="none">
                <path class="grid" d="M0 40H600" />
                <path class="bars met" d=bars(&sums, LOW, high, |sum| sum.lines) />
                <path class="bars good" d=bars(&sums, LOW, high, |sum| sum.delivered) />
                <g transform="translate(0 44)">
                    <path class="bars bad" d=bars(&sums, LOW_OF_TREND, low, |sum| sum.failures) />
                </g>
            </svg>
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::examples;

    #[test]
    fn empty_interval_is_a_gap() {
        let sums = [examples::sums(0, 5, 5), examples::sums(1, 0, 0), examples::sums(2, 10, 4)];
        assert_eq!(bars(&sums, 120.0, 10.0, |sum| sum.lines), "M0 120V60H199V120ZM400 120V0H599V120Z");
        assert_eq!(edges(&sums, 120.0, 10.0, |sum| sum.delivered), "M0 60H199M400 72H599");
    }

    #[test]
    fn every_interval_links_to_its_runs() {
        let sums: Vec<RunSums> = (0..96).map(|index| examples::sums(index, 4, 3)).collect();
        let scope = Scope::read(&Query::read("zone=%2B13:00")).unwrap();
        let cells = cells(&sums, &scope, &Query::read("outcome=partial"));
        assert_eq!(cells.len(), 24);
        assert!(cells.windows(2).all(|pair| pair[0].window.to() == pair[1].window.from()));
        let link = &cells[0].href;
        let query = Query::read(link.split_once('?').unwrap().1);
        assert_eq!(query.get("outcome"), Some("partial"));
        assert_eq!(Scope::read(&query).unwrap().window(Time(0)).unwrap(), cells[0].window, "{link}");
        assert!(cells[0].label.contains("UTC+13:00: 4 runs, 16 lines, 4 failed"), "{}", cells[0].label);
    }

    #[test]
    fn chart_names_all_four_sums() {
        let sums = vec![examples::sums(0, 5, 5), examples::sums(1, 1_000, 4)];
        let html = examples::html(move || view! { <FlowChart sums list=Query::default() now=Time(0) /> });
        assert!(html.contains("1,005 encountered, 1,005 parsed, 9 delivered, 996 failed"), "{html}");
        assert_eq!(examples::html(|| view! { <FlowChart sums=vec![] list=Query::default() now=Time(0) /> }), "");
    }
}
