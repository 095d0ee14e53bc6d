//! The fields of the object filter, folded away by default.

use leptos::prelude::*;

use super::{
    checks::Checks,
    text_fields::{LinesField, TextField},
};
use crate::{
    forms::{CloneForm, instant, local},
    ui::FieldFault,
};

#[component]
pub fn ObjectFilter(form: CloneForm, checks: Checks) -> impl IntoView {
    let fault = |field: &str| checks.at(field).map(|problem| problem.detail.clone());
    let [include_fault, exclude_fault] = ["include", "exclude"].map(fault);
    let [since_fault, until_fault] = ["newer_than", "older_than"].map(fault);
    let [least_fault, most_fault, class_fault] = ["min_size", "max_size", "of_class"].map(fault);
    let CloneForm { include, exclude, newer_than, older_than, min_size, max_size, of_class, .. } = form;
    let said = [&include, &exclude, &newer_than, &older_than, &min_size, &max_size, &of_class];
    let said = said.iter().any(|text| !text.is_empty());
    view! {
        <details open=said>
            <summary>"Filter objects"</summary>
            <fieldset class="side" aria-describedby="globs">
                <legend class="visually-hidden">"Filter objects"</legend>
                <LinesField name="include" label="Include" empty="all keys" text=include fault=include_fault />
                <LinesField name="exclude" label="Exclude" empty="none" text=exclude fault=exclude_fault />
                <Instant id="newer-than" name="newer_than" label="Modified since (UTC)" text=newer_than fault=since_fault />
                <Instant id="older-than" name="older_than" label="Modified before (UTC)" text=older_than fault=until_fault />
                <TextField name="min_size" label="Smallest size" empty="any, or such as 1MB" text=min_size fault=least_fault />
                <TextField name="max_size" label="Largest size" empty="any, or such as 5GiB" text=max_size fault=most_fault />
                <TextField
                    name="of_class"
                    label="Storage classes"
                    empty="any, or such as STANDARD, GLACIER_IR"
                    text=of_class
                    fault=class_fault
                />
                <p class="note" id="globs">
                    "One glob per line, matched against the key after the source's prefix: * matches within a segment, ** across \
                    segments, ? one character, [a-z] one of a range. Time, size and storage class are those that the source lists."
                </p>
            </fieldset>
        </details>
    }
}

#[component]
fn Instant(
    id: &'static str,
    name: &'static str,
    label: &'static str,
    text: String,
    fault: Option<String>,
) -> impl IntoView {
    let faulty = format!("{id}-fault");
    let value = instant(name, &text).ok().flatten().map_or(text, local);
    view! {
        <label for=id>{label}</label>
        <input id=id type="datetime-local" name=name step="any" aria-describedby=faulty.clone() value=value />
        <FieldFault id=faulty text=fault />
    }
}
