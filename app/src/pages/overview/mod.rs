//! The first page: what runs, what needs attention, what ended lately, are the stores there.

mod first_steps;

use leptos::prelude::*;
use model::{Job, Overview, PipelineStatus};

use crate::{
    api, context,
    error::problem_in,
    format::{Mark, count, doing, standing},
    pages::{health, lag},
    ui::{Bar, Fault, Follow, Followed, JobActions, JobTable, Loaded, PageTitle, StateMark, StoreList},
};
use first_steps::FirstSteps;

#[component]
pub fn OverviewPage() -> impl IntoView {
    view! {
        <Follow jobs=Followed::All />
        <h1 class="visually-hidden">"Overview"</h1>
        {problem_in(&context::page_query()).map(|problem| view! { <Fault problem /> })}
        <Loaded of=api::overview() let:overview>
            <Sections overview />
        </Loaded>
    }
}

#[component]
fn Sections(overview: Overview) -> impl IntoView {
    let Overview { now, active, failed, lately, pipelines, stores, empty, .. } = overview;
    let title = match active.len() {
        0 => "Overview".to_owned(),
        jobs => format!("{} running", count(jobs as u64)),
    };
    let demo = stores.iter().find(|store| store.embedded).map(|store| store.name.clone());
    view! {
        <PageTitle text=title />
        {empty.then(|| view! { <FirstSteps demo /> })}
        {(!pipelines.is_empty()).then(|| view! { <Arriving pipelines /> })}
        <section aria-labelledby="running" data-key="running">
            <h2 id="running">"Running now"</h2>
            {active.is_empty().then(|| view! { <p class="empty">"Nothing runs. " <a href="/clones/new">"New clone"</a></p> })}
            <ul class="running">{active.into_iter().map(|job| view! { <Running job /> }).collect_view()}</ul>
        </section>
        {(!failed.is_empty())
            .then(|| {
                view! {
                    <section aria-labelledby="failed" data-key="failed">
                        <h2 id="failed">"Needs attention"</h2>
                        <JobTable jobs=failed now caption="Failed jobs that nobody has tried again" retry=true />
                    </section>
                }
            })}
        {(!lately.is_empty())
            .then(|| {
                view! {
                    <section aria-labelledby="lately" data-key="lately">
                        <h2 id="lately">"Lately"</h2>
                        <JobTable jobs=lately now caption="Jobs that ended last" />
                        <p><a href="/jobs">"All jobs"</a></p>
                    </section>
                }
            })}
        <section aria-labelledby="stores" data-key="stores">
            <h2 id="stores">"Stores"</h2>
            <StoreList stores />
        </section>
    }
}

/// The first question of whoever is on call.
#[component]
fn Arriving(pipelines: Vec<PipelineStatus>) -> impl IntoView {
    let item = |status: PipelineStatus| {
        let name = status.pipeline.name.to_string();
        view! {
            <li data-key=name.clone()>
                <a href=format!("/pipelines/{name}")>{name.clone()}</a>
                " "
                <StateMark mark=health(&status) />
                " "
                <span class="more">"lag " {lag(&status)}</span>
            </li>
        }
    };
    view! {
        <section aria-labelledby="arriving" data-key="arriving">
            <h2 id="arriving">"Is everything arriving?"</h2>
            <ul class="choices">{pipelines.into_iter().map(item).collect_view()}</ul>
        </section>
    }
}

/// A job that has not ended: a bar, the figures, and what may be done.
#[component]
fn Running(job: Job) -> impl IntoView {
    let id = job.id.to_string();
    view! {
        <li data-key=id.clone()>
            <p class="running-title">
                <span class="kind">{doing(&job.spec)}</span>
                " "
                <a href=format!("/jobs/{id}") data-row="">{job.title()}</a>
                " "
                <StateMark mark=Mark::of(&job) />
            </p>
            <Bar job=job.clone() />
            <p class="figures">{standing(&job).join(" · ")}</p>
            <JobActions job back="/" />
        </li>
    }
}
