//! The objects that a mirror would delete, and the form that confirms it.

use leptos::{prelude::*, server_fn::ServerFn};
use model::ClonePreview;

use crate::{
    api::StartClone,
    format::{bytes, count, counted},
    forms::{CloneForm, form_key},
    ui::NameField,
};

/// The label of the start button.
fn promise(preview: &ClonePreview) -> String {
    let copying = match preview.to_copy {
        0 => "copy nothing".to_owned(),
        number => format!("copy {}", count(number)),
    };
    match preview.to_delete {
        0 => format!("Mirror: {copying}, delete nothing"),
        number => format!("Delete {}, {copying}", counted(number, "object")),
    }
}

#[component]
pub fn Confirm(form: CloneForm, preview: ClonePreview, mistyped: bool) -> impl IntoView {
    let name = preview.spec.destination.url();
    match &preview.plan {
        None => view! { <TooLong /> }.into_any(),
        Some(plan) => {
            let (id, promise) = (plan.id.to_string(), promise(&preview));
            let lost = preview.to_delete > 0;
            view! {
                <section class="confirm-box" aria-labelledby="delete" data-key="delete">
                    <Losses preview=preview.clone() />
                    <form method="post" action=StartClone::PATH class="clone-form">
                        <input type="hidden" name="key" value=form_key() />
                        <input type="hidden" name="plan" value=id />
                        <Values form />
                        <NameField name wrong=mistyped.then_some("✖ The name does not match the destination exactly. Nothing was started.") />
                        <p class="actions"><button class=if lost { "danger" } else { "main" }>{promise}</button></p>
                    </form>
                </section>
            }
            .into_any()
        }
    }
}

#[component]
fn Losses(preview: ClonePreview) -> impl IntoView {
    let examples = preview.delete_examples.join("\n");
    let more = preview.to_delete.saturating_sub(preview.delete_examples.len() as u64);
    let title = match preview.to_delete {
        0 => "Nothing would be deleted".to_owned(),
        number => format!("{}, {}, would be deleted", counted(number, "object"), bytes(preview.to_delete_bytes)),
    };
    let place = format!("{} at {}", preview.spec.destination.url(), preview.spec.destination.store);
    view! {
        <h2 id="delete" class=(preview.to_delete > 0).then_some("losses")>{title}</h2>
        {(preview.to_delete > 0).then(|| view! {
            <p>"They are at " {place} " and have no counterpart at the source:"</p>
            <pre class="losses">{examples}</pre>
            {(more > 0).then(|| view! { <p>"and " {count(more)} " more."</p> })}
            <p class="note">
                "Deletion starts after all objects are copied, and only if none failed. An object is deleted only if it is \
                unchanged since the listing and the source still has no object of that name. In a bucket without versioning \
                it cannot be restored."
            </p>
        })}
    }
}

/// The previewed values as hidden form fields.
#[component]
fn Values(form: CloneForm) -> impl IntoView {
    let pairs = form.query().pairs().to_vec();
    pairs.into_iter().map(|(name, value)| view! { <input type="hidden" name=name value=value /> }).collect_view()
}

/// Shown if the preview could not read both listings completely.
#[component]
fn TooLong() -> impl IntoView {
    view! {
        <section class="confirm-box" aria-labelledby="delete" data-key="delete">
            <h2 id="delete">"No plan"</h2>
            <p>
                "The listings are too long to preview on a page, so the deletions are unknown and nothing can be started here. \
                Run logyard clone with --mode mirror on the command line, or mirror one prefix at a time."
            </p>
        </section>
    }
}

#[cfg(test)]
mod tests {
    use model::Mode;

    use super::*;
    use crate::examples;

    fn preview(to_copy: u64, to_delete: u64) -> ClonePreview {
        ClonePreview { to_copy, to_delete, ..examples::preview(Mode::Mirror, false) }
    }

    #[test]
    fn button_names_deletions_first() {
        assert_eq!(promise(&preview(10, 3)), "Delete 3 objects, copy 10");
        assert_eq!(promise(&preview(0, 1)), "Delete 1 object, copy nothing");
        assert_eq!(promise(&preview(10, 0)), "Mirror: copy 10, delete nothing");
    }
}
