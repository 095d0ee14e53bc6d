//! Times on a page in the reader's zone, and durations that go on.
//!
//! The server writes UTC. A page from it, new or to be patched in, is told over before it is shown.

use leptos::prelude::*;
use model::Time;
use wasm_bindgen::JsValue;
use web_sys::{Document, Element};

use crate::format::{Zone, ago, duration, moment, zone_name};

const STORAGE_KEY: &str = "logyard.zone";

/// What the reader chose in this browser; UTC until then.
pub fn chosen_zone() -> Zone {
    let stored = storage().and_then(|storage| storage.get_item(STORAGE_KEY).ok().flatten());
    if stored.as_deref() == Some("local") { Zone::Local } else { Zone::Utc }
}

/// Remembers the choice and tells the page's times in it.
pub fn choose_zone(zone: Zone) {
    if let Some(storage) = storage() {
        let _ = storage.set_item(STORAGE_KEY, if zone == Zone::Local { "local" } else { "utc" });
    }
    tell_all(&document(), zone);
}

/// `UTC+10:00`, as it is now.
pub fn local_zone_name() -> String {
    zone_name(local_offset_min(now()))
}

/// Tells a page as the server wrote it in the chosen zone.
pub fn tell_times(page: &Document) {
    if chosen_zone() == Zone::Local {
        tell_all(page, Zone::Local);
    }
}

fn tell_all(page: &Document, zone: Zone) {
    let now = now();
    for (element, at) in with_time(page, "time[datetime]", "datetime") {
        let offset = if zone == Zone::Local { local_offset_min(at) } else { 0 };
        element.set_text_content(Some(&moment(at, Some(now), offset)));
        let title = format!("{} {}, {}", moment(at, None, offset), zone_name(offset), ago(now.since(at)));
        let _ = element.set_attribute("title", &title);
    }
}

/// Lets durations of what still runs go on to that instant of the server's clock.
pub fn tick(now: Time) {
    for (element, since) in with_time(&document(), "[data-since]", "data-since") {
        let text = duration(now.since(since).max(0));
        if element.text_content().as_ref() != Some(&text) {
            element.set_text_content(Some(&text));
        }
    }
}

fn with_time(page: &Document, selector: &str, attribute: &str) -> Vec<(Element, Time)> {
    use wasm_bindgen::JsCast;
    let Ok(found) = page.query_selector_all(selector) else { return Vec::new() };
    (0..found.length())
        .filter_map(|index| found.item(index)?.dyn_into::<Element>().ok())
        .filter_map(|element| element.get_attribute(attribute)?.parse().ok().map(|time| (element, time)))
        .collect()
}

fn storage() -> Option<web_sys::Storage> {
    window().local_storage().ok().flatten()
}

#[expect(clippy::cast_possible_truncation, reason = "whole milliseconds")]
fn now() -> Time {
    Time(js_sys::Date::now() as i64)
}

/// Minutes east of UTC. Summer time included: the offset is that of the instant, not of today.
#[expect(clippy::cast_precision_loss, clippy::cast_possible_truncation, reason = "a date and an offset in minutes")]
fn local_offset_min(at: Time) -> i64 {
    -js_sys::Date::new(&JsValue::from_f64(at.0 as f64)).get_timezone_offset() as i64
}
