//! The reconciliation of a bucket as stacked bars, one for each interval: complete, partial, failed and unprocessed log
//! objects. Each interval links to its runs; incomplete intervals are listed in a table below.

use std::fmt::Write;

use leptos::prelude::*;
use model::{Reconciled, Time};

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

/// A layer of the bars: CSS class, word, number of objects. Bottom first.
type Layer = (&'static str, &'static str, fn(&Reconciled) -> u64);

const LAYERS: [Layer; 4] = [
    ("good", "complete", |interval| interval.whole),
    ("warn", "partial", |interval| interval.partial),
    ("bad", "failed", |interval| interval.failed),
    ("never", "not processed", |interval| interval.never),
];

/// SVG path of one layer over all intervals, on top of the layers below it.
fn path(intervals: &[Reconciled], top: f64, layer: usize) -> String {
    let width = WIDTH / float(intervals.len() as u64);
    let mut path = String::new();
    for (index, interval) in intervals.iter().enumerate() {
        let number = LAYERS[layer].2(interval);
        if number == 0 {
            continue;
        }
        let below: u64 = LAYERS[..layer].iter().map(|(.., value)| value(interval)).sum();
        let y = |number: u64| tenths(HEIGHT * (1.0 - float(number) / top));
        let (left, right) = (width * float(index as u64), width * float(index as u64 + 1) - 1.0);
        let _ = write!(path, "M{} {}V{}H{}V{}Z", tenths(left), y(below), y(below + number), tenths(right), y(below));
    }
    path
}

/// The sum of neighbouring intervals; `None` of an empty slice.
fn sum(intervals: &[Reconciled]) -> Option<Reconciled> {
    let (first, last) = (intervals.first()?, intervals.last()?);
    let total = |value: fn(&Reconciled) -> u64| intervals.iter().map(value).sum();
    Some(Reconciled {
        window: around(first.window, last.window),
        objects: total(|interval| interval.objects),
        whole: total(|interval| interval.whole),
        never: total(|interval| interval.never),
        failed: total(|interval| interval.failed),
        partial: total(|interval| interval.partial),
        twice: total(|interval| interval.twice),
        excepted: total(|interval| interval.excepted),
    })
}

/// `12 objects: 10 complete, 2 not processed; 1 duplicate`.
fn words(interval: &Reconciled) -> String {
    let layers = LAYERS.iter().map(|(_, word, value)| (value(interval), word)).filter(|(number, _)| *number > 0);
    let layers: Vec<String> = layers.map(|(number, word)| format!("{} {word}", count(number))).collect();
    let mut words = counted(interval.objects, "object");
    if !layers.is_empty() {
        let _ = write!(words, ": {}", layers.join(", "));
    }
    if interval.twice > 0 {
        let _ = write!(words, "; {}", counted(interval.twice, "duplicate"));
    }
    if interval.excepted > 0 {
        let _ = write!(words, "; {} complete except for dead letters", count(interval.excepted));
    }
    words
}

fn cell(interval: &Reconciled, scope: &Scope, list: &Query) -> Cell {
    let (window, zone) = (interval.window, scope.zone());
    let (from, to) = (moment(window.from(), None, zone.0), moment(window.to(), Some(window.from()), zone.0));
    let label = format!("{from} to {to} {}: {}", zone.name(), words(interval));
    Cell { window, href: scope.narrowed(window).on(&list.on("/runs")), label }
}

#[component]
pub fn Strip(
    intervals: Vec<Reconciled>,
    /// Query of the linked list of runs, without a window.
    list: Query,
    now: Time,
) -> impl IntoView {
    let all = sum(&intervals)?;
    let scope = context::scope();
    let top = round_up(float(intervals.iter().map(|interval| interval.objects).max().unwrap_or(0)));
    let cells = intervals.chunks(together(intervals.len())).filter_map(sum);
    let cells: Vec<Cell> = cells.map(|interval| cell(&interval, &scope, &list)).collect();
    let spoken = format!("Log objects, from {} to {}: {}", all.window.from(), all.window.to(), words(&all));
    let layer = |index: usize| {
        let class = format!("bars {}", LAYERS[index].0);
        view! { <path class=class d=path(&intervals, top, index) /> }
    };
    let label = |(class, word, value): Layer| {
        let number = value(&all);
        (number > 0).then(|| view! { <li class=class><span class="last">{count(number)}</span> " " {word}</li> })
    };
    let twice =
        (all.twice > 0).then(|| view! { <li><span class="last">{count(all.twice)}</span> " " {if all.twice == 1 { "duplicate" } else { "duplicates" }}</li> });
    Some(view! {
        <figure class="chart strip" data-key="strip">
            <figcaption>
                {counted(all.objects, "log object")}
                <ul class="measures">{LAYERS.map(label).into_iter().collect_view()} {twice}</ul>
            </figcaption>
            <div class="brushed">
                <svg class="lane" role="img" aria-label=spoken viewBox=geometry::VIEW_BOX preserveAspectRatio="none">
                    <path class="grid" d="M0 120H600" />
                    {(0..LAYERS.len()).map(layer).collect_view()}
                </svg>
                <Cells cells label="Narrow the window to an interval" />
            </div>
            <p class="axis bottom"><Moment at=all.window.from() now /><Moment at=all.window.to() now /></p>
        </figure>
        <Incomplete intervals list now />
    })
}

/// Most intervals listed in the table.
const LISTED: usize = 20;

#[component]
fn Incomplete(intervals: Vec<Reconciled>, list: Query, now: Time) -> impl IntoView {
    let scope = context::scope();
    let odd: Vec<Reconciled> = intervals
        .into_iter()
        .filter(|interval| interval.whole < interval.objects || interval.twice + interval.excepted > 0)
        .collect();
    let more = odd.len().saturating_sub(LISTED) as u64;
    let number = |label: &'static str, value: u64| {
        let shown = if value == 0 { String::new() } else { count(value) };
        view! { <td data-label=label class="number">{shown}</td> }
    };
    let row = |interval: Reconciled| {
        let cell = cell(&interval, &scope, &list);
        view! {
            <tr data-key=interval.window.from().to_string()>
                <th scope="row" data-label="Interval">
                    <a href=cell.href data-row="">
                        <Moment at=interval.window.from() now /> " to " <Moment at=interval.window.to() now />
                    </a>
                </th>
                {number("Objects", interval.objects)}
                {number("Complete", interval.whole)}
                {number("Not processed", interval.never)}
                {number("Failed", interval.failed)}
                {number("Partial", interval.partial)}
                {number("Duplicates", interval.twice)}
                {number("Except for dead letters", interval.excepted)}
            </tr>
        }
    };
    (!odd.is_empty()).then(|| view! {
        <table class="rows">
            <caption class="visually-hidden">"Incomplete intervals"</caption>
            <thead>
                <tr>
                    <th scope="col">"Interval"</th>
                    <th scope="col" class="number">"Objects"</th>
                    <th scope="col" class="number">"Complete"</th>
                    <th scope="col" class="number">"Not processed"</th>
                    <th scope="col" class="number">"Failed"</th>
                    <th scope="col" class="number">"Partial"</th>
                    <th scope="col" class="number">"Duplicates"</th>
                </tr>
            </thead>
            <tbody>{odd.into_iter().take(LISTED).map(row).collect_view()}</tbody>
        </table>
        {(more > 0).then(|| view! { <p class="note">{format!("And {} more; narrow the window to see them.", counted(more, "interval"))}</p> })}
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::examples;

    #[test]
    fn layers_are_stacked() {
        let intervals = [examples::interval(0, [6, 2, 0, 2, 0])];
        let drawn = |layer| path(&intervals, 10.0, layer);
        assert_eq!(drawn(0), "M0 120V48H599V120Z", "6 complete");
        assert_eq!(drawn(1), "M0 48V24H599V48Z", "2 partial");
        assert_eq!(drawn(2), "");
        assert_eq!(drawn(3), "M0 24V0H599V24Z", "2 not processed");
    }

    #[test]
    fn incomplete_intervals_are_listed_with_links() {
        let intervals = vec![examples::interval(0, [5, 0, 0, 0, 0]), examples::interval(1, [3, 2, 0, 1, 1])];
        let list = Query::default().with("pipeline", "api");
        let html = examples::html(move || view! { <Strip intervals list now=Time(0) /> });
        assert!(html.contains("11 objects: 8 complete, 1 partial, 2 not processed; 1 duplicate"), "{html}");
        assert_eq!(html.matches("<tr data-key").count(), 1, "{html}");
        assert!(html.contains("/runs?pipeline=api&amp;from="), "{html}");
    }
}
