//! The dialog that lists the keyboard shortcuts, and its button. `live` makes both work.

use leptos::prelude::*;

use crate::live::keys::{DIALOG_ID, GO};

#[component]
pub fn Keys() -> impl IntoView {
    view! {
        <button type="button" class="quiet only-with-js" data-keys aria-label="Keyboard shortcuts" title="Keyboard shortcuts (?)">"?"</button>
        <dialog class="keys" id=DIALOG_ID aria-labelledby="keys-title">
            <h2 id="keys-title">"Keyboard shortcuts"</h2>
            <dl>
                <dt><kbd>"/"</kbd></dt>
                <dd>"find a job"</dd>
                {GO
                    .into_iter()
                    .map(|(letter, _, name)| {
                        view! {
                            <dt><kbd>"g"</kbd> " " <kbd>{letter}</kbd></dt>
                            <dd>"go to " {name}</dd>
                        }
                    })
                    .collect_view()}
                <dt><kbd>"j"</kbd> " " <kbd>"k"</kbd></dt>
                <dd>"next or previous row"</dd>
                <dt><kbd>"Enter"</kbd></dt>
                <dd>"open the row"</dd>
                <dt><kbd>"?"</kbd></dt>
                <dd>"show shortcuts"</dd>
            </dl>
            <form method="dialog"><button>"Close"</button></form>
        </dialog>
    }
}
