//! Text to take along: shown whole, selectable, with a button that copies it.

use leptos::prelude::*;
use wasm_bindgen::JsValue;

/// The clipboard by its JavaScript name: its typed binding would need an unstable feature of web-sys.
fn copy(text: &str) {
    let navigator = window().navigator();
    let Ok(clipboard) = js_sys::Reflect::get(&navigator, &JsValue::from_str("clipboard")) else { return };
    let Ok(write) = js_sys::Reflect::get(&clipboard, &JsValue::from_str("writeText")) else { return };
    let write = js_sys::Function::from(write);
    let _ = write.call1(&clipboard, &JsValue::from_str(text));
}

#[component]
pub fn Copyable(
    /// What it is: `As a command`.
    label: &'static str,
    #[prop(into)] text: Signal<String>,
) -> impl IntoView {
    let copied = RwSignal::new(false);
    let on_copy = move |_| {
        copy(&text.get_untracked());
        copied.set(true);
    };
    // Another text is not copied yet.
    Effect::new(move || {
        text.track();
        copied.set(false);
    });
    view! {
        <figure class="copyable">
            <figcaption>
                {label} " "
                <button type="button" class="quiet only-with-js" on:click=on_copy>
                    {move || if copied.get() { "Copied" } else { "Copy" }}
                    <span class="visually-hidden">" " {label}</span>
                </button>
            </figcaption>
            <pre tabindex="0"><code>{text}</code></pre>
        </figure>
    }
}
