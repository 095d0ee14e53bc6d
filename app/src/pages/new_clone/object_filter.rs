//! The fields of the object filter, folded away by default.

use leptos::prelude::*;

use super::checks::Checks;
use crate::{
    forms::{CloneForm, instant, local},
    ui::{FieldFault, in_textarea},
};

#[component]
pub fn ObjectFilter(form: CloneForm, checks: Checks) -> impl IntoView {
    let fault = |field: &str| checks.at(field).map(|problem| problem.detail.clone());
    let faults = ["include", "exclude", "newer_than"].map(fault);
    let CloneForm { include, exclude, newer_than, .. } = form;
    let said = [&include, &exclude, &newer_than].iter().any(|text| !text.is_empty());
    let since = instant(&newer_than).ok().flatten().map_or(newer_than, local);
    let [include_fault, exclude_fault, since_fault] = faults;
    view! {
        <details open=said>
            <summary>"Filter objects"</summary>
            <fieldset class="side" aria-describedby="globs">
                <legend class="visually-hidden">"Filter objects"</legend>
                <Globs name="include" label="Include" empty="all keys" text=include fault=include_fault />
                <Globs name="exclude" label="Exclude" empty="none" text=exclude fault=exclude_fault />
                <label for="newer-than">"Modified since (UTC)"</label>
                <input
                    id="newer-than"
                    type="datetime-local"
                    name="newer_than"
                    step="any"
                    aria-describedby="newer-than-fault"
                    value=since
                />
                <FieldFault id="newer-than-fault".to_owned() text=since_fault />
                <p class="note" id="globs">
                    "One glob per line, matched against the key after the source's prefix: * matches within a segment, ** across \
                    segments, ? one character, [a-z] one of a range."
                </p>
            </fieldset>
        </details>
    }
}

#[component]
fn Globs(
    name: &'static str,
    label: &'static str,
    empty: &'static str,
    text: String,
    fault: Option<String>,
) -> impl IntoView {
    let faulty = format!("{name}-fault");
    let shown = in_textarea(&text);
    view! {
        <label for=name>{label}</label>
        <textarea
            id=name
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
            let html = view! { <Globs name="include" label="Include" empty="all" text fault=None /> }.to_html();
            let (_, area) = html.split_once("<textarea").unwrap();
            let (area, _) = area.split_once("</textarea>").unwrap();
            assert_eq!(area.split_once('>').unwrap().1, shown, "{html}");
        }
    }
}
