//! The wasm entry: what runs in the browser beside the page that the server rendered. The islands come with `app`.

#![recursion_limit = "256"] // as in `app`

#[cfg(target_family = "wasm")]
#[wasm_bindgen::prelude::wasm_bindgen]
pub fn hydrate() {
    console_error_panic_hook::set_once();
    leptos::mount::hydrate_islands();
    app::live::start();
}
