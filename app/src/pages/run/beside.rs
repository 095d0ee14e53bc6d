//! What else happened around a run: other runs of its pipeline, alerts that held, jobs that were asked for.

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
            <h2 id="then">"What else happened then"</h2>
            {nothing.then(|| view! { <p class="empty">"Nothing within five minutes of it that Logyard knows of."</p> })}
            <AlertCards alerts now back />
            {some_runs.then(|| view! { <RunTable runs now caption="Runs of the pipeline within five minutes" /> })}
            {some_jobs.then(|| view! { <JobTable jobs now caption="Jobs asked for within five minutes" /> })}
            <ul class="choices">
                {link(list.on("/runs"), "All runs of that time")}
                {link("/jobs".to_owned(), "All jobs of that time")}
                {link("/alerts".to_owned(), "All alerts of that time")}
            </ul>
        </section>
    }
}
