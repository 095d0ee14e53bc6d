//! The list of jobs: filters in the URL, keyset pages, and actions on all that a filter finds.

mod bulk;
mod filter;
mod filter_form;

use leptos::{either::Either, prelude::*};
use model::{Count, JobId};

pub use bulk::BulkPage;
pub use filter::read_filter;

use crate::{
    api::{self, JobList},
    context,
    error::{AppError, problem_in},
    format::{capped, things},
    query::Query,
    ui::{Fault, Follow, Followed, JobTable, Loaded, PageTitle},
};
use filter::{without_page, words};
use filter_form::FilterForm;

#[component]
pub fn JobsPage() -> impl IntoView {
    let query = context::page_query();
    view! {
        <PageTitle text="Jobs" />
        <Follow jobs=Followed::All />
        <h1>"Jobs"</h1>
        <FilterForm query=query.clone() />
        {problem_in(&query).map(|problem| view! { <Fault problem /> })}
        {done(&query).map(|text| view! { <p class="said" role="status">{text}</p> })}
        <Loaded of=load(query.clone()) let:list>
            <List query list />
        </Loaded>
    }
}

async fn load(query: Query) -> Result<JobList, AppError> {
    let after = query.get("after").map(str::parse::<JobId>).transpose()?;
    api::list_jobs(read_filter(&query)?, after).await
}

/// What an action on many jobs has just done, as its redirect tells.
fn done(query: &Query) -> Option<String> {
    let changed: u64 = query.get("changed")?.parse().ok()?;
    let jobs = things(changed, "job");
    Some(match query.get("did")? {
        "cancel" => format!("{jobs} asked to cancel."),
        "pause" => format!("{jobs} asked to pause."),
        "resume" => format!("{jobs} resumed."),
        _ => format!("{jobs} queued again."),
    })
}

#[component]
fn List(query: Query, list: JobList) -> impl IntoView {
    let JobList { now, page, total } = list;
    let filter = without_page(&query);
    let first_page = query.get("after").is_none();
    let unfiltered = filter.pairs().is_empty();
    let next = page.next.as_ref().map(|next| filter.clone().with("after", next).on("/jobs"));
    let summary = match words(&query) {
        words if words.is_empty() => format!("{} in all", jobs(total)),
        words => format!("{} with {}", jobs(total), words.join(", ")),
    };
    let rows = page.items;
    let empty = rows.is_empty();
    let first = filter.on("/jobs");
    view! {
        <div class="list-head">
            <p class="figures">{summary}</p>
            {(!empty).then(|| view! { <ForAll filter /> })}
        </div>
        {if empty {
            Either::Left(view! { <Nothing filtered=!unfiltered || !first_page /> })
        } else {
            Either::Right(view! { <JobTable jobs=rows now caption="Jobs, newest first" /> })
        }}
        <nav class="pages" aria-label="Pages">
            {(!first_page).then(|| view! { <a class="button" href=first>"First page"</a> })}
            {next.map(|next| view! { <a class="button" rel="next" href=next>"Next page"</a> })}
        </nav>
    }
}

/// `1 job`, `10,000+ jobs`.
fn jobs(total: Count) -> String {
    if total.capped { format!("{} jobs", capped(total)) } else { things(total.at_least, "job") }
}

/// The way to act on every job that the filter finds; how many these are is told before anything happens.
#[component]
fn ForAll(filter: Query) -> impl IntoView {
    let to = |action: &str| filter.clone().with("action", action).on("/jobs/bulk");
    view! {
        <p class="for-all">
            "All that match: " <a href=to("cancel")>"Cancel…"</a> " " <a href=to("retry_failed")>"Retry what failed…"</a> " "
            <a href=to("retry")>"Retry all…"</a>
        </p>
    }
}

#[component]
fn Nothing(filtered: bool) -> impl IntoView {
    if filtered {
        Either::Left(view! { <p class="empty">"No job matches. " <a href="/jobs">"Show all jobs"</a></p> })
    } else {
        Either::Right(
            view! { <p class="empty">"No jobs yet. " <a class="button" href="/clones/new">"New clone"</a></p> },
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_large_list_does_not_claim_an_exact_number() {
        assert_eq!(jobs(Count { at_least: 10_000, capped: true }), "10,000+ jobs");
        assert_eq!(jobs(Count { at_least: 1, capped: false }), "1 job");
    }

    #[test]
    fn what_was_done_to_many_jobs_is_said() {
        assert_eq!(done(&Query::read("did=cancel&changed=37")).as_deref(), Some("37 jobs asked to cancel."));
        assert_eq!(done(&Query::read("did=retry&changed=1")).as_deref(), Some("1 job queued again."));
        assert_eq!(done(&Query::read("did=cancel&changed=<b>")), None);
        assert_eq!(done(&Query::default()), None);
    }
}
