//! A job's state: a shape and a word; the colour only supports them.

use leptos::prelude::*;

use crate::format::Mark;

#[component]
pub fn StateMark(#[prop(into)] mark: Signal<Mark>) -> impl IntoView {
    view! {
        <span class=move || format!("mark {}", mark.get().tone)>
            <span aria-hidden="true">{move || mark.get().shape}</span>
            " "
            {move || mark.get().word}
        </span>
    }
}
