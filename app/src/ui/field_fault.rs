//! The fault of a form field.

use leptos::prelude::*;

/// The fault of a form field. Rendered even without a text, so that screen readers announce a text that appears later.
#[component]
pub fn FieldFault(id: String, text: Option<String>) -> impl IntoView {
    view! { <p class="field-fault" id=id aria-live="polite">{text.map(|text| view! { <span>"✖ " {text}</span> })}</p> }
}
