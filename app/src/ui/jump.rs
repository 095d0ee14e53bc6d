//! The search box for jobs on every page: a plain form that suggests jobs while typing.

use std::time::Duration;

use leptos::{leptos_dom::helpers::TimeoutHandle, prelude::*};

use crate::{
    api::{self, JobHit},
    live::keys::JUMP_ID,
};

/// Pause in typing before the server is queried.
const PAUSE: Duration = Duration::from_millis(150);

#[island]
pub fn Jump() -> impl IntoView {
    let text = RwSignal::new(String::new());
    let waiting = StoredValue::new(None::<TimeoutHandle>);
    let found = LocalResource::new(move || {
        let text = text.get();
        async move {
            match text.trim() {
                "" => Vec::new(),
                text => api::find_jobs(text.to_owned()).await.unwrap_or_default(),
            }
        }
    });
    let on_input = move |event| {
        let typed = event_target_value(&event);
        if let Some(handle) = waiting.get_value() {
            handle.clear();
        }
        waiting.set_value(set_timeout_with_handle(move || text.set(typed), PAUSE).ok());
    };
    let suggestions = move || {
        let jobs = found.get().unwrap_or_default();
        (!jobs.is_empty()).then(|| {
            view! {
                <ul class="suggestions">
                    {jobs.into_iter().map(|hit| view! { <Suggestion hit /> }).collect_view()}
                </ul>
            }
        })
    };
    view! {
        <form method="get" action="/jobs" class="jump" role="search" aria-label="Find a job">
            <input
                id=JUMP_ID
                type="search"
                name="text"
                placeholder="Find a job ( / )"
                aria-label="Find a job by name, id or author"
                autocomplete="off"
                on:input=on_input
            />
            {suggestions}
        </form>
    }
}

#[component]
fn Suggestion(hit: JobHit) -> impl IntoView {
    let JobHit { path, kind, title, shape, word, tone, id } = hit;
    view! {
        <li>
            <a href=path>
                <span class="kind">{kind}</span>
                " "
                {title}
                " "
                <span class=format!("mark {tone}")><span aria-hidden="true">{shape}</span> " " {word}</span>
                " "
                <code>{id}</code>
            </a>
        </li>
    }
}
