//! A double click is one click: a form on its way to the server is not sent again until the page is back.

use leptos::{ev, prelude::*};
use wasm_bindgen::JsCast;
use web_sys::{HtmlFormElement, SubmitEvent};

use super::on_document;

const SENT: &str = "data-sent";

pub fn once_each() {
    on_document("submit", |event: SubmitEvent| {
        let Some(form) = event.target().and_then(|target| target.dyn_into::<HtmlFormElement>().ok()) else { return };
        if form.method() != "post" {
            return;
        }
        if form.has_attribute(SENT) {
            event.prevent_default();
        } else {
            let _ = form.set_attribute(SENT, "");
        }
    });
    // The browser may show the page as it was left.
    window_event_listener(ev::Custom::new("pageshow"), |_: web_sys::Event| {
        let forms = document().forms();
        (0..forms.length()).filter_map(|index| forms.item(index)).for_each(|form| {
            let _ = form.remove_attribute(SENT);
        });
    });
}
