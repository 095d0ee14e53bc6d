//! The status line: live or since when not, what runs, what waits, what failed.

use leptos::prelude::*;

use crate::{
    api,
    format::{count, moment},
    live::Live,
};

/// How old the newest beat is, or since when there is none. The server cannot know, and says what is needed.
#[component]
fn LineState() -> impl IntoView {
    let line = Live::here().line();
    let lost = Memo::new(move |_| line.with(crate::live::Line::lost_since));
    let tone = move || match (line.with(crate::live::Line::is_new), lost.get()) {
        (true, _) => "mark idle",
        (false, Some(_)) => "mark bad",
        (false, None) => "mark good",
    };
    let age = move || {
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a few seconds in tenths")]
        let tenths = line.with(crate::live::Line::age_ms).map(|ms| (ms / 100.0) as u32);
        tenths.map(|tenths| format!("● live · {}.{} s ago", tenths / 10, tenths % 10))
    };
    view! {
        <p class="line">
            <span class="only-without-js mark idle">"○ live updates need JavaScript"</span>
            <span class=move || format!("only-with-js {}", tone())>
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

/// For a screen reader, told only when it changes.
#[component]
fn LineAnnouncement() -> impl IntoView {
    let line = Live::here().line();
    let lost = Memo::new(move |_| line.with(|line| line.lost_since().is_some()));
    view! {
        <p class="visually-hidden" role="status">
            {move || if lost.get() { "Connection lost, numbers are frozen" } else { "" }}
        </p>
    }
}

#[component]
pub fn StatusLine() -> impl IntoView {
    let live = Live::here();
    let loaded = Resource::new(|| (), |()| api::counts());
    let parts = move || {
        let loaded = loaded.get().and_then(Result::ok);
        live.counts().get().or(loaded).map(|counts| {
            let part = |number: u64, word: &'static str, state: &'static str| {
                (number > 0)
                    .then(|| view! { <li><a href=format!("/jobs?state={state}")>{count(number)} " " {word}</a></li> })
            };
            let idle = counts.running + counts.queued + counts.paused == 0;
            view! {
                <ul class="counts">
                    {idle.then(|| view! { <li>"nothing runs"</li> })}
                    {part(counts.running, "running", "running")}
                    {part(counts.queued, "queued", "queued")}
                    {part(counts.paused, "paused", "paused")}
                    {part(counts.failed_lately, "failed in 24 h", "failed")}
                </ul>
            }
        })
    };
    view! {
        <div class="status">
            <LineState />
            <LineAnnouncement />
            <Transition>{parts}</Transition>
        </div>
    }
}
