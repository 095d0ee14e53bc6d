//! Text with a button that copies it, see `live::copy`.

use leptos::prelude::*;

#[component]
pub fn Copyable(
    /// Caption, such as `Command line`.
    label: &'static str,
    text: String,
) -> impl IntoView {
    view! {
        <figure class="copyable">
            <figcaption>
                {label} " "
                <button type="button" class="quiet only-with-js" data-copy="">
                    <span>"Copy"</span>
                    <span class="visually-hidden">" " {label}</span>
                </button>
            </figcaption>
            <pre tabindex="0"><code>{text}</code></pre>
        </figure>
    }
}
