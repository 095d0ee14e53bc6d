//! Prevents double submission: a form is sent once until the page is shown again.

use leptos::{ev, prelude::*};
use wasm_bindgen::JsCast;
use web_sys::{HtmlFormElement, SubmitEvent};

use super::{clocks::write_offsets, document::on_document};

const SENT: &str = "data-sent";

pub fn once_each() {
    on_document("submit", |event: SubmitEvent| {
        let Some(form) = event.target().and_then(|target| target.dyn_into::<HtmlFormElement>().ok()) else { return };
        write_offsets(&form);
        if form.method() != "post" {
            return;
        }
        if form.has_attribute(SENT) {
            event.prevent_default();
        } else {
            let _ = form.set_attribute(SENT, "");
        }
    });
    // The browser may restore the page from its cache, marks included.
    window_event_listener(ev::Custom::new("pageshow"), |_: web_sys::Event| {
        let forms = document().forms();
        (0..forms.length()).filter_map(|index| forms.item(index)).for_each(|form| {
            let _ = form.remove_attribute(SENT);
        });
    });
}
