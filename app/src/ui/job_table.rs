//! Jobs as a table, which stacks into labelled rows on a narrow screen.

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
    /// Caption for screen readers.
    caption: &'static str,
    /// Shows a column with retry buttons.
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
                    <th scope="col" class="number">"Duration"</th>
                    <th scope="col">"Author"</th>
                    <th scope="col">"Requested"</th>
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
            <td data-label="Duration" class="number">
                {job.started_at.map(|from| view! { <Elapsed from to=job.ended_at now /> })}
            </td>
            <td data-label="Author">{job.author.clone()}</td>
            <td data-label="Requested" class="when">
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
