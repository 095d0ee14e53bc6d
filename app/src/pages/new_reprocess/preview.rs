//! The preview of a reprocess: figures, a chart over time, a list of objects, and the label of the start button.

use leptos::prelude::*;
use model::{LogObject, ReprocessPreview, Time};

use crate::{
    format::{bytes, counted, file_name},
    forms::ReprocessForm,
    ui::{BarChart, Moment, TimeBar},
};

/// The label of the start button.
pub fn promise(form: &ReprocessForm, preview: Option<&ReprocessPreview>) -> String {
    let verb = if form.dry_run.is_empty() { "Send" } else { "Parse" };
    match preview {
        None => format!("{verb} objects"),
        Some(preview) if preview.to_send == 0 && preview.complete => "Nothing to send".to_owned(),
        Some(preview) => {
            let least = if preview.complete { "" } else { "at least " };
            format!("{verb} {least}{}, {}", counted(preview.to_send, "object"), bytes(preview.to_send_bytes))
        }
    }
}

fn rows(preview: &ReprocessPreview) -> Vec<(&'static str, String)> {
    let sized = |objects: u64, size: u64| format!("{}, {}", counted(objects, "object"), bytes(size));
    let least = if preview.complete { "" } else { "at least " };
    let mut rows = vec![
        ("Found", format!("{least}{}", sized(preview.objects, preview.bytes))),
        ("Already delivered", counted(preview.delivered, "object")),
        ("To send", format!("{least}{}", sized(preview.to_send, preview.to_send_bytes))),
    ];
    if preview.left_out > 0 {
        rows.push(("Left out, not load balancer logs", counted(preview.left_out, "object")));
    }
    rows
}

#[component]
pub fn Preview(preview: ReprocessPreview) -> impl IntoView {
    let row = |(name, value): (&'static str, String)| view! { <dt>{name}</dt><dd>{value}</dd> };
    let now = preview.at;
    let bars: Vec<TimeBar> = preview
        .intervals
        .iter()
        .map(|interval| TimeBar { window: interval.window, total: interval.objects, part: interval.delivered })
        .collect();
    let covers = preview.covers.map(|covers| {
        view! {
            <p class="figures">"Period by object keys: " <Moment at=covers.from() now /> " to " <Moment at=covers.to() now /> "."</p>
        }
    });
    let shown = preview.examples.len() as u64;
    let rest = (shown < preview.objects).then(|| format!("Showing the first {shown} objects by key."));
    view! {
        <section class="preview" aria-labelledby="preview" data-key="preview">
            <h2 id="preview">"Preview"</h2>
            <dl class="facts">{rows(&preview).into_iter().map(row).collect_view()}</dl>
            {covers}
            <BarChart bars title="Objects" part=("delivered", "good") now />
            {(!preview.complete).then(|| view! { <p class="note">"The preview stopped before the end of the listing. The job reads all of it."</p> })}
            {rest.map(|rest| view! { <p class="note">{rest}</p> })}
            {(!preview.examples.is_empty()).then(|| view! { <Objects objects=preview.examples now /> })}
        </section>
    }
}

#[component]
fn Objects(objects: Vec<LogObject>, now: Time) -> impl IntoView {
    let row = |object: LogObject| {
        let key = object.key.to_string();
        let (shape, word, tone) =
            if object.delivered { ("✔", "delivered", "good") } else { ("○", "to send", "idle") };
        view! {
            <tr data-key=key.clone()>
                <th scope="row" data-label="Object"><code title=key.clone()>{file_name(&key).to_owned()}</code></th>
                <td data-label="End">{object.ends.map(|at| view! { <Moment at now /> })}</td>
                <td data-label="Size" class="number">{bytes(object.size)}</td>
                <td data-label="Status">
                    <span class=format!("mark {tone}")><span aria-hidden="true">{shape}</span> " " {word}</span>
                </td>
            </tr>
        }
    };
    view! {
        <table class="rows">
            <caption class="visually-hidden">"Objects in the window, by key"</caption>
            <thead>
                <tr>
                    <th scope="col">"Object"</th>
                    <th scope="col">"End"</th>
                    <th scope="col" class="number">"Size"</th>
                    <th scope="col">"Status"</th>
                </tr>
            </thead>
            <tbody>{objects.into_iter().map(row).collect_view()}</tbody>
        </table>
    }
}
