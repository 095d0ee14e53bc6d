//! What the reprocess would send, before it does: on a time line, in figures, object by object, and on the button.

use leptos::prelude::*;
use model::{LogObject, ReprocessPreview, Time};

use super::ReprocessForm;
use crate::{
    format::{bytes, file_name, things},
    ui::{BarChart, Moment, TimeBar},
};

/// What the button says it will do.
pub fn promise(form: &ReprocessForm, preview: Option<&ReprocessPreview>) -> String {
    let verb = if form.dry_run.is_empty() { "Send" } else { "Parse" };
    match preview {
        None => format!("{verb} them"),
        Some(preview) if preview.to_send == 0 && preview.complete => "Nothing to send".to_owned(),
        Some(preview) => {
            let least = if preview.complete { "" } else { "at least " };
            format!("{verb} {least}{}, {}", things(preview.to_send, "object"), bytes(preview.to_send_bytes))
        }
    }
}

fn rows(preview: &ReprocessPreview) -> Vec<(&'static str, String)> {
    let sized = |objects: u64, size: u64| format!("{}, {}", things(objects, "object"), bytes(size));
    let least = if preview.complete { "" } else { "at least " };
    let mut rows = vec![
        ("Holds", format!("{least}{}", sized(preview.objects, preview.bytes))),
        ("Delivered already", things(preview.delivered, "object")),
        ("To send", format!("{least}{}", sized(preview.to_send, preview.to_send_bytes))),
    ];
    if preview.left_out > 0 {
        rows.push(("Left out", format!("{} of health checks", things(preview.left_out, "log"))));
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
            <p class="figures">"Their keys say they cover " <Moment at=covers.from() now /> " to " <Moment at=covers.to() now /> "."</p>
        }
    });
    let shown = preview.examples.len() as u64;
    let rest = (shown < preview.objects).then(|| format!("The first {shown} of them, by key."));
    view! {
        <section class="preview" aria-labelledby="preview" data-key="preview">
            <h2 id="preview">"What it would send"</h2>
            <dl class="facts">{rows(&preview).into_iter().map(row).collect_view()}</dl>
            {covers}
            <BarChart bars title="Objects" part=("delivered", "good") now />
            {(!preview.complete).then(|| view! { <p class="note">"The listing is longer than a preview reads; the job reads it to its end."</p> })}
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
                <td data-label="Ends">{object.ends.map(|at| view! { <Moment at now /> })}</td>
                <td data-label="Size" class="number">{bytes(object.size)}</td>
                <td data-label="So far">
                    <span class=format!("mark {tone}")><span aria-hidden="true">{shape}</span> " " {word}</span>
                </td>
            </tr>
        }
    };
    view! {
        <table class="rows">
            <caption class="visually-hidden">"Objects of the window, by key"</caption>
            <thead>
                <tr>
                    <th scope="col">"Object"</th>
                    <th scope="col">"Ends"</th>
                    <th scope="col" class="number">"Size"</th>
                    <th scope="col">"So far"</th>
                </tr>
            </thead>
            <tbody>{objects.into_iter().map(row).collect_view()}</tbody>
        </table>
    }
}
