//! The key space of a clone as a strip of ranges, from the first key to the last.
//!
//! A range is as wide as the number of objects found in it, filled from below by the share of processed objects, and
//! marked if any failed. The same data is in a table below, for screen readers and for the keys.

use leptos::prelude::*;
use model::{Progress, Stretch, StretchState};

use crate::format::{count, counted};

const WIDTH: u64 = 6_000;
const HEIGHT: u64 = 240;

/// A rectangle of the strip.
struct Drawn {
    class: &'static str,
    x: u64,
    y: u64,
    width: u64,
    height: u64,
}

fn word(stretch: &Stretch) -> &'static str {
    match stretch.state {
        StretchState::Waiting => "waiting",
        StretchState::Active if stretch.settled < stretch.found => "in flight",
        StretchState::Active => "listing",
        StretchState::Done => "done",
    }
}

/// The rectangles of all ranges; none is too narrow to see.
fn drawn(ranges: &[Stretch]) -> Vec<Drawn> {
    let total: u64 = ranges.iter().map(|range| range.found).sum();
    let least = (total / 100).max(1);
    let weights: Vec<u64> = ranges.iter().map(|range| range.found.max(least)).collect();
    let all: u64 = weights.iter().sum();
    let (mut shapes, mut before) = (Vec::new(), 0);
    for (range, weight) in ranges.iter().zip(weights) {
        let (x, end) = (WIDTH * before / all, WIDTH * (before + weight) / all);
        before += weight;
        let width = (end - x).saturating_sub(10).max(10);
        let ground = if range.state == StretchState::Waiting { "waiting" } else { "listed" };
        shapes.push(Drawn { class: ground, x, y: 0, width, height: HEIGHT });
        let share = |part: u64| HEIGHT * part / range.found.max(1);
        let settled = if range.state == StretchState::Done { HEIGHT } else { share(range.settled) };
        if settled > 0 {
            shapes.push(Drawn { class: "settled", x, y: HEIGHT - settled, width, height: settled });
        }
        if range.failed > 0 {
            let height = share(range.failed).max(40);
            shapes.push(Drawn { class: "failed", x, y: HEIGHT - height, width, height });
        }
    }
    shapes
}

/// The strip in words.
fn summary(ranges: &[Stretch]) -> String {
    let of = |state: &str| ranges.iter().filter(|range| word(range) == state).count();
    let states = ["done", "in flight", "listing", "waiting"].map(|state| (of(state), state));
    let states: Vec<String> =
        states.iter().filter(|(number, _)| *number > 0).map(|(number, state)| format!("{number} {state}")).collect();
    let failed: u64 = ranges.iter().map(|range| range.failed).sum();
    let failed = if failed == 0 { String::new() } else { format!("; {} failed", counted(failed, "object")) };
    format!("{}: {}{failed}", counted(ranges.len() as u64, "range"), states.join(", "))
}

/// Renders nothing for a single range: the progress bar shows the same.
#[component]
pub fn KeySpace(progress: Progress) -> impl IntoView {
    let ranges = progress.ranges;
    (ranges.len() > 1).then(|| {
        let said = summary(&ranges);
        let rect = |shape: Drawn| {
            view! { <rect class=shape.class x=shape.x y=shape.y width=shape.width height=shape.height /> }
        };
        view! {
            <figure class="key-space" data-key="key-space">
                <figcaption>"Key space " <span class="more">{said.clone()}</span></figcaption>
                <svg role="img" aria-label=said viewBox=format!("0 0 {WIDTH} {HEIGHT}") preserveAspectRatio="none">
                    {drawn(&ranges).into_iter().map(rect).collect_view()}
                </svg>
                <details>
                    <summary>"Range details"</summary>
                    <RangeTable ranges />
                </details>
            </figure>
        }
    })
}

#[component]
fn RangeTable(ranges: Vec<Stretch>) -> impl IntoView {
    let row = |range: Stretch| {
        let begin = range.after.clone().map_or_else(|| "the first key".to_owned(), |key| format!("after {key}"));
        view! {
            <tr data-key=begin>
                <th scope="row" data-label="Keys"><code>{begin.clone()}</code></th>
                <td data-label="State">{word(&range)}</td>
                <td class="number" data-label="Found">{count(range.found)}</td>
                <td class="number" data-label="Processed">{count(range.settled)}</td>
                <td class="number" data-label="Failed">{count(range.failed)}</td>
            </tr>
        }
    };
    view! {
        <table class="rows">
            <caption class="visually-hidden">"Ranges of keys, in this attempt"</caption>
            <thead>
                <tr>
                    <th scope="col">"Keys"</th>
                    <th scope="col">"State"</th>
                    <th scope="col" class="number">"Found"</th>
                    <th scope="col" class="number">"Processed"</th>
                    <th scope="col" class="number">"Failed"</th>
                </tr>
            </thead>
            <tbody>{ranges.into_iter().map(row).collect_view()}</tbody>
        </table>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stretch(state: StretchState, found: u64, settled: u64, failed: u64) -> Stretch {
        Stretch { after: None, state, found, settled, failed }
    }

    #[test]
    fn ranges_fill_the_strip_and_stay_visible() {
        let ranges = [
            stretch(StretchState::Done, 1_000_000, 1_000_000, 0),
            stretch(StretchState::Active, 1_000, 500, 1),
            stretch(StretchState::Waiting, 0, 0, 0),
        ];
        let shapes = drawn(&ranges);
        let classes: Vec<_> = shapes.iter().map(|shape| shape.class).collect();
        assert_eq!(classes, ["listed", "settled", "listed", "settled", "failed", "waiting"]);
        assert!(shapes.iter().all(|shape| shape.width >= 10 && shape.y + shape.height == HEIGHT));
        assert_eq!(shapes.last().map(|shape| shape.x + shape.width), Some(WIDTH - 10));
        assert_eq!(summary(&ranges), "3 ranges: 1 done, 1 in flight, 1 waiting; 1 object failed");
    }
}
