//! One action on every job that a filter finds, in two steps: how many these are, then the button that says so.

use leptos::{prelude::*, server_fn::ServerFn};
use model::{Action, BulkOutcome, Retry};

use crate::{
    api::{self, ActOnJobs},
    context,
    error::{AppError, problem_in},
    query::Query,
    ui::{Fault, Loaded, PageTitle},
};

use super::{
    filter::{read_filter, without_page, words},
    jobs,
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

/// `Cancel`, and what that means for the jobs.
fn meaning(action: Action) -> (&'static str, &'static str) {
    match action {
        Action::Cancel => ("Cancel", "They stop within seconds. What they have copied stays where it is."),
        Action::Pause => ("Pause", "They stop within seconds and keep their place until they are resumed."),
        Action::Resume => ("Resume", "They go on from where they were paused."),
        Action::Retry(Retry::All) => {
            ("Retry", "They start again; what is equal at the destination already is skipped.")
        }
        Action::Retry(Retry::Failed) => (
            "Retry what failed in",
            "Only objects that failed or were never reached are tried again, then both listings compared.",
        ),
    }
}

#[component]
fn Ask(query: Query, action: Action, outcome: BulkOutcome) -> impl IntoView {
    let filter = without_page(&query);
    let (verb, consequence) = meaning(action);
    let jobs = jobs(outcome.matched);
    let title = format!("{verb} {jobs} that match");
    let narrowed = match words(&filter) {
        words if words.is_empty() => "No filter is set: every job that can be changed is meant.".to_owned(),
        words => format!("The filter: {}.", words.join(", ")),
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
                {outcome.matched.capped.then(|| view! { <p>"At most 10,000 are changed at a time."</p> })}
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
                <p class="empty">"No job that matches allows it."</p>
                <p><a class="button" href=back>"Back to the list"</a></p>
            }
            .into_any()
        }}
    }
}
