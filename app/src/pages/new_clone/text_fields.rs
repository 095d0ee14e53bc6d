//! Fields for a line and for several lines of text, each with its label and its fault.
//!
//! Always: the id is the name with hyphens, and what was typed is shown as it was typed.

use leptos::prelude::*;

use crate::ui::{FieldFault, in_textarea};

#[component]
pub fn TextField(
    name: &'static str,
    label: &'static str,
    /// Placeholder, which says what leaving the field empty means.
    empty: &'static str,
    text: String,
    fault: Option<String>,
) -> impl IntoView {
    let id = name.replace('_', "-");
    let faulty = format!("{id}-fault");
    view! {
        <label for=id.clone()>{label}</label>
        <input id=id name=name autocomplete="off" spellcheck="false" placeholder=empty aria-describedby=faulty.clone() value=text />
        <FieldFault id=faulty text=fault />
    }
}

#[component]
pub fn LinesField(
    name: &'static str,
    label: &'static str,
    /// Placeholder, which says what leaving the field empty means.
    empty: &'static str,
    text: String,
    fault: Option<String>,
) -> impl IntoView {
    let id = name.replace('_', "-");
    let faulty = format!("{id}-fault");
    let shown = in_textarea(&text);
    view! {
        <label for=id.clone()>{label}</label>
        <textarea
            id=id
            name=name
            rows="2"
            autocomplete="off"
            spellcheck="false"
            placeholder=empty
            aria-describedby=faulty.clone()
            inner_html=shown
        ></textarea>
        <FieldFault id=faulty text=fault />
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Everything in a textarea is text, so the renderer must not add comments or spaces.
    #[test]
    fn textarea_contains_only_the_globs() {
        for (text, shown) in [("", ""), ("</textarea><b>&", "&lt;/textarea>&lt;b>&amp;")] {
            let text = text.to_owned();
            let html = view! { <LinesField name="include" label="Include" empty="all" text fault=None /> }.to_html();
            let (_, area) = html.split_once("<textarea").unwrap();
            let (area, _) = area.split_once("</textarea>").unwrap();
            assert_eq!(area.split_once('>').unwrap().1, shown, "{html}");
        }
    }
}
