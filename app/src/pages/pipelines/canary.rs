//! Marked events through the pipeline's sink: whether they come through, how long that takes, and what did not.
//!
//! Always: silence is told. Where none was sent for as long as three rounds take, what is shown is old news.

use leptos::prelude::*;
use model::{Canary, CanarySize, MarkedEvent, Percentiles, Time};

use crate::{
    format::{Mark, bytes, duration, of, signed, took},
    ui::{Moment, StateMark},
};

/// What did not come through is told one by one, so many.
const TOLD: usize = 5;
/// Beyond the rounds: what a late one takes. As for the alert.
const GRACE_MS: i64 = 60_000;

/// When the last was sent, if others should have followed within the window.
fn fell_silent(canary: &Canary, now: Time) -> Option<Time> {
    let rounds_ms = signed(canary.every_s.saturating_mul(3_000));
    let allowed = rounds_ms.saturating_add(GRACE_MS);
    canary.last_at().filter(|last| canary.window.to().min(now).since(*last) > allowed)
}

/// The newest first, with their size.
fn missing(canary: &Canary) -> Vec<(u64, MarkedEvent)> {
    let of_size = |size: &CanarySize| {
        let missing = size.events.iter().filter(|event| event.error.is_some()).cloned();
        missing.map(|event| (size.bytes, event)).collect::<Vec<_>>()
    };
    let mut missing: Vec<_> = canary.sizes.iter().flat_map(of_size).collect();
    missing.sort_by_key(|(_, event)| std::cmp::Reverse(event.at));
    missing.truncate(TOLD);
    missing
}

#[component]
pub fn Marked(canary: Canary, now: Time) -> impl IntoView {
    let silent = fell_silent(&canary, now);
    let none = canary.last_at().is_none();
    let missing = missing(&canary);
    let every = duration(signed(canary.every_s.saturating_mul(1_000)));
    let one = |(size, event): (u64, MarkedEvent)| {
        view! { <li><Moment at=event.at now /> ", " {bytes(size)} ": " {event.error.unwrap_or_default()}</li> }
    };
    view! {
        <section aria-labelledby="canary" data-key="canary">
            <h2 id="canary">{format!("Marked events through {}", canary.sink)}</h2>
            <p class="note">{format!("One of each size every {every}, looked for where the sink can be asked.")}</p>
            {silent.map(|last| view! {
                <p class="stale" role="status">"? None has been sent since " <Moment at=last now /> ": what is here is no news."</p>
            })}
            {none.then(|| view! { <p class="empty">"None was sent in this window."</p> })}
            {(!none).then(|| view! { <Sizes sizes=canary.sizes now /> })}
            {(!missing.is_empty()).then(|| view! {
                <h3>"What did not come through"</h3>
                <ul class="findings">{missing.into_iter().map(one).collect_view()}</ul>
            })}
        </section>
    }
}

#[component]
fn Sizes(sizes: Vec<CanarySize>, now: Time) -> impl IntoView {
    view! {
        <table class="rows">
            <caption class="visually-hidden">"Marked events of the window by their size"</caption>
            <thead>
                <tr>
                    <th scope="col">"Size"</th>
                    <th scope="col">"The last one"</th>
                    <th scope="col">"Sent"</th>
                    <th scope="col" class="number">"Came through"</th>
                    <th scope="col" class="number">"Half take at most"</th>
                    <th scope="col" class="number">"95 %"</th>
                    <th scope="col" class="number">"Most"</th>
                </tr>
            </thead>
            <tbody>{sizes.into_iter().map(|size| view! { <Size size now /> }).collect_view()}</tbody>
        </table>
    }
}

#[component]
fn Size(size: CanarySize, now: Time) -> impl IntoView {
    let last = size.events.first().cloned()?;
    let came = size.sent - size.missing;
    let Percentiles { p50, p95, max, .. } = size.latency_ms;
    let figure = |ms: u64| if came == 0 { "–".to_owned() } else { took(ms) };
    let rests_on = last.error.as_ref().or(last.proof.as_ref()).map_or("nothing can prove it", String::as_str);
    let why = format!("{rests_on}, after {}", took(last.latency_ms));
    Some(view! {
        <tr data-key=size.bytes.to_string()>
            <th scope="row" data-label="Size">{bytes(size.bytes)}</th>
            <td data-label="The last one">
                <StateMark mark=Mark::of_marked(&last) /> " " <span class="more">{why}</span>
            </td>
            <td data-label="Sent" class="when"><Moment at=last.at now /></td>
            <td data-label="Came through" class="number">{of(came, size.sent)}</td>
            <td data-label="Half" class="number">{figure(p50)}</td>
            <td data-label="95 %" class="number">{figure(p95)}</td>
            <td data-label="Most" class="number">{figure(max)}</td>
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
    fn what_came_through_and_what_did_not_is_told_by_size_with_how_long_it_took() {
        let canary = examples::canary();
        let now = canary.last_at().unwrap();
        let html = shown(canary, now);
        for text in [
            "Marked events through log",
            "every 10 min",
            "100 B",
            "1.0 MB",
            "arrived",
            "read back from the file, after 7 ms",
            "did not arrive",
            "1 of 2",
            "What did not come through",
            "the &lt;b&gt;sink&lt;/b&gt; took it and does not have it",
        ] {
            assert!(html.contains(text), "{text}: {html}");
        }
        assert!(!html.contains("None has been sent since"), "{html}");
    }

    #[test]
    fn a_canary_that_fell_silent_is_no_proof_that_all_is_well() {
        let canary = examples::canary();
        let last = canary.last_at().unwrap();
        let window = model::Window::new(canary.window.from(), Time(last.0 + 7_200_000)).unwrap();
        let canary = Canary { window, ..canary };
        assert!(!shown(canary.clone(), Time(last.0 + 1_859_000)).contains("None has been sent since"));
        assert!(shown(canary.clone(), Time(last.0 + 1_861_000)).contains("None has been sent since"));
        let never =
            canary.sizes.iter().map(|size| CanarySize { events: Vec::new(), sent: 0, missing: 0, ..size.clone() });
        let html = shown(Canary { sizes: never.collect(), ..canary }, last);
        assert!(html.contains("None was sent in this window."), "{html}");
    }
}
