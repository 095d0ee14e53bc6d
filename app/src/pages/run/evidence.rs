//! The log lines that an outcome is based on.

use leptos::prelude::*;
use model::{LogLine, Time};

use crate::ui::Moment;

#[component]
pub fn Evidence(lines: Vec<LogLine>, now: Time) -> impl IntoView {
    (!lines.is_empty()).then(|| {
        view! {
            <section aria-labelledby="evidence" data-key="evidence">
                <h2 id="evidence">"Evidence"</h2>
                <LogLines lines now />
            </section>
        }
    })
}

/// Log lines with their times. Lines are always shown as text.
#[component]
pub fn LogLines(lines: Vec<LogLine>, now: Time) -> impl IntoView {
    let line = |line: LogLine| {
        view! { <li><Moment at=line.at now /> <code>{line.text}</code></li> }
    };
    view! { <ol class="log">{lines.into_iter().map(line).collect_view()}</ol> }
}
