//! Times on a page in the reader's zone, and durations that go on.
//!
//! The server writes the zone of the page's URL, and such a page is left as it is; without one it writes UTC, and the page,
//! new or to be patched in, is told over before it is shown. So are fields for times, with the zone they are read in.

use leptos::{prelude::*, task::spawn_local};
use model::Time;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{Document, Element};

use super::page;
use crate::{
    format::{Zone, ago, duration, moment, zone_name},
    query::Query,
    scope,
};

const STORAGE_KEY: &str = "logyard.zone";

/// What the reader chose in this browser; UTC until then.
pub fn chosen_zone() -> Zone {
    let stored = storage().and_then(|storage| storage.get_item(STORAGE_KEY).ok().flatten());
    if stored.as_deref() == Some("local") { Zone::Local } else { Zone::Utc }
}

/// Remembers the choice, tells the page's times in it, and has the page's URL say so where the page has a window: its
/// links then carry it on.
pub fn choose_zone(zone: Zone) {
    if let Some(storage) = storage() {
        let _ = storage.set_item(STORAGE_KEY, if zone == Zone::Local { "local" } else { "utc" });
    }
    tell_all(&document(), zone);
    if document().get_element_by_id("scope").is_none() {
        return;
    }
    let location = window().location();
    let query = Query::read(&location.search().unwrap_or_default()).without("zone");
    let offset = scope::Zone(local_offset_now_min()).to_string();
    let query = if zone == Zone::Local { query.with("zone", &offset) } else { query };
    let url = query.on(&location.pathname().unwrap_or_default());
    if let Ok(history) = window().history() {
        let _ = history.replace_state_with_url(&JsValue::NULL, "", Some(&url));
    }
    spawn_local(async move {
        let _ = page::show(&url).await;
    });
}

/// Minutes east of UTC, as it is now.
pub fn local_offset_now_min() -> i64 {
    local_offset_min(now())
}

/// Tells a page as the server wrote it in the chosen zone, unless the server has done so.
pub fn tell_times(page: &Document) {
    let told = page.get_element_by_id("scope").and_then(|scope| scope.get_attribute("data-zone"));
    if chosen_zone() == Zone::Local && told.is_none_or(|zone| zone.is_empty()) {
        tell_all(page, Zone::Local);
        tell_fields(page, scope::Zone(local_offset_now_min()));
    }
}

/// Fields for times of forms that say in which zone they are read, and do not say so yet.
fn tell_fields(page: &Document, zone: scope::Zone) {
    for field in all(page, "input[name=zone][value='']") {
        let _ = field.set_attribute("value", &zone.to_string());
        let Ok(Some(form)) = field.closest("form") else { continue };
        let Ok(labels) = form.query_selector_all("[data-zone-name]") else { continue };
        (0..labels.length()).filter_map(|index| labels.item(index)).for_each(|label| {
            label.set_text_content(Some(&zone.name()));
        });
    }
    for (field, at) in with_time(page, "input[data-at]", "data-at") {
        let _ = field.set_attribute("value", &zone.field(at));
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
    let timed = |element: Element| element.get_attribute(attribute)?.parse().ok().map(|time| (element, time));
    all(page, selector).into_iter().filter_map(timed).collect()
}

fn all(page: &Document, selector: &str) -> Vec<Element> {
    let Ok(found) = page.query_selector_all(selector) else { return Vec::new() };
    (0..found.length()).filter_map(|index| found.item(index)?.dyn_into().ok()).collect()
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
