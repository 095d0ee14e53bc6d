//! The preview of a clone: figures, example keys, and the label of the start button.

use leptos::prelude::*;
use model::{ClonePreview, Mode};

use crate::{
    format::{bytes, count, counted},
    forms::CloneForm,
};

/// `at least ` if the preview did not read the listings to the end, else empty.
fn at_least(preview: &ClonePreview) -> &'static str {
    if preview.complete { "" } else { "at least " }
}

/// The label of the start button.
pub fn promise(form: &CloneForm, preview: Option<&ClonePreview>) -> String {
    let verify = form.mode == "verify";
    let Some(preview) = preview else {
        return match (verify, form.dry_run.is_empty()) {
            (true, _) => "Compare".to_owned(),
            (false, true) => "Copy".to_owned(),
            (false, false) => "Start dry run".to_owned(),
        };
    };
    let least = at_least(preview);
    let all = counted(preview.objects, "object");
    match (preview.spec.mode, preview.spec.dry_run) {
        (Mode::Verify, _) => format!("Compare {least}{all}, {}", bytes(preview.bytes)),
        (Mode::Copy | Mode::Mirror, true) => format!("Start dry run of {least}{all}"),
        (Mode::Copy, false) if preview.to_copy == 0 && preview.complete => format!("Copy nothing, compare {all}"),
        (Mode::Copy | Mode::Mirror, false) => {
            format!("Copy {least}{}, {}", counted(preview.to_copy, "object"), bytes(preview.to_copy_bytes))
        }
    }
}

fn rows(preview: &ClonePreview) -> Vec<(&'static str, String)> {
    let sized = |objects: u64, size: u64| format!("{}, {}", counted(objects, "object"), bytes(size));
    let selection = &preview.spec.selection;
    let at_source = if selection.is_all() { "At the source" } else { "Selected at the source" };
    let extra = match selection.unknown_of_extras() {
        None => counted(preview.extra, "object"),
        Some(what) => format!("not counted: the {what} of their sources is unknown"),
    };
    let mut rows = vec![
        (at_source, format!("{}{}", at_least(preview), sized(preview.objects, preview.bytes))),
        ("To copy", sized(preview.to_copy, preview.to_copy_bytes)),
        ("To skip, by the listing", counted(preview.to_skip, "object")),
        ("Only at the destination", extra),
    ];
    if preview.spec.mode == Mode::Mirror {
        rows.push(("To delete", format!("{}{}", at_least(preview), sized(preview.to_delete, preview.to_delete_bytes))));
    }
    if preview.refused > 0 {
        rows.push((
            "Cannot be copied",
            format!("{}: too large, or key too long at the destination", counted(preview.refused, "object")),
        ));
    }
    if preview.left_out > 0 {
        rows.push((
            "Left out",
            format!("{}: the key would be empty at the destination", counted(preview.left_out, "object")),
        ));
    }
    let requests = preview.requests;
    let asked = [(requests.list, "to list"), (requests.copy, "to copy"), (requests.head, "to read metadata")];
    let asked = asked.into_iter().chain([(requests.delete, "to delete")]);
    let asked = asked.filter(|(number, _)| *number > 0).map(|(number, what)| format!("{} {what}", count(number)));
    rows.push(("Requests", asked.collect::<Vec<_>>().join(", ")));
    rows.extend(preview.price.as_ref().map(|price| ("Price", format!("{}{price}", at_least(preview)))));
    rows
}

#[component]
pub fn Preview(preview: ClonePreview) -> impl IntoView {
    let row = |(name, value): (&'static str, String)| view! { <dt>{name}</dt><dd>{value}</dd> };
    let examples = preview.examples.join("\n");
    let selection = &preview.spec.selection;
    let only = (!selection.is_all()).then(|| format!("Only objects {selection}; all others are ignored."));
    view! {
        <section class="preview" aria-labelledby="preview" data-key="preview">
            <h2 id="preview">"Preview"</h2>
            <dl class="facts">{rows(&preview).into_iter().map(row).collect_view()}</dl>
            {only.map(|only| view! { <p class="note">{only}</p> })}
            {(!preview.complete).then(|| view! { <p class="note">"The preview stopped before the end of the listings. The job reads all of them."</p> })}
            {(!examples.is_empty()).then(|| view! {
                <details>
                    <summary>"First keys to copy"</summary>
                    <pre>{examples}</pre>
                </details>
            })}
        </section>
    }
}

#[cfg(test)]
mod tests {
    use model::{CloneSpec, RequestCounts, Selection, Time};

    use super::*;
    use crate::examples::preview;

    #[test]
    fn button_names_the_operation() {
        let form = CloneForm::default();
        assert_eq!(promise(&form, Some(&preview(Mode::Copy, false))), "Copy 7,400 objects, 61 MB");
        assert_eq!(promise(&form, Some(&preview(Mode::Verify, false))), "Compare 7,500 objects, 62 MB");
        assert_eq!(promise(&form, Some(&preview(Mode::Copy, true))), "Start dry run of 7,500 objects");
        let equal = ClonePreview { to_copy: 0, ..preview(Mode::Copy, false) };
        assert_eq!(promise(&form, Some(&equal)), "Copy nothing, compare 7,500 objects");
        assert_eq!(promise(&form, None), "Copy");
    }

    #[test]
    fn preview_of_selected_objects_says_so() {
        let all = preview(Mode::Copy, false);
        let selection = Selection { newer_than: Some(Time(0)), ..Selection::default() };
        let chosen = ClonePreview { spec: CloneSpec { selection, ..all.spec.clone() }, ..all.clone() };
        assert_eq!((rows(&all)[0].0, rows(&chosen)[0].0), ("At the source", "Selected at the source"));
        assert!(rows(&chosen)[3].1.starts_with("not counted"));
    }

    #[test]
    fn preview_shows_requests_and_price() {
        let requests = RequestCounts { list: 40, copy: 7_400, head: 12, delete: 12 };
        let price = Some(model::Prices::default().of(&requests));
        let rows = rows(&ClonePreview { requests, price, ..preview(Mode::Mirror, false) });
        let value = |name: &str| rows.iter().find(|(row, _)| *row == name).unwrap().1.clone();
        assert_eq!(value("Requests"), "40 to list, 7,400 to copy, 12 to read metadata, 12 to delete");
        assert_eq!(value("Price"), "about 0.037205 USD, by AWS's list prices for S3 Standard in us-east-1");
    }

    #[test]
    fn incomplete_preview_claims_no_total() {
        let cut = ClonePreview { complete: false, ..preview(Mode::Copy, false) };
        assert_eq!(promise(&CloneForm::default(), Some(&cut)), "Copy at least 7,400 objects, 61 MB");
        assert!(rows(&cut)[0].1.starts_with("at least"));
    }
}
