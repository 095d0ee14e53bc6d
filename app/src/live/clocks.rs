//! Times on a page in the reader's time zone, and running durations.
//!
//! If the page's URL has a time zone, the server has already used it and the page stays as it is. Otherwise the server
//! wrote UTC, and times, time fields and their time zone are converted before the page is shown.

use leptos::prelude::*;
use model::Time;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{Document, Element, FormData, HtmlFormElement};

use crate::{
    format::{Zone, ago, duration, moment, zone_name},
    scope,
};

/// Key of the browser's local storage that holds `local` or `utc`.
pub(super) const STORAGE_KEY: &str = "logyard.zone";

/// The time zone that the reader chose in this browser; UTC by default.
pub fn chosen_zone() -> Zone {
    let stored = storage().and_then(|storage| storage.get_item(STORAGE_KEY).ok().flatten());
    if stored.as_deref() == Some("local") { Zone::Local } else { Zone::Utc }
}

/// The browser's current UTC offset, in minutes east of UTC.
pub fn local_offset_now_min() -> i64 {
    local_offset_min(now())
}

/// Converts a page from the server to the chosen time zone, unless the server has already used one.
pub fn convert_times(page: &Document) {
    let written = page.get_element_by_id("scope").and_then(|scope| scope.get_attribute("data-zone"));
    if chosen_zone() == Zone::Local && written.is_none_or(|zone| zone.is_empty()) {
        convert_all(page, Zone::Local);
        convert_fields(page, scope::Zone(local_offset_now_min()));
    }
}

/// Converts the time fields of forms whose time zone is not set yet.
fn convert_fields(page: &Document, zone: scope::Zone) {
    for field in all(page, "input[name=zone][value='']") {
        let _ = field.set_attribute("value", &zone.to_string());
        let Ok(Some(form)) = field.closest("form") else { continue };
        let Ok(labels) = form.query_selector_all("[data-zone-name]") else { continue };
        (0..labels.length()).filter_map(|index| labels.item(index)).for_each(|label| {
            label.set_text_content(Some(&zone.name()));
        });
    }
    for (field, at) in with_time(page, "input[data-at]", "data-at") {
        let _ = field.set_attribute("value", &scope::Zone(local_offset_min(at)).field(at));
    }
}

/// Writes beside each time of a form in the reader's zone how far that zone is from UTC then: in summer another than in
/// winter.
pub(super) fn write_offsets(form: &HtmlFormElement) {
    let Ok(fields) = FormData::new_with_form(form) else { return };
    let local = scope::Zone(local_offset_now_min()).to_string();
    if fields.get("zone").as_string().is_none_or(|zone| zone != local) {
        return;
    }
    for name in ["from", "to"] {
        let offset = form.query_selector(&format!("input[name={}]", scope::zone_field(name)));
        let (Some(at), Ok(Some(offset))) = (fields.get(name).as_string(), offset) else { continue };
        let minutes = js_sys::Date::new(&JsValue::from_str(&at)).get_timezone_offset();
        let known = if minutes.is_finite() { scope::Zone(-whole(minutes)).to_string() } else { String::new() };
        let _ = offset.set_attribute("value", &known);
    }
}

#[expect(clippy::cast_possible_truncation, reason = "an offset in minutes")]
fn whole(minutes: f64) -> i64 {
    minutes as i64
}

/// Converts all times of a page.
pub(super) fn convert_all(page: &Document, zone: Zone) {
    let now = now();
    for (element, at) in with_time(page, "time[datetime]", "datetime") {
        let offset = if zone == Zone::Local { local_offset_min(at) } else { 0 };
        element.set_text_content(Some(&moment(at, Some(now), offset)));
        let title = format!("{} {}, {}", moment(at, None, offset), zone_name(offset), ago(now.since(at)));
        let _ = element.set_attribute("title", &title);
    }
}

/// Updates running durations to this instant of the server's clock.
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

pub(super) fn storage() -> Option<web_sys::Storage> {
    window().local_storage().ok().flatten()
}

#[expect(clippy::cast_possible_truncation, reason = "whole milliseconds")]
fn now() -> Time {
    Time(js_sys::Date::now() as i64)
}

/// The browser's UTC offset at an instant, in minutes east of UTC, including daylight saving time.
#[expect(clippy::cast_precision_loss, clippy::cast_possible_truncation, reason = "a date and an offset in minutes")]
fn local_offset_min(at: Time) -> i64 {
    -js_sys::Date::new(&JsValue::from_f64(at.0 as f64)).get_timezone_offset() as i64
}
