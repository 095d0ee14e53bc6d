//! One job as a story from top to bottom: what was asked, where it stands, what failed, the proof, who did what when.

mod asked;
mod events;
mod failures;
mod figures;
mod follow;
mod proof;

use leptos::{either::Either, prelude::*};
use leptos_router::hooks::use_params_map;
use model::{Action, FailurePage, Job, JobId, JobView, Problem, ProblemCode, State};

use crate::{
    api,
    error::{AppError, problem_in},
    format::{Mark, doing, headline},
    query::Query,
    ui::{Act, ActForm, Bar, Fault, JobActions, Loaded, PageTitle, StateMark},
};
use asked::Asked;
use events::Events;
use failures::{Failures, FailuresWanted};
use figures::Figures;
use follow::Followed;
use proof::ProofTable;

use super::jobs::page_query;

#[component]
pub fn JobPage() -> impl IntoView {
    let params = use_params_map();
    let id = Memo::new(move |_| params.with(|params| params.get("id").unwrap_or_default()));
    let query = page_query();
    let wanted = Memo::new(move |_| query.with(FailuresWanted::read));
    let loaded = Resource::new(
        move || (id.get(), wanted.get()),
        |(id, wanted)| async move {
            let unknown = |_| AppError(Problem::new(ProblemCode::NotFound, "There is no job with this id."));
            let id = id.parse::<JobId>().map_err(unknown)?;
            Ok::<_, AppError>((api::job(id).await?, wanted.load(id).await?))
        },
    );
    view! {
        <Loaded of=loaded let:loaded>
            <Story view=loaded.0 failures=loaded.1 query />
        </Loaded>
    }
}

#[component]
fn Story(view: JobView, failures: Option<FailurePage>, query: Memo<Query>) -> impl IntoView {
    let (id, now, title, kind) = (view.job.id, view.now, view.job.title(), doing(&view.job.spec));
    let (spec, command, curl) = (view.job.spec.clone(), view.command.clone(), view.curl.clone());
    let asked_by = (view.job.author.clone(), view.job.created_at);
    let Followed { view, job, history } = Followed::from(view);
    let mark = Signal::derive(move || job.with(Mark::of));
    let page_title = {
        let title = title.clone();
        Signal::derive(move || format!("{} · {title}", job.with(headline)))
    };
    let confirming = Memo::new(move |_| {
        query.with(|query| query.get("confirm") == Some("cancel")) && job.with(|job| job.allows(Action::Cancel).is_ok())
    });
    view! {
        <PageTitle text=page_title />
        <header class="job-head">
            <p class="kind">{kind} " " <code>{id.short()}</code></p>
            <h1>{title}</h1>
            <p class="job-state"><StateMark mark /></p>
            <JobActions job back=format!("/jobs/{id}") all=true />
        </header>
        {move || query.with(problem_in).map(|problem| view! { <Fault problem /> })}
        <Show when=move || confirming.get()>
            <ConfirmCancel id />
        </Show>
        <JobFault job />
        <section aria-labelledby="standing">
            <h2 id="standing">"Where it stands"</h2>
            <Bar job />
            <Figures job history now />
        </section>
        <ProofTable job />
        <Failures view id page=failures query />
        <Asked spec by=asked_by now command curl />
        <Events view now />
    }
}

/// The step before cancelling: what is lost and what stays.
#[component]
fn ConfirmCancel(id: JobId) -> impl IntoView {
    view! {
        <section class="confirm-box" aria-labelledby="confirm">
            <h2 id="confirm">"Cancel this job?"</h2>
            <p>"It stops within seconds. What it has copied stays at the destination; nothing is compared, so nothing is proven."</p>
            <ActForm id back=format!("/jobs/{id}")>
                <Act action=Action::Cancel label="Cancel the job" title="" class="danger" />
                <a class="button" href=format!("/jobs/{id}")>"Keep it"</a>
            </ActForm>
        </section>
    }
}

/// Why the job ended without success, and what to do about it.
#[component]
fn JobFault(job: Memo<Job>) -> impl IntoView {
    let error = Memo::new(move |_| job.with(|job| job.error.clone().filter(|_| job.state == State::Failed)));
    move || {
        error.get().map_or(Either::Left(()), |error| {
            Either::Right(view! {
                <div class="fault">
                    <p class="fault-title">{error.message}</p>
                    <p>{error.advice}</p>
                </div>
            })
        })
    }
}
