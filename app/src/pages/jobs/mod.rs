//! The list of jobs: filters in the URL, keyset paging, and actions on all matching jobs.

mod bulk;
mod filter_form;

use leptos::{either::Either, prelude::*};
use model::JobId;

pub use bulk::BulkPage;

use crate::{
    api::{self, JobList},
    context,
    error::{AppError, problem_in},
    format::{counted, counted_capped},
    forms::job_filter::{read_filter, without_page, words},
    query::Query,
    ui::{Fault, Follow, Followed, JobTable, Loaded, PageTitle},
};
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

/// The result of a bulk action, from the query of its redirect.
fn done(query: &Query) -> Option<String> {
    let changed: u64 = query.get("changed")?.parse().ok()?;
    let jobs = counted(changed, "job");
    Some(match query.get("did")? {
        "cancel" => format!("Cancellation of {jobs} requested."),
        "pause" => format!("Pause of {jobs} requested."),
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
        words if words.is_empty() => counted_capped(total, "job"),
        words => format!("{} with {}", counted_capped(total, "job"), words.join(", ")),
    };
    let rows = page.items;
    let empty = rows.is_empty();
    let first = filter.on("/jobs");
    view! {
        <div class="list-head">
            <p class="figures">{summary}</p>
            {(!empty).then(|| view! { <BulkActions filter /> })}
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

/// Links to bulk actions on all matching jobs; the next page says how many there are and asks for confirmation.
#[component]
fn BulkActions(filter: Query) -> impl IntoView {
    let to = |action: &str| filter.clone().with("action", action).on("/jobs/bulk");
    view! {
        <p class="for-all">
            "All matching jobs: " <a href=to("cancel")>"Cancel…"</a> " " <a href=to("retry_failed")>"Retry failed…"</a> " "
            <a href=to("retry")>"Retry all…"</a>
        </p>
    }
}

#[component]
fn Nothing(filtered: bool) -> impl IntoView {
    if filtered {
        Either::Left(view! { <p class="empty">"No matching jobs. " <a href="/jobs">"Show all jobs"</a></p> })
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
    fn result_of_bulk_action_is_shown() {
        assert_eq!(done(&Query::read("did=cancel&changed=37")).as_deref(), Some("Cancellation of 37 jobs requested."));
        assert_eq!(done(&Query::read("did=retry&changed=1")).as_deref(), Some("1 job queued again."));
        assert_eq!(done(&Query::read("did=cancel&changed=<b>")), None);
        assert_eq!(done(&Query::default()), None);
    }
}
