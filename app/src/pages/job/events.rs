//! The events of a job: time, actor, action.

use leptos::prelude::*;
use model::{Event, Time};

use crate::{format::happened, ui::Moment};

#[component]
pub fn Events(events: Vec<Event>, now: Time) -> impl IntoView {
    view! {
        <section aria-labelledby="events" data-key="events">
            <h2 id="events">"Events"</h2>
            <ol class="events">{events.into_iter().map(|event| view! { <OneEvent event now /> }).collect_view()}</ol>
        </section>
    }
}

#[component]
fn OneEvent(event: Event, now: Time) -> impl IntoView {
    let detail = if event.detail.is_empty() { String::new() } else { format!("· {}", event.detail) };
    view! {
        <li data-key=event.seq.to_string()>
            <Moment at=event.at now />
            <p>
                <span class="actor">{event.actor}</span>
                " "
                {happened(event.kind)}
                " "
                <span class="more">{detail}</span>
            </p>
        </li>
    }
}
