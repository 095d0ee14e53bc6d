//! What would be deleted, in red, and the field and the button that start it.

use leptos::{prelude::*, server_fn::ServerFn};
use model::ClonePreview;

use crate::{
    api::StartClone,
    format::{bytes, count, things},
    pages::new_clone::{CloneForm, form_key},
    ui::NameField,
};

/// What the button says it will do.
fn promise(preview: &ClonePreview) -> String {
    let copying = match preview.to_copy {
        0 => "copy nothing".to_owned(),
        number => format!("copy {}", count(number)),
    };
    match preview.to_delete {
        0 => format!("Mirror: {copying}, delete nothing"),
        number => format!("Delete {}, {copying}", things(number, "object")),
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
                        <NameField name wrong=mistyped.then_some("✖ That was not the destination's name, letter by letter. Nothing was started.") />
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
        number => format!("{}, {}, would be deleted", things(number, "object"), bytes(preview.to_delete_bytes)),
    };
    let place = format!("{} at {}", preview.spec.destination.url(), preview.spec.destination.store);
    view! {
        <h2 id="delete" class=(preview.to_delete > 0).then_some("losses")>{title}</h2>
        {(preview.to_delete > 0).then(|| view! {
            <p>"They are at " {place} ", and the source has none of that name:"</p>
            <pre class="losses">{examples}</pre>
            {(more > 0).then(|| view! { <p>"and " {count(more)} " more."</p> })}
            <p class="note">
                "Deleting begins after everything was copied, and only if nothing failed. Each object is deleted if it is \
                still the one listed and the source still has none of that name. In a bucket without versions it cannot be \
                brought back."
            </p>
        })}
    }
}

/// The form's values, so that what is started is what was previewed.
#[component]
fn Values(form: CloneForm) -> impl IntoView {
    let pairs = form.query().pairs().to_vec();
    pairs.into_iter().map(|(name, value)| view! { <input type="hidden" name=name value=value /> }).collect_view()
}

/// A plan needs both listings whole.
#[component]
fn TooLong() -> impl IntoView {
    view! {
        <section class="confirm-box" aria-labelledby="delete" data-key="delete">
            <h2 id="delete">"No plan"</h2>
            <p>
                "The listings are longer than a page can wait for, so nobody can say what would be deleted, and nothing will \
                be. On the command line, logyard clone with --mode mirror takes the time that it needs; or mirror one prefix \
                after the other."
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
    fn the_button_says_first_what_is_lost() {
        assert_eq!(promise(&preview(10, 3)), "Delete 3 objects, copy 10");
        assert_eq!(promise(&preview(0, 1)), "Delete 1 object, copy nothing");
        assert_eq!(promise(&preview(10, 0)), "Mirror: copy 10, delete nothing");
    }
}
