//! Changes the time zone of the current page.

use leptos::{prelude::*, task::spawn_local};
use wasm_bindgen::JsValue;

use super::{
    clocks::{STORAGE_KEY, convert_all, local_offset_now_min, storage},
    page,
};
use crate::{format::Zone, query::Query, scope};

/// Stores the choice and converts the page's times. If the page has a window, the time zone also goes into its URL and so
/// into its links.
pub fn choose_zone(zone: Zone) {
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
