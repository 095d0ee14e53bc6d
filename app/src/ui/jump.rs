//! The box that finds a job from anywhere: a plain search form, which suggests jobs while typing.

use std::time::Duration;

use leptos::{leptos_dom::helpers::TimeoutHandle, prelude::*};
use model::Job;

use crate::{
    api,
    format::{Mark, doing},
    ui::{GetForm, StateMark},
};

pub const INPUT_ID: &str = "jump";

/// Typing pauses this long before the server is asked.
const PAUSE: Duration = Duration::from_millis(150);

#[component]
pub fn Jump() -> impl IntoView {
    let text = RwSignal::new(String::new());
    let waiting = StoredValue::new(None::<TimeoutHandle>);
    let found = LocalResource::new(move || {
        let text = text.get();
        async move {
            match text.trim() {
                "" => Vec::new(),
                text => api::jump(text.to_owned()).await.unwrap_or_default(),
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
                <ul class="suggestions" on:click=move |_| text.set(String::new())>
                    {jobs.into_iter().map(|job| view! { <Suggestion job /> }).collect_view()}
                </ul>
            }
        })
    };
    view! {
        <GetForm action="/jobs" class="jump" role="search" label="Find a job">
            <input
                id=INPUT_ID
                type="search"
                name="text"
                placeholder="Find a job ( / )"
                aria-label="Find a job by name, id or author"
                autocomplete="off"
                on:input=on_input
            />
            {suggestions}
        </GetForm>
    }
}

#[component]
fn Suggestion(job: Job) -> impl IntoView {
    let mark = Mark::of(&job);
    view! {
        <li>
            <a href=format!("/jobs/{}", job.id)>
                <span class="kind">{doing(&job.spec)}</span>
                " "
                {job.title()}
                " "
                <StateMark mark />
                " "
                <code>{job.id.short()}</code>
            </a>
        </li>
    }
}
