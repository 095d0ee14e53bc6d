//! Bulk actions on all jobs that match a filter: a page that counts them and asks for confirmation.

use leptos::{prelude::*, server_fn::ServerFn};
use model::{Action, BulkOutcome, Retry};

use crate::{
    api::{self, ActOnJobs},
    context,
    error::{AppError, problem_in},
    format::counted_capped,
    forms::job_filter::{read_filter, without_page, words},
    query::Query,
    ui::{Fault, Loaded, PageTitle},
};

#[component]
pub fn BulkPage() -> impl IntoView {
    let query = context::page_query();
    view! {
        {problem_in(&query).map(|problem| view! { <Fault problem /> })}
        <Loaded of=load(query.clone()) let:loaded>
            <Ask query action=loaded.0 outcome=loaded.1 />
        </Loaded>
    }
}

async fn load(query: Query) -> Result<(Action, BulkOutcome), AppError> {
    let action = api::action_named(query.get("action").unwrap_or_default())?;
    Ok((action, api::preview_act_on_jobs(read_filter(&query)?, action).await?))
}

/// The verb of an action, and its effect on the jobs.
fn verb_and_effect(action: Action) -> (&'static str, &'static str) {
    match action {
        Action::Cancel => ("Cancel", "They stop within seconds. Objects already copied stay."),
        Action::Pause => ("Pause", "They stop within seconds and keep their progress until resumed."),
        Action::Resume => ("Resume", "They continue where they were paused."),
        Action::Retry(Retry::All) => {
            ("Retry", "They start again; objects that are already equal at the destination are skipped.")
        }
        Action::Retry(Retry::Failed) => (
            "Retry failed objects of",
            "Only objects that failed or were not reached are retried, then both listings are compared.",
        ),
    }
}

#[component]
fn Ask(query: Query, action: Action, outcome: BulkOutcome) -> impl IntoView {
    let filter = without_page(&query);
    let (verb, consequence) = verb_and_effect(action);
    let jobs = counted_capped(outcome.matched, "job");
    let title = format!("{verb} {jobs}");
    let narrowed = match words(&filter) {
        words if words.is_empty() => "No filter: applies to every job that allows this action.".to_owned(),
        words => format!("Filter: {}.", words.join(", ")),
    };
    let back = filter.on("/jobs");
    let fields = filter.on("");
    let any = outcome.matched.at_least > 0;
    view! {
        <PageTitle text=title.clone() />
        <h1>{title}</h1>
        <p class="note">{narrowed}</p>
        {if any {
            view! {
                <p>{consequence}</p>
                {outcome.matched.capped.then(|| view! { <p>"At most 10,000 jobs are changed at a time."</p> })}
                <form method="post" action=ActOnJobs::PATH class="actions confirm">
                    <input type="hidden" name="action" value=api::action_name(action) />
                    <input type="hidden" name="filter" value=fields />
                    <button class="main">{format!("{verb} {jobs}")}</button>
                    <a class="button" href=back>"Back to the list"</a>
                </form>
            }
            .into_any()
        } else {
            view! {
                <p class="empty">"No matching job allows this action."</p>
                <p><a class="button" href=back>"Back to the list"</a></p>
            }
            .into_any()
        }}
    }
}
