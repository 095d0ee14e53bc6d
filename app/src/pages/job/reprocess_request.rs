//! What was requested of a reprocess, by whom, and how to request it again.

use leptos::prelude::*;
use model::{Extent, ReprocessSpec, Time};

use crate::{
    format::{count, counted},
    forms::ReprocessForm,
    ui::{Copyable, Moment},
};

#[component]
pub fn ReprocessRequest(
    spec: ReprocessSpec,
    by: (String, Time),
    now: Time,
    command: String,
    curl: String,
) -> impl IntoView {
    let (author, at) = by;
    let again = ReprocessForm::of(&spec).map(|form| form.query().on("/reprocesses/new"));
    let pipeline = spec.pipeline.clone().map(|name| {
        view! { <dt>"Pipeline"</dt><dd><a href=format!("/pipelines/{name}")>{name.to_string()}</a></dd> }
    });
    let window = spec.window.map(|window| {
        view! { <dt>"Window"</dt><dd><Moment at=window.from() now /> " to " <Moment at=window.to() now /></dd> }
    });
    let dead_letters = spec.dead_letters_of.map(|job| {
        view! { <dt>"Dead letters of"</dt><dd><a href=format!("/jobs/{job}")>"job " {job.short()}</a></dd> }
    });
    let keys = match spec.keys.as_slice() {
        [] => None,
        [key] => Some(key.to_string()),
        keys => Some(format!("{}, such as {}", counted(keys.len() as u64, "object"), keys[0])),
    };
    let rate = spec.max_events_per_second.map(|most| format!(", at most {} events per second", count(most.into())));
    view! {
        <section aria-labelledby="request" data-key="request">
            <h2 id="request">"Request"</h2>
            <dl class="facts">
                {pipeline}
                <dt>"Source"</dt>
                <dd><code>{spec.source.url()}</code> " at " {spec.source.store.to_string()}</dd>
                <dt>"Sink"</dt>
                <dd>{spec.sink.to_string()}</dd>
                {window}
                {keys.map(|keys| view! { <dt>"Keys"</dt><dd><code>{keys}</code></dd> })}
                {dead_letters}
                <dt>"Operation"</dt>
                <dd>{operation(&spec)} {rate}</dd>
                <dt>"Requested"</dt>
                <dd>"by " {author} " at " <Moment at now /></dd>
            </dl>
            {again.map(|again| view! { <p class="actions"><a class="button" href=again>"Edit and run again"</a></p> })}
            <Copyable label="Command line" text=command />
            <Copyable label="API request" text=curl />
        </section>
    }
}

fn operation(spec: &ReprocessSpec) -> &'static str {
    match (spec.dry_run, spec.plan.is_some(), spec.extent) {
        (true, _, _) => "dry run: read and parse, send nothing",
        (false, true, _) => "send exactly the previewed objects",
        (false, false, Extent::Missing) => "send objects that no recorded run has delivered",
        (false, false, Extent::All) => "send all objects, even if already delivered",
    }
}
