//! Runs as a table, which stacks into labelled rows on a narrow screen.

use leptos::prelude::*;
use model::{Run, Time};

use crate::{
    context,
    format::{Mark, bytes, count, file_name, lost, shipped, took},
    ui::{Moment, StateMark},
};

#[component]
pub fn RunTable(
    runs: Vec<Run>,
    now: Time,
    /// Caption for screen readers.
    caption: &'static str,
) -> impl IntoView {
    view! {
        <table class="rows runs">
            <caption class="visually-hidden">{caption}</caption>
            <thead>
                <tr>
                    <th scope="col">"Object"</th>
                    <th scope="col">"Outcome"</th>
                    <th scope="col">"Shipped"</th>
                    <th scope="col" class="number">"Lost"</th>
                    <th scope="col" class="number">"Size"</th>
                    <th scope="col" class="number">"Duration"</th>
                    <th scope="col">"Started"</th>
                </tr>
            </thead>
            <tbody>{runs.into_iter().map(|run| view! { <Row run now /> }).collect_view()}</tbody>
        </table>
    }
}

#[component]
fn Row(run: Run, now: Time) -> impl IntoView {
    let id = run.id.to_string();
    let key = run.key.as_ref().map_or_else(|| "no object".to_owned(), ToString::to_string);
    let name = file_name(&key).to_owned();
    let pipeline = run.pipeline.as_ref().map(ToString::to_string);
    let lost = run.summary.as_ref().map(lost).filter(|lost| *lost > 0).map(count);
    view! {
        <tr data-key=id.clone()>
            <th scope="row" data-label="Object">
                <a href=context::scope().on(&format!("/runs/{id}")) data-row="" title=key><code>{name}</code></a>
                {pipeline.map(|name| view! { <p class="more">{name}</p> })}
            </th>
            <td data-label="Outcome"><StateMark mark=Mark::of_run(&run) /></td>
            <td data-label="Shipped">{shipped(&run)}</td>
            <td data-label="Lost" class="number">{lost.unwrap_or_else(|| "0".to_owned())}</td>
            <td data-label="Size" class="number">{run.size.map(bytes)}</td>
            <td data-label="Duration" class="number">{took(run.duration_ms)}</td>
            <td data-label="Started" class="when"><Moment at=run.started_at now /></td>
        </tr>
    }
}
