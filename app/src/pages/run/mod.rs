//! The page of a run: outcome and reason, evidence, details, failures, and related events.

mod beside;
mod evidence;
mod failures;
mod figures;
mod log;

use leptos::prelude::*;
use leptos_router::hooks::use_params_map;
use model::{Job, Problem, ProblemCode, RunId, RunView, Time, Window};

pub use log::RunLogPage;

use crate::{
    api, context,
    error::AppError,
    format::{Mark, file_name},
    forms::ReprocessForm,
    ui::{Accept, Accepted, Fault, Loaded, PageTitle, StateMark, not_accepted},
};
use beside::Beside;
use evidence::Evidence;
use failures::Failures;
use figures::Figures;

/// How long before and after a run other events count as related, in milliseconds.
const AROUND_MS: i64 = 300_000;

#[component]
pub fn RunPage() -> impl IntoView {
    let id = use_params_map().with_untracked(|params| params.get("id").unwrap_or_default());
    view! {
        {not_accepted(&context::page_query()).map(|problem| view! { <Fault problem /> })}
        <Loaded of=load(id) let:loaded>
            <Story view=loaded.0 jobs=loaded.1 />
        </Loaded>
    }
}

fn read_id(id: &str) -> Result<RunId, AppError> {
    let unknown = |_| AppError(Problem::new(ProblemCode::NotFound, "There is no run with this id."));
    id.parse().map_err(unknown)
}

/// The window of events related to a run.
fn around(view: &RunView) -> Result<Window, AppError> {
    let (start, ms) = (view.run.started_at.0, i64::try_from(view.run.duration_ms).unwrap_or(0));
    Ok(Window::new(Time(start - AROUND_MS), Time(start + ms + AROUND_MS))?)
}

/// Loads a run, and the jobs requested around it.
async fn load(id: String) -> Result<(RunView, Vec<Job>), AppError> {
    let view = api::get_run(read_id(&id)?).await?;
    let jobs = api::list_jobs_within(around(&view)?).await?;
    Ok((view, jobs))
}

#[component]
fn Story(view: RunView, jobs: Vec<Job>) -> impl IntoView {
    let around = around(&view).ok();
    let RunView { now, run, evidence, beside, alerts, console } = view;
    let key = run.key.as_ref().map_or_else(|| "no object".to_owned(), ToString::to_string);
    let mark = Mark::of_run(&run);
    let again = ReprocessForm::of_run(&run).map(|form| form.query().on("/reprocesses/new"));
    let logged = run.invocation.as_ref().is_some_and(|invocation| invocation.log_group.is_some());
    let log = logged.then(|| context::scope().on(&format!("/runs/{}/log", run.id)));
    let (summary, pipeline) = (run.summary.clone(), run.pipeline.clone());
    view! {
        <PageTitle text=format!("{} {} · {}", mark.shape, mark.word, file_name(&key)) />
        <header class="job-head">
            <p class="kind">"run"</p>
            <h1 class="long">{file_name(&key).to_owned()}</h1>
            <p class="job-state"><StateMark mark /></p>
            <p class="actions">
                {again.map(|again| view! { <a class="button" href=again>"Reprocess this object"</a> })}
                {log.map(|log| view! { <a class="button" href=log>"Log"</a> })}
                {console.map(|console| view! { <a class="button" href=console rel="external noreferrer">"Open in CloudWatch"</a> })}
            </p>
        </header>
        <p class="reason">{run.reason.clone()}</p>
        {run.accepted.clone().map(|of| view! { <Accepted of now /> })}
        {run.acceptable().then(|| {
            let back = context::scope().on(&format!("/runs/{}", run.id));
            view! { <Accept of=("run", run.id.to_string()) back /> }
        })}
        <Evidence lines=evidence now />
        <Figures run />
        {summary.map(|summary| view! { <Failures summary /> })}
        {around.map(|window| view! { <Beside window pipeline runs=beside alerts jobs now /> })}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::examples;

    #[test]
    fn run_shows_evidence_and_related_events() {
        let html = examples::html(|| view! { <Story view=examples::run_view() jobs=vec![examples::job(1)] /> });
        for text in [
            "timed out",
            "It was ended after 3.00 seconds.",
            "Task timed out &lt;b&gt;after&lt;/b&gt; 3.00 s",
            "120 MB of 128 MB",
            "billed",
            "cold",
            "2 attempts",
            "/log\"",
            "console.aws.amazon.com",
            "Related events",
            "Losing records",
            "demo-assets → demo-clone",
        ] {
            assert!(html.contains(text), "{text}: {html}");
        }
    }
}
