//! Events related to a run: other runs of its pipeline, active alerts, and requested jobs.

use leptos::prelude::*;
use model::{Alert, Job, PipelineName, Run, Time, Window};

use crate::{
    context,
    pages::run_query,
    query::Query,
    ui::{AlertCards, JobTable, RunTable},
};

#[component]
pub fn Beside(
    window: Window,
    pipeline: Option<PipelineName>,
    runs: Vec<Run>,
    alerts: Vec<Alert>,
    jobs: Vec<Job>,
    now: Time,
) -> impl IntoView {
    let then = context::scope().narrowed(window);
    let list = pipeline.as_ref().map_or_else(Query::default, run_query);
    let link = |path: String, text: &'static str| view! { <li><a href=then.on(&path)>{text}</a></li> };
    let (some_runs, some_jobs) = (!runs.is_empty(), !jobs.is_empty());
    let nothing = !some_runs && !some_jobs && alerts.is_empty();
    let back = context::scope().on("/alerts");
    view! {
        <section aria-labelledby="then" data-key="then">
            <h2 id="then">"Related events"</h2>
            {nothing.then(|| view! { <p class="empty">"No other events are recorded within five minutes of this run."</p> })}
            <AlertCards alerts now back />
            {some_runs.then(|| view! { <RunTable runs now caption="Runs of the pipeline within five minutes" /> })}
            {some_jobs.then(|| view! { <JobTable jobs now caption="Jobs requested within five minutes" /> })}
            <ul class="choices">
                {link(list.on("/runs"), "All runs in this window")}
                {link("/jobs".to_owned(), "All jobs in this window")}
                {link("/alerts".to_owned(), "All alerts in this window")}
            </ul>
        </section>
    }
}
