//! The list of pipelines with their health, lag and last run.

mod backfill;
mod canary;
mod dead_letters;
mod events;
mod gaps;
mod health;
mod one;
mod standing;
mod template;

use leptos::{either::Either, prelude::*};
use model::{PipelineList, PipelineStatus, Time};

pub use dead_letters::DeadLettersPage;
pub use one::PipelinePage;
pub use template::TemplatePage;

use crate::{
    api, context,
    format::Mark,
    ui::{Follow, Followed, Loaded, Moment, PageTitle, StateMark},
};
use standing::{health, lag};

#[component]
pub fn PipelinesPage() -> impl IntoView {
    view! {
        <PageTitle text="Pipelines" />
        <Follow jobs=Followed::Runs />
        <div class="list-head">
            <h1>"Pipelines"</h1>
            <a class="button" href="/reprocesses/new">"New reprocess"</a>
        </div>
        <Loaded of=api::list_pipelines() let:list>
            <List list />
        </Loaded>
    }
}

#[component]
fn List(list: PipelineList) -> impl IntoView {
    let PipelineList { now, items } = list;
    if items.is_empty() {
        return Either::Left(view! {
            <p class="empty">
                "No pipelines are configured. Add " <code>"[[sinks]]"</code> " and " <code>"[[pipelines]]"</code>
                " to the configuration file, then restart Logyard."
            </p>
        });
    }
    Either::Right(view! {
        <table class="rows">
            <caption class="visually-hidden">"Pipelines, as configured"</caption>
            <thead>
                <tr>
                    <th scope="col">"Pipeline"</th>
                    <th scope="col">"Health"</th>
                    <th scope="col">"Lag"</th>
                    <th scope="col">"Last run"</th>
                    <th scope="col">"Source and sink"</th>
                </tr>
            </thead>
            <tbody>{items.into_iter().map(|status| view! { <Row status now /> }).collect_view()}</tbody>
        </table>
    })
}

#[component]
fn Row(status: PipelineStatus, now: Time) -> impl IntoView {
    let name = status.pipeline.name.to_string();
    let scope = context::scope();
    let last = status.last_run.clone().map(|run| {
        view! {
            <a href=scope.on(&format!("/runs/{}", run.id))><StateMark mark=Mark::of_run(&run) /></a>
            " "
            <Moment at=run.started_at now />
        }
    });
    let how = if status.pipeline.follow { "followed" } else { "on request" };
    view! {
        <tr data-key=name.clone()>
            <th scope="row" data-label="Pipeline">
                <a href=scope.on(&format!("/pipelines/{name}")) data-row="">{name.clone()}</a>
                <p class="more">{how}</p>
            </th>
            <td data-label="Health"><StateMark mark=health(&status) /></td>
            <td data-label="Lag">{lag(&status)}</td>
            <td data-label="Last run">{last}</td>
            <td data-label="Source and sink">
                <code>{status.pipeline.source.url()}</code> " → " {status.pipeline.sink.to_string()}
            </td>
        </tr>
    }
}
