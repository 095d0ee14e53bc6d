//! Gaps: objects that need to be shipped again, and the button that ships exactly these.

use leptos::{prelude::*, server_fn::ServerFn};
use model::{Gap, PipelineName, Time};

use crate::{
    api::StartReprocess,
    context,
    format::{Mark, bytes, count, counted, file_name},
    forms::{ReprocessForm, form_key},
    ui::{Moment, StateMark},
};

/// Most gaps listed; the button reprocesses more.
const SHOWN: usize = 20;
/// Most bytes of keys in a form. The server accepts forms of 64 KiB.
const FORM_BYTES: usize = 60_000;
/// Most bytes of keys in a link.
const LINK_BYTES: usize = 6_000;

/// Bytes that a key adds to a form, percent-encoded, with its line break.
fn encoded_bytes(key: &str) -> usize {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._*".contains(&byte);
    key.bytes().map(|byte| if plain(byte) { 1 } else { 3 }).sum::<usize>() + 6
}

/// The first keys that fit into `most` bytes.
fn fitting(gaps: &[Gap], most: usize) -> Vec<&str> {
    let mut room = most;
    let fits = |gap: &&Gap| {
        let bytes = encoded_bytes(&gap.key);
        let fits = bytes <= room;
        room = room.saturating_sub(bytes);
        fits
    };
    gaps.iter().take_while(fits).map(|gap| gap.key.as_str()).collect()
}

#[component]
pub fn Gaps(
    gaps: Vec<Gap>,
    /// Number of all gaps, listed or not.
    total: u64,
    pipeline: PipelineName,
    now: Time,
) -> impl IntoView {
    if gaps.is_empty() {
        return view! { <p class="figures">"No gaps: every object was processed and delivered, as far as its run can tell."</p> }
            .into_any();
    }
    let keys = fitting(&gaps, FORM_BYTES);
    let form = ReprocessForm { pipeline: pipeline.to_string(), keys: keys.join("\n"), ..ReprocessForm::default() };
    let sent = keys.len() as u64;
    let label = match (sent, total) {
        (1, 1) => "Reprocess exactly this object".to_owned(),
        (sent, total) if sent == total => format!("Reprocess exactly these {}", counted(sent, "object")),
        (sent, total) => format!("Reprocess the {} oldest of these {} objects", count(sent), count(total)),
    };
    let preview = (fitting(&gaps, LINK_BYTES).len() == gaps.len())
        .then(|| form.query().with("preview", "1").on("/reprocesses/new"));
    let more = total.saturating_sub(gaps.len().min(SHOWN) as u64);
    let row = |gap: Gap| {
        let run = gap.run.map(|run| {
            let href = context::scope().on(&format!("/runs/{run}"));
            view! { <a href=href>"last run"</a> }
        });
        view! {
            <tr data-key=gap.key.clone()>
                <th scope="row" data-label="Object"><code title=gap.key.clone()>{file_name(&gap.key).to_owned()}</code></th>
                <td data-label="Reason"><StateMark mark=Mark::of_gap(gap.kind) /> " " {run}</td>
                <td data-label="Size" class="number">{bytes(gap.size)}</td>
                <td data-label="Written" class="when"><Moment at=gap.written_at now /></td>
            </tr>
        }
    };
    view! {
        <h3>{format!("Gaps: {}", counted(total, "object"))}</h3>
        <form method="post" action=StartReprocess::PATH class="actions">
            <input type="hidden" name="pipeline" value=form.pipeline.clone() />
            <input type="hidden" name="keys" value=form.keys.clone() />
            <input type="hidden" name="extent" value="missing" />
            <input type="hidden" name="key" data-keep="" value=form_key() />
            <button class="main">{label}</button>
            {preview.map(|preview| view! { <a class="button" href=preview>"Preview"</a> })}
        </form>
        <p class="note">"Objects delivered in the meantime are skipped."</p>
        <table class="rows runs">
            <caption class="visually-hidden">"Objects to ship again, oldest first"</caption>
            <thead>
                <tr>
                    <th scope="col">"Object"</th>
                    <th scope="col">"Reason"</th>
                    <th scope="col" class="number">"Size"</th>
                    <th scope="col">"Written"</th>
                </tr>
            </thead>
            <tbody>{gaps.into_iter().take(SHOWN).map(row).collect_view()}</tbody>
        </table>
        {(more > 0).then(|| view! { <p class="note">{format!("And {} more objects.", count(more))}</p> })}
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::examples;

    #[test]
    fn form_is_limited_to_accepted_size() {
        let gap = examples::pipeline_health().reconciliation.unwrap().gaps.remove(0);
        let key = "AWSLogs/".to_owned() + &"k".repeat(200);
        let gaps: Vec<Gap> = (0..1_000).map(|index| Gap { key: format!("{key}{index:04}"), ..gap.clone() }).collect();
        let keys = fitting(&gaps, FORM_BYTES);
        assert!(keys.len() > 200 && keys.len() < 300, "{}", keys.len());
        let html = examples::html(move || {
            view! { <Gaps gaps total=2_345 pipeline="api".parse().unwrap() now=Time(0) /> }
        });
        assert!(html.contains("oldest of these 2,345 objects") && html.contains("And 2,325 more objects."), "end");
        assert!(!html.contains("Preview"));
    }
}
