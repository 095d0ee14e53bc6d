//! The last few failures of each kind, with the very line. What a line holds is text to this page, whatever it looks
//! like.

use leptos::prelude::*;
use model::Summary;

use crate::format::things;

/// One failure: where, why, and the beginning of the line.
struct Told {
    place: String,
    reason: String,
    cut: String,
}

#[component]
pub fn Failures(summary: Summary) -> impl IntoView {
    let failures = summary.failures;
    let parsing = failures.parsing.last_few.iter().map(|failure| Told {
        place: format!("line {}, offset {}", failure.line, failure.offset),
        reason: failure.reason.clone(),
        cut: failure.cut.clone(),
    });
    let sending = failures.sending.last_few.iter().map(|failure| Told {
        place: format!("line {}, offset {}", failure.line, failure.offset),
        reason: failure.reason.clone(),
        cut: failure.cut.clone(),
    });
    let reading = failures.reading.last_few.iter().map(|failure| Told {
        place: format!("byte {}", failure.byte),
        reason: failure.reason.clone(),
        cut: String::new(),
    });
    let sockets = failures.sockets.last_few.iter().map(|failure| Told {
        place: String::new(),
        reason: failure.reason.clone(),
        cut: String::new(),
    });
    let kinds = [
        ("Records that could not be parsed", failures.parsing.total, parsing.collect::<Vec<_>>()),
        ("Events that were not delivered", failures.sending.total, sending.collect()),
        ("Where the object broke off", failures.reading.total, reading.collect()),
        ("Connections that failed", failures.sockets.total, sockets.collect()),
    ];
    let some = kinds.iter().any(|(_, total, _)| *total > 0);
    some.then(|| view! {
        <section aria-labelledby="failures" data-key="failures">
            <h2 id="failures">"What failed"</h2>
            {kinds.into_iter().filter(|(_, total, _)| *total > 0).map(|(title, total, told)| view! { <Kind title total told /> }).collect_view()}
        </section>
    })
}

#[component]
fn Kind(title: &'static str, total: u64, told: Vec<Told>) -> impl IntoView {
    let shown = told.len() as u64;
    let last = (shown < total).then(|| format!(" The last {shown} of them:"));
    let one = |told: Told| {
        let cut =
            (!told.cut.is_empty()).then(|| view! { <pre class="line" tabindex="0"><code>{told.cut}</code></pre> });
        view! {
            <li>
                <p>{told.reason} " " <span class="more">{told.place}</span></p>
                {cut}
            </li>
        }
    };
    view! {
        <h3>{title}</h3>
        <p class="figures">{things(total, "failure")} "." {last}</p>
        <ul class="lines">{told.into_iter().map(one).collect_view()}</ul>
    }
}
