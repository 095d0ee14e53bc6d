//! The status line: connection, and counts of running, queued, paused and failed jobs and of open alerts.

use leptos::prelude::*;
use model::Counts;

use crate::{
    format::{count, moment},
    live::{self, Line, Live},
};

/// Updated by the browser on every page; `counts` are those of the rendering.
#[island]
pub fn StatusLine(counts: Option<Counts>) -> impl IntoView {
    let Live { line, counts } = live::connect(counts);
    view! {
        <div class="status">
            <LineState line />
            <LineAnnouncement line />
            {move || counts.get().map(|counts| view! { <Numbers counts /> })}
        </div>
    }
}

/// The age of the last heartbeat, or when the connection was lost. The server renders only that JavaScript is needed.
#[component]
fn LineState(line: RwSignal<Line>) -> impl IntoView {
    let lost = Memo::new(move |_| line.with(Line::lost_since));
    let tone = move || match (line.with(Line::is_new), lost.get()) {
        (true, _) => "only-with-js mark idle",
        (false, Some(_)) => "only-with-js mark bad",
        (false, None) => "only-with-js mark good",
    };
    let age = move || {
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a few seconds in tenths")]
        let tenths = line.with(Line::age_ms).map(|ms| (ms / 100.0) as u32);
        tenths.map(|tenths| format!("● live · {}.{} s ago", tenths / 10, tenths % 10))
    };
    view! {
        <p class="line">
            <span class="only-without-js mark idle">"○ live updates need JavaScript"</span>
            <span class=tone>
                {move || match lost.get() {
                    Some(since) => {
                        format!("✖ connection lost since {} UTC, numbers frozen", moment(since, Some(since), 0))
                    }
                    None => age().unwrap_or_else(|| "○ connecting".to_owned()),
                }}
            </span>
        </p>
    }
}

/// Announces a lost connection to screen readers, once.
#[component]
fn LineAnnouncement(line: RwSignal<Line>) -> impl IntoView {
    let lost = Memo::new(move |_| line.with(|line| line.lost_since().is_some()));
    view! {
        <p class="visually-hidden" role="status">
            {move || if lost.get() { "Connection lost, numbers frozen" } else { "" }}
        </p>
    }
}

#[component]
fn Numbers(counts: Counts) -> impl IntoView {
    let Counts { running, queued, paused, failed_lately, alerts } = counts;
    let alert = if alerts == 1 { "alert" } else { "alerts" };
    let part = |number: u64, word: &'static str, state: &'static str| {
        (number > 0).then(|| view! { <li><a href=format!("/jobs?state={state}")>{count(number)} " " {word}</a></li> })
    };
    view! {
        <ul class="counts">
            {(running + queued + paused == 0).then(|| view! { <li>"no jobs running"</li> })}
            {part(running, "running", "running")}
            {part(queued, "queued", "queued")}
            {part(paused, "paused", "paused")}
            {(alerts > 0).then(|| {
                view! { <li><a class="mark bad" href="/alerts?state=open">"✖ " {count(alerts)} " " {alert}</a></li> }
            })}
            {part(failed_lately, "failed in 24 h", "failed")}
        </ul>
    }
}
