//! The confirmation page of a mirror: what it would delete, and the field for the name that confirms it.
//!
//! Always: the page is not refreshed while it is read, and exactly the plan shown is started. If the plan is no longer
//! valid, nothing starts, and the page shows the new preview and what has changed.

mod confirm;

use leptos::prelude::*;
use model::{ClonePreview, Digest, Problem, ProblemCode};

use crate::{
    context,
    error::{AppError, problem_in},
    forms::CloneForm,
    pages::new_clone::Preview,
    query::Query,
    ui::{Fault, Loaded, PageTitle},
};
use confirm::Confirm;

struct Seen {
    form: CloneForm,
    preview: ClonePreview,
    /// How this plan differs from the one that was confirmed.
    changes: Option<String>,
}

async fn load(query: Query) -> Result<Seen, AppError> {
    let backend = context::ask()?;
    let form = CloneForm { mode: "mirror".to_owned(), dry_run: String::new(), ..CloneForm::read(&query) };
    let before = match query.get("plan").and_then(|id| id.parse::<Digest>().ok()) {
        Some(id) => backend.get_clone_plan(&id).await.ok(),
        None => None,
    };
    let preview = backend.preview_clone(&context::viewer()?, form.request()?).await?;
    let plans = before.and_then(|before| before.plan).zip(preview.plan.as_ref());
    let changes = plans.filter(|(before, now)| before.id != now.id).map(|(before, now)| before.changes(now));
    Ok(Seen { form, preview, changes })
}

#[component]
pub fn MirrorPage() -> impl IntoView {
    let query = context::page_query();
    let back = CloneForm { mode: "mirror".to_owned(), ..CloneForm::read(&query) }.query().on("/clones/new");
    view! {
        <PageTitle text="Mirror" />
        <h1>"Mirror"</h1>
        <p class="note">"Nothing has been written or deleted yet. " <a href=back>"Edit"</a></p>
        <Loaded of=load(query.clone()) let:seen>
            <Shown seen query />
        </Loaded>
    }
}

#[component]
fn Shown(seen: Seen, query: Query) -> impl IntoView {
    let Seen { form, preview, changes } = seen;
    let refused = problem_in(&query);
    let mistyped = refused.as_ref().is_some_and(|problem| problem.code == ProblemCode::Invalid);
    let refused = refused.filter(|_| !mistyped && changes.is_none());
    let spec = preview.spec.clone();
    view! {
        {refused.map(|problem| view! { <Fault problem=in_words(problem) /> })}
        {changes.map(|changes| view! { <Changed changes /> })}
        <dl class="facts">
            <dt>"Source"</dt>
            <dd><code>{spec.source.url()}</code> " at " {spec.source.store.to_string()}</dd>
            <dt>"Destination"</dt>
            <dd><code>{spec.destination.url()}</code> " at " {spec.destination.store.to_string()}</dd>
        </dl>
        <Preview preview=preview.clone() />
        <Confirm form preview mistyped />
    }
}

/// A conflict, worded for a mirror.
fn in_words(problem: Problem) -> Problem {
    if problem.code != ProblemCode::Conflict {
        return problem;
    }
    let detail = "The plan was older than an hour or no longer valid. Nothing was started. This is the current plan.";
    Problem { detail: detail.to_owned(), ..problem }
}

#[component]
fn Changed(changes: String) -> impl IntoView {
    view! {
        <div class="fault" role="alert">
            <p class="fault-title"><span aria-hidden="true">"✖ "</span> "The plan has changed since the preview"</p>
            <p>"Nothing was started. Changes: " {changes} ". Check the new plan, then confirm again."</p>
        </div>
    }
}
