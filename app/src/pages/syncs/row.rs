//! One table of the list.

use leptos::prelude::*;
use model::{SyncEnd, SyncSource, SyncState, SyncStatus, Time};

use crate::{
    format::{Mark, count, duration, nobody_looks, rate, shown_by, signed, things, up_to},
    ui::{Moment, StateMark},
};

/// Who keeps it in step.
pub fn kept_by(source: SyncSource) -> &'static str {
    match source {
        SyncSource::Logyard => "kept by Logyard",
        SyncSource::Agent => "reported by an agent",
    }
}

/// `812/s, about 3 min left`, as far as known.
pub fn pace(sync: &SyncStatus) -> String {
    let left = sync.left_ms.map(|ms| format!("about {} left", duration(signed(ms))));
    let parts: Vec<String> = sync.rate.map(rate).into_iter().chain(left).collect();
    parts.join(", ")
}

/// `none`, `12 rows`, `not known`.
pub fn behind(sync: &SyncStatus) -> String {
    match sync.behind {
        None => "not known".to_owned(),
        Some(0) => "none".to_owned(),
        Some(rows) => things(rows, "row"),
    }
}

#[component]
pub fn Row(sync: SyncStatus, now: Time) -> impl IntoView {
    let name = sync.table.to_string();
    view! {
        <tr data-key=name.clone()>
            <th scope="row" data-label="Table">
                <a href=format!("/syncs/{name}") data-row="">{name.clone()}</a>
                <p class="more">{kept_by(sync.source)}</p>
            </th>
            <td data-label="State" class="outcome">
                <State sync=sync.clone() now />
                <p>{sync.reason.clone()}</p>
            </td>
            <td data-label="Local" class="number"><End end=sync.local /></td>
            <td data-label="Remote" class="number"><End end=sync.remote /></td>
            <td data-label="Behind" class="number">
                {behind(&sync)}
                <p class="more">{pace(&sync)}</p>
            </td>
            <td data-label="Verified"><Shown sync=sync.clone() now /></td>
            <td data-label="Looked at"><Looked sync now /></td>
        </tr>
    }
}

/// The mark, since when, and what a mark of its own hides: how a paused table stood, how many rows are left out.
#[component]
pub fn State(sync: SyncStatus, now: Time) -> impl IntoView {
    let mark = Mark::of_sync(&sync);
    let own = Mark::of_sync_state(sync.state);
    let state = (mark != own).then(|| format!("last known: {}, ", own.word));
    let paused = (sync.paused && mark == own).then_some(", paused");
    let quarantined = (sync.quarantined > 0).then(|| format!(", {} in quarantine", things(sync.quarantined, "row")));
    view! {
        <StateMark mark />
        " "
        <span class="more">{state} "since " <Moment at=sync.since now /> {paused} {quarantined}</span>
    }
}

#[component]
fn End(end: Option<SyncEnd>) -> impl IntoView {
    match end {
        None => view! { <span class="more">"not asked yet"</span> }.into_any(),
        Some(SyncEnd { count: rows, version }) => {
            let version =
                version.map_or_else(|| "no version".to_owned(), |version| format!("version {}", count(version)));
            view! { {things(rows, "row")} <p class="more">{version}</p> }.into_any()
        }
    }
}

#[component]
fn Shown(sync: SyncStatus, now: Time) -> impl IntoView {
    match sync.verified {
        None => view! { <span class="more">"never yet"</span> }.into_any(),
        Some(verified) => {
            let how = shown_by(verified.shown_by);
            view! { {up_to(&verified)} <p class="more">{how} " at " <Moment at=verified.at now /></p> }.into_any()
        }
    }
}

#[component]
fn Looked(sync: SyncStatus, now: Time) -> impl IntoView {
    let at = sync.looked_at.map(|at| view! { <Moment at now /> });
    let alone = nobody_looks(&sync).then(|| {
        let word = if sync.state == SyncState::New { "✖ nobody looks yet" } else { "✖ nobody looks" };
        view! { <p class="mark bad">{word}</p> }
    });
    let batch = sync.batch.map(|rows| format!("next batch {}", things(rows, "row")));
    view! {
        {at}
        {alone}
        {sync.holder.filter(|_| sync.held).map(|holder| view! { <p class="more">"by " {holder}</p> })}
        <p class="more">{batch}</p>
    }
}
