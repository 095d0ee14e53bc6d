//! The switch between UTC and the reader's own time zone.

use leptos::{prelude::*, task::spawn_local};
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{Element, Event};

use super::{
    clocks::{STORAGE_KEY, chosen_zone, convert_all, local_offset_now_min, storage},
    document::on_document,
    page,
};
use crate::{
    format::{Zone, zone_name},
    query::Query,
    scope,
};

pub const SWITCH_ID: &str = "zone-switch";

/// Shows the time zone of the page on the switch, and reacts to clicks on it.
pub fn listen() {
    let Some(switch) = document().get_element_by_id(SWITCH_ID) else { return };
    let given: Option<i64> = switch.get_attribute("data-given").and_then(|given| given.parse().ok());
    let (local_min, local) = (local_offset_now_min(), chosen_zone() == Zone::Local);
    match given {
        Some(given) => show(&switch, given, given == local_min),
        None if local => show(&switch, local_min, true),
        None => (),
    }
    on_document("click", move |event: Event| {
        let clicked = event.target().and_then(|target| target.dyn_into::<Element>().ok());
        if !clicked.is_some_and(|clicked| matches!(clicked.closest(&format!("#{SWITCH_ID}")), Ok(Some(_)))) {
            return;
        }
        let pressed = switch.get_attribute("aria-pressed").as_deref() == Some("true");
        let zone = if pressed { Zone::Utc } else { Zone::Local };
        choose_zone(zone);
        let local = zone == Zone::Local;
        show(&switch, if local { local_offset_now_min() } else { 0 }, local);
    });
}

/// Writes the name of a time zone on the switch; pressed unless it is UTC by choice.
fn show(switch: &Element, offset_min: i64, local: bool) {
    let name = zone_name(offset_min);
    let name = if local { format!("local ({name})") } else { name };
    let _ = switch.set_attribute("aria-pressed", if local || offset_min != 0 { "true" } else { "false" });
    if let Some(label) = switch.last_element_child() {
        label.set_text_content(Some(&name));
    }
}

/// Stores the choice and converts the page's times. If the page has a window, the time zone also goes into its URL and so
/// into its links.
fn choose_zone(zone: Zone) {
    if let Some(storage) = storage() {
        let _ = storage.set_item(STORAGE_KEY, if zone == Zone::Local { "local" } else { "utc" });
    }
    convert_all(&document(), zone);
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
