//! A status as a shape and a word; the colour only supports them.

use leptos::prelude::*;

use crate::format::Mark;

#[component]
pub fn StateMark(mark: Mark) -> impl IntoView {
    view! {
        <span class=format!("mark {}", mark.tone)>
            <span aria-hidden="true">{mark.shape}</span>
            " "
            {mark.word}
        </span>
    }
}
