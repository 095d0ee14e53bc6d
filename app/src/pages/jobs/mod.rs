//! The list of jobs: filters in the URL, keyset pages, and actions on all that a filter finds.

mod bulk;
mod filter;
mod filter_form;
mod fresh;

use leptos::prelude::*;
use leptos_router::hooks::use_location;
use model::{Count, JobId};

pub use bulk::BulkPage;
pub use filter::read_filter;

use crate::{
    api::{self, JobList},
    error::{AppError, problem_in},
    format::{capped, things},
    live::Live,
    query::Query,
    ui::{Fault, JobTable, Loaded, PageTitle},
};
use filter::{without_page, words};
use filter_form::FilterForm;
use fresh::with_fresh;

/// The query of the page's URL.
pub(super) fn page_query() -> Memo<Query> {
    let search = use_location().search;
    Memo::new(move |_| search.with(|search| Query::read(search)))
}

#[component]
pub fn JobsPage() -> impl IntoView {
    let query = page_query();
    let live = Live::here();
    let jobs = Resource::new(
        move || (query.get(), live.stale().get()),
        |(query, _)| async move {
            let filter = read_filter(&query)?;
            let after = query.get("after").map(str::parse::<JobId>).transpose()?;
            let list = api::jobs(filter, after).await?;
            Ok::<_, AppError>((query, list))
        },
    );
    view! {
        <PageTitle text="Jobs" />
        <h1>"Jobs"</h1>
        <FilterForm query />
        {move || query.with(problem_in).map(|problem| view! { <Fault problem /> })}
        {move || query.with(done).map(|text| view! { <p class="said" role="status">{text}</p> })}
        <Loaded of=jobs let:loaded>
            <List query=loaded.0 list=loaded.1 />
        </Loaded>
    }
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
    let loaded = page.items;
    let empty = loaded.is_empty();
    let live = Live::here();
    let rows = Signal::derive(move || {
        if first_page && unfiltered { live.jobs().with(|heard| with_fresh(&loaded, heard)) } else { loaded.clone() }
    });
    let first = filter.on("/jobs");
    view! {
        <div class="list-head">
            <p class="figures">{summary}</p>
            {(!empty).then(|| view! { <ForAll filter /> })}
        </div>
        <Show
            when=move || !rows.with(Vec::is_empty)
            fallback=move || view! { <Nothing filtered=!unfiltered || !first_page /> }
        >
            <JobTable jobs=rows now caption="Jobs, newest first" />
        </Show>
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
        view! { <p class="empty">"No job matches. " <a href="/jobs">"Show all jobs"</a></p> }.into_any()
    } else {
        view! {
            <p class="empty">"No jobs yet. " <a class="button" href="/clones/new">"New clone"</a></p>
        }
        .into_any()
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
