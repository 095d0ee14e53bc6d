//! The first page: what runs, what needs attention, what ended lately, are the stores there.

mod arrange;
mod first_steps;

use leptos::prelude::*;
use model::{Job, JobId, Overview, Time};

use crate::{
    api,
    format::{Mark, count, doing, standing},
    live::Live,
    ui::{Bar, JobActions, JobTable, Loaded, PageTitle, StateMark, StoreList},
};
use arrange::arrange;
use first_steps::FirstSteps;

#[component]
pub fn OverviewPage() -> impl IntoView {
    let live = Live::here();
    let overview = Resource::new(move || live.stale().get(), |_| api::overview());
    view! {
        <h1 class="visually-hidden">"Overview"</h1>
        <Loaded of=overview let:overview>
            <Sections overview />
        </Loaded>
    }
}

#[component]
fn Sections(overview: Overview) -> impl IntoView {
    let live = Live::here();
    let (now, stores, empty) = (overview.now, overview.stores.clone(), overview.empty);
    let lists = Memo::new(move |_| live.jobs().with(|heard| arrange(&overview, heard)));
    let active = Signal::derive(move || lists.with(|lists| lists.active.clone()));
    let failed = Signal::derive(move || lists.with(|lists| lists.failed.clone()));
    let lately = Signal::derive(move || lists.with(|lists| lists.lately.clone()));
    let running = Memo::new(move |_| active.with(Vec::len));
    let title = move || match running.get() {
        0 => "Overview".to_owned(),
        jobs => format!("{} running", count(jobs as u64)),
    };
    let unused = move || empty && running.get() == 0 && lately.with(Vec::is_empty);
    let demo = stores.iter().find(|store| store.embedded).map(|store| store.name.clone());
    view! {
        <PageTitle text=Signal::derive(title) />
        <Show when=unused>
            <FirstSteps demo=demo.clone() />
        </Show>
        <section aria-labelledby="running">
            <h2 id="running">"Running now"</h2>
            <Show when=move || running.get() == 0>
                <p class="empty">"Nothing runs. " <a href="/clones/new">"New clone"</a></p>
            </Show>
            <ul class="running">
                <For each=move || active.get() key=|job| job.id let(job)>
                    <Running job rows=active />
                </For>
            </ul>
        </section>
        <Show when=move || !failed.with(Vec::is_empty)>
            <section aria-labelledby="failed">
                <h2 id="failed">"Needs attention"</h2>
                <JobTable jobs=failed now caption="Failed jobs that nobody has tried again" retry=true />
            </section>
        </Show>
        <Show when=move || !lately.with(Vec::is_empty)>
            <Lately lately now />
        </Show>
        <section aria-labelledby="stores">
            <h2 id="stores">"Stores"</h2>
            <StoreList stores=stores.clone() />
        </section>
    }
}

#[component]
fn Lately(lately: Signal<Vec<Job>>, now: Time) -> impl IntoView {
    view! {
        <section aria-labelledby="lately">
            <h2 id="lately">"Lately"</h2>
            <JobTable jobs=lately now caption="Jobs that ended last" />
            <p><a href="/jobs">"All jobs"</a></p>
        </section>
    }
}

/// A job that has not ended: a bar, the figures, and what may be done.
#[component]
fn Running(job: Job, rows: Signal<Vec<Job>>) -> impl IntoView {
    let (id, title, kind): (JobId, _, _) = (job.id, job.title(), doing(&job.spec));
    let job = Live::here().row(job, rows);
    let mark = Signal::derive(move || job.with(Mark::of));
    view! {
        <li>
            <p class="running-title">
                <span class="kind">{kind}</span>
                " "
                <a href=format!("/jobs/{id}") data-row="">{title}</a>
                " "
                <StateMark mark />
            </p>
            <Bar job />
            <p class="figures">{move || job.with(standing).join(" · ")}</p>
            <JobActions job back="/" />
        </li>
    }
}
