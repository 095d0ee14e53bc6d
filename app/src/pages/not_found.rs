//! The page for unknown addresses.

use leptos::prelude::*;

use crate::{context, ui::PageTitle};

#[component]
pub fn NotFound() -> impl IntoView {
    context::status(404);
    view! {
        <PageTitle text="Not found" />
        <h1>"Page not found"</h1>
        <p>"The address may be mistyped or from an older version of Logyard."</p>
        <p>
            <a class="button" href="/">"Overview"</a>
            " "
            <a class="button" href="/jobs">"All jobs"</a>
        </p>
    }
}
