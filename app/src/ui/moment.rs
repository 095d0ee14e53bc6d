//! Instants and durations on a page, and the choice of the zone they are told in.

use leptos::prelude::*;
use model::Time;
use wasm_bindgen::JsValue;

use crate::{
    format::{Zone, ago, duration, moment},
    live::Live,
};

const STORAGE_KEY: &str = "logyard.zone";

/// The zone of every time on the page. UTC in the first render, as the server knows no other.
#[derive(Clone, Copy)]
pub struct ZoneChoice(RwSignal<Zone>);

impl ZoneChoice {
    /// Starts with UTC and turns to what this browser chose before.
    pub fn provide() {
        let choice = Self(RwSignal::default());
        provide_context(choice);
        Effect::new(move || {
            let stored = storage().and_then(|storage| storage.get_item(STORAGE_KEY).ok().flatten());
            if stored.as_deref() == Some("local") {
                choice.0.set(Zone::Local);
            }
        });
    }

    pub fn here() -> Self {
        use_context().unwrap_or_else(|| Self(RwSignal::default()))
    }

    pub fn get(self) -> Zone {
        self.0.get()
    }

    fn choose(self, zone: Zone) {
        self.0.set(zone);
        if let Some(storage) = storage() {
            let _ = storage.set_item(STORAGE_KEY, if zone == Zone::Local { "local" } else { "utc" });
        }
    }

    /// Minutes east of UTC at that instant.
    fn offset_min(self, at: Time) -> i64 {
        match self.get() {
            Zone::Utc => 0,
            Zone::Local => local_offset_min(at),
        }
    }
}

fn storage() -> Option<web_sys::Storage> {
    window().local_storage().ok().flatten()
}

/// Summer time included: the offset is that of the instant, not of today.
#[expect(clippy::cast_precision_loss, clippy::cast_possible_truncation, reason = "a date and an offset in minutes")]
fn local_offset_min(at: Time) -> i64 {
    -js_sys::Date::new(&JsValue::from_f64(at.0 as f64)).get_timezone_offset() as i64
}

/// `UTC`, `UTC+10:00`.
fn zone_name(offset_min: i64) -> String {
    if offset_min == 0 {
        return "UTC".to_owned();
    }
    let sign = if offset_min < 0 { '−' } else { '+' };
    format!("UTC{sign}{:02}:{:02}", offset_min.abs() / 60, offset_min.abs() % 60)
}

/// An instant in the chosen zone; the day is left out where it is today's.
#[component]
pub fn Moment(
    at: Time,
    /// When the page was made, to tell today from other days.
    now: Time,
) -> impl IntoView {
    let choice = ZoneChoice::here();
    let live_now = Live::here().now();
    let title = move || {
        let offset = choice.offset_min(at);
        let age = ago(live_now.get().unwrap_or(now).since(at));
        format!("{} {}, {age}", moment(at, None, offset), zone_name(offset))
    };
    view! {
        <time datetime=at.to_string() title=title>
            {move || moment(at, Some(now), choice.offset_min(at))}
        </time>
    }
}

/// How long something has lasted. Runs while the line is live, stands still when it is lost.
#[component]
pub fn Elapsed(
    from: Time,
    /// When it ended; without it, it goes on.
    to: Option<Time>,
    /// When the page was made.
    now: Time,
) -> impl IntoView {
    let live_now = Live::here().now();
    move || {
        let end = to.unwrap_or_else(|| live_now.get().map_or(now, |live| live.max(now)));
        duration(end.since(from))
    }
}

/// UTC or the browser's zone. Without JavaScript there is nothing to choose, only the zone's name.
#[component]
pub fn ZoneSwitch() -> impl IntoView {
    let choice = ZoneChoice::here();
    let live_now = Live::here().now();
    let local = move || choice.get() == Zone::Local;
    let name = move || zone_name(live_now.get().map_or(0, |now| choice.offset_min(now)));
    view! {
        <span class="only-without-js zone">"UTC"</span>
        <button type="button" class="quiet zone only-with-js" aria-pressed=move || local().to_string()
            title="Switch between UTC and your own time zone"
            on:click=move |_| choice.choose(if local() { Zone::Utc } else { Zone::Local })>
            <span class="visually-hidden">"Times in "</span>
            {move || if local() { format!("local ({})", name()) } else { "UTC".to_owned() }}
        </button>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_zone_is_named_by_its_offset() {
        assert_eq!(zone_name(0), "UTC");
        assert_eq!(zone_name(600), "UTC+10:00");
        assert_eq!(zone_name(-210), "UTC−03:30");
    }
}
