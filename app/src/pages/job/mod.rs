//! The page of a job: progress, proof, failures, runs, request and events.

mod events;
mod failures;
mod figures;
mod keyspace;
mod proof;
mod reprocess_request;
mod request;
mod runs;

use leptos::prelude::*;
use leptos_router::hooks::use_params_map;
use model::{Action, FailurePage, JobError, JobId, JobView, Kind, Problem, ProblemCode, State};

use crate::{
    api, context,
    error::{AppError, problem_in},
    format::{Mark, doing, headline},
    query::Query,
    ui::{Act, ActForm, Bar, Fault, Follow, Followed, JobActions, Loaded, PageTitle, StateMark},
};
use events::Events;
use failures::{Failures, FailuresWanted};
use figures::Figures;
use keyspace::KeySpace;
use proof::ProofTable;
use request::Request;
use runs::Runs;

#[component]
pub fn JobPage() -> impl IntoView {
    let id = use_params_map().with_untracked(|params| params.get("id").unwrap_or_default());
    let query = context::page_query();
    let wanted = FailuresWanted::read(&query);
    view! {
        <Loaded of=load(id, wanted.clone()) let:loaded>
            <Story view=loaded.0 failures=loaded.1 wanted query />
        </Loaded>
    }
}

async fn load(id: String, wanted: FailuresWanted) -> Result<(JobView, Option<FailurePage>), AppError> {
    let unknown = |_| AppError(Problem::new(ProblemCode::NotFound, "There is no job with this id."));
    let id = id.parse::<JobId>().map_err(unknown)?;
    Ok((api::get_job(id).await?, wanted.load(id).await?))
}

#[component]
fn Story(view: JobView, failures: Option<FailurePage>, wanted: FailuresWanted, query: Query) -> impl IntoView {
    let JobView { now, job, history, failures: groups, runs, dead_letters, events, command, curl } = view;
    let (id, title) = (job.id, job.title());
    let by = (job.author.clone(), job.created_at);
    let confirming = query.get("confirm") == Some("cancel") && job.allows(Action::Cancel).is_ok();
    let error = job.error.clone().filter(|_| job.state == State::Failed);
    view! {
        <PageTitle text=format!("{} · {title}", headline(&job)) />
        <Follow jobs=Followed::One(id) />
        <header class="job-head">
            <p class="kind">{doing(&job.spec)} " " <code>{id.short()}</code></p>
            <h1>{title}</h1>
            <p class="job-state"><StateMark mark=Mark::of(&job) /></p>
            <JobActions job=job.clone() back=format!("/jobs/{id}") all=true />
        </header>
        {problem_in(&query).map(|problem| view! { <Fault problem /> })}
        {confirming.then(|| view! { <ConfirmCancel id kind=job.kind /> })}
        {error.map(|error| view! { <JobFault error /> })}
        <section aria-labelledby="standing" data-key="standing">
            <h2 id="standing">"Progress"</h2>
            <Bar job=job.clone() />
            <KeySpace progress=job.progress.clone() />
            <Figures job=job.clone() history now />
        </section>
        <ProofTable job=job.clone() />
        {(!groups.is_empty()).then(|| view! { <Failures id groups page=failures wanted /> })}
        <Runs job=job.clone() runs dead_letters now />
        <Request id spec=job.spec by now command curl />
        <Events events now />
    }
}

/// Asks for confirmation before cancelling, and says what stays.
#[component]
fn ConfirmCancel(id: JobId, kind: Kind) -> impl IntoView {
    let lost = match kind {
        Kind::Clone => {
            "The job stops within seconds. Objects already copied stay at the destination; nothing is compared, so nothing is proven."
        }
        Kind::Backfill => "The job stops within seconds. Runs already recorded stay.",
        Kind::Reprocess => {
            "The job stops within seconds. Events already sent stay sent and recorded; an object in flight may be sent partially."
        }
    };
    view! {
        <section class="confirm-box" aria-labelledby="confirm" data-key="confirm">
            <h2 id="confirm">"Cancel this job?"</h2>
            <p>{lost}</p>
            <ActForm id back=format!("/jobs/{id}")>
                <Act action=Action::Cancel label="Cancel the job" title="" class="danger" />
                <a class="button" href=format!("/jobs/{id}")>"Keep running"</a>
            </ActForm>
        </section>
    }
}

/// Why the job failed, and what to do.
#[component]
fn JobFault(error: JobError) -> impl IntoView {
    view! {
        <div class="fault" data-key="fault">
            <p class="fault-title">{error.message}</p>
            <p>{error.advice}</p>
        </div>
    }
}
