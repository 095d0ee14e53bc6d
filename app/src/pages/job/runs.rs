//! The latest runs of a reprocess, and its dead letters.

use leptos::prelude::*;
use model::{Job, Proof, Run, Spec, Time};

use crate::{
    context,
    format::counted,
    forms::ReprocessForm,
    query::Query,
    ui::{Accept, RunTable},
};

#[component]
pub fn Runs(job: Job, runs: Vec<Run>, dead_letters: bool, now: Time) -> impl IntoView {
    let id = job.id;
    let acceptable = job.state.ended() && runs.iter().any(Run::acceptable);
    let all = Query::default().with("job", &id.to_string()).on("/runs");
    (!runs.is_empty()).then(|| {
        view! {
            <section aria-labelledby="runs" data-key="runs">
                <h2 id="runs">"Runs"</h2>
                <RunTable runs now caption="Runs of this job, newest first" />
                <p><a href=all>"All runs of this job"</a></p>
                {dead_letters.then(|| view! { <DeadLetters job /> })}
                {acceptable.then(|| view! { <Accept of=("job", id.to_string()) back=context::scope().on(&format!("/jobs/{id}")) /> })}
            </section>
        }
    })
}

/// Links to download the dead letters and to send them again.
#[component]
fn DeadLetters(job: Job) -> impl IntoView {
    let undelivered = match &job.proof {
        Some(Proof::Shipped(shipped)) => shipped.undelivered + shipped.unparsed,
        _ => 0,
    };
    let again = match &job.spec {
        Spec::Reprocess(spec) if !spec.dry_run => ReprocessForm::of(spec).map(|form| {
            let form = ReprocessForm {
                pipeline: form.pipeline,
                dead_letters_of: job.id.to_string(),
                extent: "all".to_owned(),
                ..ReprocessForm::default()
            };
            form.query().on("/reprocesses/new")
        }),
        _ => None,
    };
    let file = format!("/api/v1/jobs/{}/dead-letters", job.id);
    (undelivered > 0).then(|| view! {
        <p class="actions">
            <a href=file rel="external" download="">"Download " {counted(undelivered, "dead letter")} " as NDJSON"</a>
            {again.map(|again| view! { <a class="button" href=again>"Reprocess the dead letters"</a> })}
        </p>
    })
}
