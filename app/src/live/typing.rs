//! Checks forms marked `data-check` while they are filled in: after a pause in typing, their values go into the page's URL
//! and the page is refreshed with the server's checks.

use std::{cell::RefCell, rc::Rc, time::Duration};

use leptos::{leptos_dom::helpers::TimeoutHandle, prelude::*, task::spawn_local};
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{Element, Event, FormData, HtmlFormElement};

use super::{clocks::write_offsets, document::on_document, page};
use crate::query::Query;

/// Pause in typing before the server is queried.
const PAUSE: Duration = Duration::from_millis(350);

pub fn check_forms() {
    let waiting = Rc::new(RefCell::new(None::<TimeoutHandle>));
    for name in ["input", "change"] {
        let waiting = Rc::clone(&waiting);
        on_document(name, move |event: Event| {
            let Some(form) = form_of(&event).filter(has_changed) else { return };
            outdate(&form);
            let handle = set_timeout_with_handle(move || spawn_local(check(form)), PAUSE).ok();
            if let Some(before) = waiting.replace(handle) {
                before.clear();
            }
        });
    }
    // A form filled in by a link is checked as well.
    let linked = document().query_selector("form[data-check]").ok().flatten();
    if let Some(form) = linked.and_then(|form| form.dyn_into::<HtmlFormElement>().ok())
        && page::url().contains('?')
        && !page::url().contains("preview=1")
    {
        spawn_local(check(form));
    }
}

fn form_of(event: &Event) -> Option<HtmlFormElement> {
    let target = event.target()?.dyn_into::<Element>().ok()?;
    target.closest("form[data-check]").ok()??.dyn_into().ok()
}

/// Whether the values differ from those checked last. Leaving a field reports a change again, for which a button must not
/// change under the pointer.
fn has_changed(form: &HtmlFormElement) -> bool {
    let checked = Query::read(&window().location().search().unwrap_or_default()).without("preview");
    values(form).is_some_and(|values| values != checked)
}

/// Marks the checks shown as outdated, and removes figures from the button's label.
fn outdate(form: &HtmlFormElement) {
    let _ = form.set_attribute("data-outdated", "");
    if let Ok(Some(button)) = form.query_selector("button[data-plain]") {
        button.set_text_content(button.get_attribute("data-plain").as_deref());
    }
}

/// Requests the quick checks first, then the preview. An answer that is late is dropped, because the URL has changed.
async fn check(form: HtmlFormElement) {
    let Some(values) = values(&form) else { return };
    let path = window().location().pathname().unwrap_or_default();
    for url in [values.on(&path), values.with("preview", "1").on(&path)] {
        if let Ok(history) = window().history() {
            let _ = history.replace_state_with_url(&JsValue::NULL, "", Some(&url));
        }
        if page::show(&url).await.is_err() || page::url() != url {
            return;
        }
    }
}

/// All fields of a form except those that the server filled in.
fn values(form: &HtmlFormElement) -> Option<Query> {
    write_offsets(form);
    let fields = FormData::new_with_form(form).ok()?;
    let made = |name: &str| name == "key";
    Some(js_sys::Array::from(&fields).iter().fold(Query::default(), |query, pair| {
        let pair = js_sys::Array::from(&pair);
        let text = |index| pair.get(index).as_string().unwrap_or_default();
        if made(&text(0)) { query } else { query.with(&text(0), &text(1)) }
    }))
}
