//! Who did what, when.

use leptos::prelude::*;
use model::{Event, JobView, Time};

use crate::{format::happened, ui::Moment};

#[component]
pub fn Events(view: Signal<JobView>, now: Time) -> impl IntoView {
    let events = Memo::new(move |_| view.with(|view| view.events.clone()));
    view! {
        <section aria-labelledby="events">
            <h2 id="events">"Events"</h2>
            <ol class="events">
                <For each=move || events.get() key=|event| event.seq let(event)>
                    <OneEvent event now />
                </For>
            </ol>
        </section>
    }
}

#[component]
fn OneEvent(event: Event, now: Time) -> impl IntoView {
    let detail = if event.detail.is_empty() { String::new() } else { format!("· {}", event.detail) };
    view! {
        <li>
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
