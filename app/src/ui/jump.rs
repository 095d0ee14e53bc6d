//! The box that finds a job from anywhere: a plain search form.

use leptos::prelude::*;

pub const INPUT_ID: &str = "jump";

#[component]
pub fn Jump() -> impl IntoView {
    view! {
        <form method="get" action="/jobs" class="jump" role="search" aria-label="Find a job">
            <input
                id=INPUT_ID
                type="search"
                name="text"
                placeholder="Find a job ( / )"
                aria-label="Find a job by name, id or author"
                autocomplete="off"
            />
        </form>
    }
}
