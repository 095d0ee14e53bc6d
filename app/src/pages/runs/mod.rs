//! The list of runs: filters in the URL, a chart of lines over time, keyset paging.

mod filter;
mod filter_form;

use leptos::{either::Either, prelude::*};
use model::{RunCursor, RunList};

pub use filter::run_query;

use crate::{
    api, context,
    error::AppError,
    query::Query,
    scope::without_scope,
    ui::{FlowChart, Follow, Followed, Loaded, PageTitle, RunTable},
};
use filter::{read_filter, without_page};
use filter_form::FilterForm;

#[component]
pub fn RunsPage() -> impl IntoView {
    let query = context::page_query();
    view! {
        <PageTitle text="Runs" />
        <Follow jobs=Followed::Runs />
        <h1>"Runs"</h1>
        <p class="note">"Each run ships one log object. Its outcome says what is known to be delivered."</p>
        <FilterForm query=query.clone() />
        <Loaded of=load(query.clone()) let:list>
            <List query list />
        </Loaded>
    }
}

async fn load(query: Query) -> Result<RunList, AppError> {
    let after = query.get("after").map(str::parse::<RunCursor>).transpose()?;
    api::list_runs_with_sums(read_filter(&query)?, after).await
}

#[component]
fn List(query: Query, list: RunList) -> impl IntoView {
    let RunList { now, page, sums } = list;
    let filter = without_page(&query);
    let first_page = query.get("after").is_none();
    let next = page.next.as_ref().map(|next| filter.clone().with("after", next).on("/runs"));
    let first = filter.on("/runs");
    let filtered = !filter.pairs().is_empty() || !first_page;
    let list = without_scope(&filter);
    let charts = sums.iter().any(|sum| sum.runs > 0);
    view! {
        {charts.then(|| view! {
            <FlowChart sums list now />
        })}
        {if page.items.is_empty() {
            Either::Left(view! { <Nothing filtered /> })
        } else {
            Either::Right(view! { <RunTable runs=page.items now caption="Runs, newest first" /> })
        }}
        <nav class="pages" aria-label="Pages">
            {(!first_page).then(|| view! { <a class="button" href=first>"First page"</a> })}
            {next.map(|next| view! { <a class="button" rel="next" href=next>"Next page"</a> })}
        </nav>
    }
}

#[component]
fn Nothing(filtered: bool) -> impl IntoView {
    if filtered {
        Either::Left(view! { <p class="empty">"No matching runs. " <a href="/runs">"Show all runs"</a></p> })
    } else {
        Either::Right(view! {
            <p class="empty">"No runs yet. " <a class="button" href="/reprocesses/new">"New reprocess"</a></p>
        })
    }
}
