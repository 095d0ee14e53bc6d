//! One row of the list of tables.

use leptos::prelude::*;
use model::{SyncEnd, SyncSource, SyncState, SyncStatus, Time};

use crate::{
    format::{Mark, count, counted, duration, is_stale, rate, shown_by, signed, up_to},
    ui::{Moment, StateMark},
};

/// Who syncs the table.
pub fn synced_by(source: SyncSource) -> &'static str {
    match source {
        SyncSource::Logyard => "by Logyard",
        SyncSource::Agent => "reported by an agent",
    }
}

/// Upload rate and time left, as far as known: `812/s, about 3 min left`.
pub fn pace(sync: &SyncStatus) -> String {
    let left = sync.left_ms.map(|ms| format!("about {} left", duration(signed(ms))));
    let parts: Vec<String> = sync.rate.map(rate).into_iter().chain(left).collect();
    parts.join(", ")
}

/// The number of rows behind: `none`, `12 rows`, `unknown`.
pub fn behind(sync: &SyncStatus) -> String {
    match sync.behind {
        None => "unknown".to_owned(),
        Some(0) => "none".to_owned(),
        Some(rows) => counted(rows, "row"),
    }
}

#[component]
pub fn Row(sync: SyncStatus, now: Time) -> impl IntoView {
    let name = sync.table.to_string();
    view! {
        <tr data-key=name.clone()>
            <th scope="row" data-label="Table">
                <a href=format!("/syncs/{name}") data-row="">{name.clone()}</a>
                <p class="more">{synced_by(sync.source)}</p>
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
            <td data-label="Last checked"><LastChecked sync now /></td>
        </tr>
    }
}

/// The mark and its start, the last known state if the mark hides it, and the number of quarantined rows.
#[component]
pub fn State(sync: SyncStatus, now: Time) -> impl IntoView {
    let mark = Mark::of_sync(&sync);
    let own = Mark::of_sync_state(sync.state);
    let state = (mark != own).then(|| format!("last known: {}, ", own.word));
    let paused = (sync.paused && mark == own).then_some(", paused");
    let quarantined = (sync.quarantined > 0).then(|| format!(", {} quarantined", counted(sync.quarantined, "row")));
    view! {
        <StateMark mark />
        " "
        <span class="more">{state} "since " <Moment at=sync.since now /> {paused} {quarantined}</span>
    }
}

#[component]
fn End(end: Option<SyncEnd>) -> impl IntoView {
    match end {
        None => view! { <span class="more">"not checked yet"</span> }.into_any(),
        Some(SyncEnd { count: rows, version }) => {
            let version =
                version.map_or_else(|| "no version".to_owned(), |version| format!("version {}", count(version)));
            view! { {counted(rows, "row")} <p class="more">{version}</p> }.into_any()
        }
    }
}

#[component]
fn Shown(sync: SyncStatus, now: Time) -> impl IntoView {
    match sync.verified {
        None => view! { <span class="more">"never"</span> }.into_any(),
        Some(verified) => {
            let how = shown_by(verified.shown_by);
            view! { {up_to(&verified)} <p class="more">{how} " at " <Moment at=verified.at now /></p> }.into_any()
        }
    }
}

#[component]
fn LastChecked(sync: SyncStatus, now: Time) -> impl IntoView {
    let at = sync.looked_at.map(|at| view! { <Moment at now /> });
    let stale = is_stale(&sync).then(|| {
        let word = if sync.state == SyncState::New { "✖ no worker yet" } else { "✖ no worker" };
        view! { <p class="mark bad">{word}</p> }
    });
    let batch = sync.batch.map(|rows| format!("next batch {}", counted(rows, "row")));
    view! {
        {at}
        {stale}
        {sync.holder.filter(|_| sync.held).map(|holder| view! { <p class="more">"by " {holder}</p> })}
        <p class="more">{batch}</p>
    }
}
