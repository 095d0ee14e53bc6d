//! The switch for the time zone of a page.

use leptos::prelude::*;

use crate::{
    format::{Zone, zone_name},
    live::{choose_zone, chosen_zone, local_offset_now_min},
};

/// Switches between UTC and the browser's time zone; a link may bring another one. Without JavaScript it only names the
/// time zone.
#[island]
pub fn ZoneSwitch(
    /// Time zone of the page's URL, in minutes east of UTC.
    given_min: Option<i64>,
) -> impl IntoView {
    let offset_min = RwSignal::new(given_min.unwrap_or(0));
    let local = RwSignal::new(false);
    Effect::new(move || {
        let local_min = local_offset_now_min();
        if given_min.is_none() && chosen_zone() == Zone::Local {
            offset_min.set(local_min);
        }
        local.set(offset_min.get_untracked() == local_min && (given_min.is_some() || chosen_zone() == Zone::Local));
    });
    let other = move || offset_min.get() != 0 || local.get();
    let switch = move |_| {
        let zone = if other() { Zone::Utc } else { Zone::Local };
        choose_zone(zone);
        local.set(zone == Zone::Local);
        offset_min.set(if zone == Zone::Local { local_offset_now_min() } else { 0 });
    };
    let name = move || {
        let name = zone_name(offset_min.get());
        if local.get() { format!("local ({name})") } else { name }
    };
    view! {
        <span class="only-without-js zone">{zone_name(given_min.unwrap_or(0))}</span>
        <button type="button" class="quiet zone only-with-js" aria-pressed=move || other().to_string()
            title="Switch between UTC and your own time zone" on:click=switch>
            <span class="visually-hidden">"Times in "</span>
            {name}
        </button>
    }
}
