//! Jobs as a table: what, state, what came of it, how long, who, when. Stacks into labelled rows on a narrow screen.

use leptos::prelude::*;
use model::{Job, Time};

use crate::{
    format::{Mark, doing, outcome},
    live::Live,
    ui::{Elapsed, JobActions, Moment, StateMark},
};

#[component]
pub fn JobTable(
    #[prop(into)] jobs: Signal<Vec<Job>>,
    now: Time,
    /// What the table lists, for a screen reader.
    caption: &'static str,
    /// Offers to try failed jobs again.
    #[prop(optional)]
    retry: bool,
) -> impl IntoView {
    view! {
        <table class="rows">
            <caption class="visually-hidden">{caption}</caption>
            <thead>
                <tr>
                    <th scope="col">"Job"</th>
                    <th scope="col">"State"</th>
                    <th scope="col">"Outcome"</th>
                    <th scope="col" class="number">"Took"</th>
                    <th scope="col">"By"</th>
                    <th scope="col">"Asked for"</th>
                    {retry.then(|| view! { <th scope="col">"Actions"</th> })}
                </tr>
            </thead>
            <tbody>
                <For each=move || jobs.get() key=|job| job.id let(job)>
                    <JobRow job rows=jobs now retry />
                </For>
            </tbody>
        </table>
    }
}

#[component]
fn JobRow(job: Job, rows: Signal<Vec<Job>>, now: Time, retry: bool) -> impl IntoView {
    let (id, title, kind) = (job.id, job.title(), doing(&job.spec));
    let (author, created_at) = (job.author.clone(), job.created_at);
    let job = Live::here().row(job, rows);
    let mark = Signal::derive(move || job.with(Mark::of));
    let took = move || {
        let (from, to) = job.with(|job| (job.started_at, job.ended_at));
        from.map(|from| view! { <Elapsed from to now /> })
    };
    view! {
        <tr>
            <th scope="row" data-label="Job">
                <a href=format!("/jobs/{id}") data-row="">
                    <span class="kind">{kind}</span>
                    " "
                    {title}
                </a>
            </th>
            <td data-label="State">
                <StateMark mark />
            </td>
            <td data-label="Outcome" class="outcome">{move || job.with(outcome)}</td>
            <td data-label="Took" class="number">{took}</td>
            <td data-label="By">{author}</td>
            <td data-label="Asked for" class="when">
                <Moment at=created_at now />
            </td>
            {retry
                .then(|| {
                    view! {
                        <td data-label="Actions">
                            <JobActions job back="/" all=true />
                        </td>
                    }
                })}
        </tr>
    }
}
