//! The choice of the zone that times are told in.

use leptos::prelude::*;

use crate::{
    format::Zone,
    live::{choose_zone, chosen_zone, local_zone_name},
};

/// UTC or the browser's zone. Without JavaScript there is nothing to choose, only the zone's name.
#[island]
pub fn ZoneSwitch() -> impl IntoView {
    let zone = RwSignal::new(Zone::Utc);
    Effect::new(move || zone.set(chosen_zone()));
    let local = move || zone.get() == Zone::Local;
    let switch = move |_| {
        let other = if local() { Zone::Utc } else { Zone::Local };
        choose_zone(other);
        zone.set(other);
    };
    view! {
        <span class="only-without-js zone">"UTC"</span>
        <button type="button" class="quiet zone only-with-js" aria-pressed=move || local().to_string()
            title="Switch between UTC and your own time zone" on:click=switch>
            <span class="visually-hidden">"Times in "</span>
            {move || if local() { format!("local ({})", local_zone_name()) } else { "UTC".to_owned() }}
        </button>
    }
}
