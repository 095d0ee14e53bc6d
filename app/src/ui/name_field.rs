//! The field for the name that confirms a deletion.

use leptos::prelude::*;

/// `wrong` is the error text if the name typed before was not correct.
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
