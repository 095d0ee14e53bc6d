//! The browser's document and clock, as the other modules use them.

use leptos::prelude::*;
use wasm_bindgen::{JsCast, convert::FromWasmAbi, prelude::Closure};

/// Milliseconds of the browser's monotonic clock.
pub fn local_ms() -> f64 {
    window().performance().map_or(0.0, |performance| performance.now())
}

/// Listens to an event of the document for the lifetime of the page.
pub fn on_document<E: FromWasmAbi + 'static>(name: &str, react: impl FnMut(E) + 'static) {
    let react = Closure::<dyn FnMut(E)>::new(react);
    let _ = document().add_event_listener_with_callback(name, react.as_ref().unchecked_ref());
    react.forget();
}
