//! The switch for the time zone of a page.

use leptos::prelude::*;

use crate::{format::zone_name, live::zone::SWITCH_ID};

/// Switches between UTC and the browser's time zone; a link may bring another one. `live` makes it work and renames it.
/// Without JavaScript it only names the time zone.
#[component]
pub fn ZoneSwitch(
    /// Time zone of the page's URL, in minutes east of UTC.
    given_min: Option<i64>,
) -> impl IntoView {
    let name = zone_name(given_min.unwrap_or(0));
    view! {
        <span class="only-without-js zone">{name.clone()}</span>
        <button
            type="button"
            id=SWITCH_ID
            class="quiet zone only-with-js"
            aria-pressed=given_min.is_some_and(|given| given != 0).to_string()
            data-given=given_min.map(|given| given.to_string())
            title="Switch between UTC and your own time zone"
        >
            <span class="visually-hidden">"Times in "</span>
            <span>{name}</span>
        </button>
    }
}
