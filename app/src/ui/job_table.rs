//! Jobs as a table: what, state, what came of it, how long, who, when. Stacks into labelled rows on a narrow screen.

use leptos::prelude::*;
use model::{Job, Time};

use crate::{
    context,
    format::{Mark, doing, outcome},
    ui::{Elapsed, JobActions, Moment, StateMark},
};

#[component]
pub fn JobTable(
    jobs: Vec<Job>,
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
            <tbody>{jobs.into_iter().map(|job| view! { <JobRow job now retry /> }).collect_view()}</tbody>
        </table>
    }
}

#[component]
fn JobRow(job: Job, now: Time, retry: bool) -> impl IntoView {
    let id = job.id.to_string();
    view! {
        <tr data-key=id.clone()>
            <th scope="row" data-label="Job">
                <a href=context::scope().on(&format!("/jobs/{id}")) data-row="">
                    <span class="kind">{doing(&job.spec)}</span>
                    " "
                    {job.title()}
                </a>
            </th>
            <td data-label="State">
                <StateMark mark=Mark::of(&job) />
            </td>
            <td data-label="Outcome" class="outcome">{outcome(&job)}</td>
            <td data-label="Took" class="number">
                {job.started_at.map(|from| view! { <Elapsed from to=job.ended_at now /> })}
            </td>
            <td data-label="By">{job.author.clone()}</td>
            <td data-label="Asked for" class="when">
                <Moment at=job.created_at now />
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
