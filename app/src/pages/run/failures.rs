//! The last few failures of each kind, with the affected line. Lines are always shown as text.

use leptos::prelude::*;
use model::Summary;

use crate::format::counted;

/// One failure: place, reason, and the beginning of the line.
struct Shown {
    place: String,
    reason: String,
    cut: String,
}

#[component]
pub fn Failures(summary: Summary) -> impl IntoView {
    let failures = summary.failures;
    let parsing = failures.parsing.last_few.iter().map(|failure| Shown {
        place: format!("line {}, offset {}", failure.line, failure.offset),
        reason: failure.reason.clone(),
        cut: failure.cut.clone(),
    });
    let sending = failures.sending.last_few.iter().map(|failure| Shown {
        place: format!("line {}, offset {}", failure.line, failure.offset),
        reason: failure.reason.clone(),
        cut: failure.cut.clone(),
    });
    let reading = failures.reading.last_few.iter().map(|failure| Shown {
        place: format!("byte {}", failure.byte),
        reason: failure.reason.clone(),
        cut: String::new(),
    });
    let sockets = failures.sockets.last_few.iter().map(|failure| Shown {
        place: String::new(),
        reason: failure.reason.clone(),
        cut: String::new(),
    });
    let kinds = [
        ("Records not parsed", failures.parsing.total, parsing.collect::<Vec<_>>()),
        ("Events not delivered", failures.sending.total, sending.collect()),
        ("Read errors", failures.reading.total, reading.collect()),
        ("Connection failures", failures.sockets.total, sockets.collect()),
    ];
    let some = kinds.iter().any(|(_, total, _)| *total > 0);
    some.then(|| view! {
        <section aria-labelledby="failures" data-key="failures">
            <h2 id="failures">"Failures"</h2>
            {kinds.into_iter().filter(|(_, total, _)| *total > 0).map(|(title, total, last_few)| view! { <Kind title total last_few /> }).collect_view()}
        </section>
    })
}

#[component]
fn Kind(title: &'static str, total: u64, last_few: Vec<Shown>) -> impl IntoView {
    let shown = last_few.len() as u64;
    let last = (shown < total).then(|| format!(" Last {shown}:"));
    let one = |failure: Shown| {
        let cut = (!failure.cut.is_empty())
            .then(|| view! { <pre class="line" tabindex="0"><code>{failure.cut}</code></pre> });
        view! {
            <li>
                <p>{failure.reason} " " <span class="more">{failure.place}</span></p>
                {cut}
            </li>
        }
    };
    view! {
        <h3>{title}</h3>
        <p class="figures">{counted(total, "failure")} "." {last}</p>
        <ul class="lines">{last_few.into_iter().map(one).collect_view()}</ul>
    }
}
