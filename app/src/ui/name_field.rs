//! The field that takes a name letter by letter, before something is deleted for good.

use leptos::prelude::*;

/// `wrong`: what is said of what was typed last, if that was not the name.
#[component]
pub fn NameField(name: String, wrong: Option<&'static str>) -> impl IntoView {
    view! {
        <p>
            <label for="confirm">"Type " <code>{name}</code> " to confirm"</label>
            <input
                id="confirm"
                class="name"
                name="confirm"
                required
                autocomplete="off"
                spellcheck="false"
                autocapitalize="none"
                aria-describedby="confirm-fault"
                aria-invalid=wrong.map(|_| "true")
            />
            <span class="field-fault" id="confirm-fault">{wrong}</span>
        </p>
    }
}
