//! The canary of the pipeline's sink: delivery and latency of marked events by size, and those that were not delivered.
//!
//! Always: if no event was sent for three intervals, the page says that the results are stale.

use leptos::prelude::*;
use model::{Canary, CanarySize, MarkedEvent, Percentiles, Time};

use crate::{
    format::{Mark, bytes, duration, of, signed, took},
    ui::{Moment, StateMark},
};

/// Most undelivered events listed.
const LISTED: usize = 5;
/// Delay allowed beyond three intervals, as for the canary's alert.
const GRACE_MS: i64 = 60_000;

/// When the last event was sent, if later events are overdue within the window.
fn stale_since(canary: &Canary, now: Time) -> Option<Time> {
    let rounds_ms = signed(canary.every_s.saturating_mul(3_000));
    let allowed = rounds_ms.saturating_add(GRACE_MS);
    canary.last_at().filter(|last| canary.window.to().min(now).since(*last) > allowed)
}

/// The undelivered events with their size, newest first.
fn missing(canary: &Canary) -> Vec<(u64, MarkedEvent)> {
    let of_size = |size: &CanarySize| {
        let missing = size.events.iter().filter(|event| event.error.is_some()).cloned();
        missing.map(|event| (size.bytes, event)).collect::<Vec<_>>()
    };
    let mut missing: Vec<_> = canary.sizes.iter().flat_map(of_size).collect();
    missing.sort_by_key(|(_, event)| std::cmp::Reverse(event.at));
    missing.truncate(LISTED);
    missing
}

#[component]
pub fn Marked(canary: Canary, now: Time) -> impl IntoView {
    let stale = stale_since(&canary, now);
    let none = canary.last_at().is_none();
    let missing = missing(&canary);
    let every = duration(signed(canary.every_s.saturating_mul(1_000)));
    let one = |(size, event): (u64, MarkedEvent)| {
        view! { <li><Moment at=event.at now /> ", " {bytes(size)} ": " {event.error.unwrap_or_default()}</li> }
    };
    view! {
        <section aria-labelledby="canary" data-key="canary">
            <h2 id="canary">{format!("Canary of sink {}", canary.sink)}</h2>
            <p class="note">{format!("One marked event of each size every {every}; its arrival is checked if the sink can be queried.")}</p>
            {stale.map(|last| view! {
                <p class="stale" role="status">"? No event has been sent since " <Moment at=last now /> ": these results are stale."</p>
            })}
            {none.then(|| view! { <p class="empty">"No canary events in this window."</p> })}
            {(!none).then(|| view! { <Sizes sizes=canary.sizes now /> })}
            {(!missing.is_empty()).then(|| view! {
                <h3>"Undelivered events"</h3>
                <ul class="findings">{missing.into_iter().map(one).collect_view()}</ul>
            })}
        </section>
    }
}

#[component]
fn Sizes(sizes: Vec<CanarySize>, now: Time) -> impl IntoView {
    view! {
        <table class="rows">
            <caption class="visually-hidden">"Canary events in the window, by size"</caption>
            <thead>
                <tr>
                    <th scope="col">"Size"</th>
                    <th scope="col">"Last event"</th>
                    <th scope="col">"Sent"</th>
                    <th scope="col" class="number">"Passed"</th>
                    <th scope="col" class="number">"p50"</th>
                    <th scope="col" class="number">"p95"</th>
                    <th scope="col" class="number">"Max"</th>
                </tr>
            </thead>
            <tbody>{sizes.into_iter().map(|size| view! { <Size size now /> }).collect_view()}</tbody>
        </table>
    }
}

#[component]
fn Size(size: CanarySize, now: Time) -> impl IntoView {
    let last = size.events.first().cloned()?;
    let passed = size.sent - size.missing;
    let Percentiles { p50, p95, max, .. } = size.latency_ms;
    let figure = |ms: u64| if passed == 0 { "–".to_owned() } else { took(ms) };
    let rests_on = last.error.as_ref().or(last.proof.as_ref()).map_or("no acknowledgement", String::as_str);
    let why = format!("{rests_on}, after {}", took(last.latency_ms));
    Some(view! {
        <tr data-key=size.bytes.to_string()>
            <th scope="row" data-label="Size">{bytes(size.bytes)}</th>
            <td data-label="Last event">
                <StateMark mark=Mark::of_marked(&last) /> " " <span class="more">{why}</span>
            </td>
            <td data-label="Sent" class="when"><Moment at=last.at now /></td>
            <td data-label="Passed" class="number">{of(passed, size.sent)}</td>
            <td data-label="p50" class="number">{figure(p50)}</td>
            <td data-label="p95" class="number">{figure(p95)}</td>
            <td data-label="Max" class="number">{figure(max)}</td>
        </tr>
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::examples;

    fn shown(canary: Canary, now: Time) -> String {
        examples::html(move || view! { <Marked canary now /> })
    }

    #[test]
    fn results_are_listed_by_size_with_latency() {
        let canary = examples::canary();
        let now = canary.last_at().unwrap();
        let html = shown(canary, now);
        for text in [
            "Canary of sink log",
            "every 10 min",
            "100 B",
            "1.0 MB",
            "delivered",
            "read back from the file, after 7 ms",
            "not delivered",
            "1 of 2",
            "Undelivered events",
            "the &lt;b&gt;sink&lt;/b&gt; took it and does not have it",
        ] {
            assert!(html.contains(text), "{text}: {html}");
        }
        assert!(!html.contains("No event has been sent since"), "{html}");
    }

    #[test]
    fn silent_canary_is_shown_as_stale() {
        let canary = examples::canary();
        let last = canary.last_at().unwrap();
        let window = model::Window::new(canary.window.from(), Time(last.0 + 7_200_000)).unwrap();
        let canary = Canary { window, ..canary };
        assert!(!shown(canary.clone(), Time(last.0 + 1_859_000)).contains("No event has been sent since"));
        assert!(shown(canary.clone(), Time(last.0 + 1_861_000)).contains("No event has been sent since"));
        let never =
            canary.sizes.iter().map(|size| CanarySize { events: Vec::new(), sent: 0, missing: 0, ..size.clone() });
        let html = shown(Canary { sizes: never.collect(), ..canary }, last);
        assert!(html.contains("No canary events in this window."), "{html}");
    }
}
