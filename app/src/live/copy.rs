//! Copies the text of a `Copyable` to the clipboard.

use leptos::prelude::*;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{Element, Event};

use super::document::on_document;

/// Handles clicks on every copy button of the page, including buttons added later.
pub fn listen() {
    on_document("click", |event: Event| {
        let clicked = event.target().and_then(|target| target.dyn_into::<Element>().ok());
        let Some(button) = clicked.and_then(|clicked| clicked.closest("[data-copy]").ok().flatten()) else { return };
        let figure = button.closest("figure").ok().flatten();
        let Some(code) = figure.and_then(|figure| figure.query_selector("code").ok().flatten()) else { return };
        copy(&code.text_content().unwrap_or_default());
        if let Some(word) = button.first_element_child() {
            word.set_text_content(Some("Copied"));
        }
    });
}

/// Writes to the clipboard by its JavaScript name: the typed binding needs an unstable feature of web-sys.
fn copy(text: &str) {
    let navigator = window().navigator();
    let Ok(clipboard) = js_sys::Reflect::get(&navigator, &JsValue::from_str("clipboard")) else { return };
    let Ok(write) = js_sys::Reflect::get(&clipboard, &JsValue::from_str("writeText")) else { return };
    let write = js_sys::Function::from(write);
    let _ = write.call1(&clipboard, &JsValue::from_str(text));
}
