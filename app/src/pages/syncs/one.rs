//! The page of a table: status, pending decisions, key space, differences found, quarantine, resource usage and history.

use leptos::{prelude::*, server_fn::ServerFn};
use leptos_router::hooks::use_params_map;
use model::{Problem, ProblemCode, SyncSource, SyncState, SyncStatus, SyncView, TableName};

use super::{
    charts::Differences,
    confirm::{AcceptEpoch, Approve},
    figures::{Ends, Figures},
    history::History,
    map::KeyMap,
    quarantine::Quarantine,
    row::{State, synced_by},
    spent::Spent,
};
use crate::{
    api::{self, ActOnSync},
    context,
    error::{AppError, problem_in},
    format::{Mark, is_stale},
    forms::done_words,
    query::Query,
    ui::{Copyable, Fault, Follow, Followed, Loaded, PageTitle},
};

/// Shown for a table that no worker checks.
const STALE: &str = "No worker is checking this table: this page shows its last known state.";
const UNSEEN: &str = "No worker has checked this table since Logyard started.";

#[component]
pub fn SyncPage() -> impl IntoView {
    let table = use_params_map().with_untracked(|params| params.get("table").unwrap_or_default());
    let query = context::page_query();
    view! {
        <Follow jobs=Followed::Syncs />
        <Loaded of=load(table, query.clone()) let:view>
            <Story view query />
        </Loaded>
    }
}

async fn load(table: String, query: Query) -> Result<SyncView, AppError> {
    let unknown = |_| AppError(Problem::new(ProblemCode::NotFound, "There is no table with this name."));
    let table = table.parse::<TableName>().map_err(unknown)?;
    let mut view = api::get_sync(&table).await?;
    if let Some(after) = query.get("after") {
        view.evaluations = api::list_evaluations(&table, after.parse()?).await?;
    }
    if let Some(after) = query.get("rows_after") {
        view.quarantine = api::list_quarantined(&table, after.to_owned()).await?.items;
    }
    Ok(view)
}

/// A refused action, worded for a table.
fn refusal(query: &Query) -> Option<Problem> {
    let problem = problem_in(query)?;
    let detail = match problem.code {
        ProblemCode::Conflict => "The table's current state does not allow this, or the table is synced by an agent.",
        _ => return Some(problem),
    };
    Some(Problem::new(problem.code, detail))
}

#[component]
fn Story(view: SyncView, query: Query) -> impl IntoView {
    let SyncView { now, sync, places, map, minutes, quarantine, evaluations } = view;
    let (table, mark) = (sync.table.clone(), Mark::of_sync(&sync));
    let ours = sync.source == SyncSource::Logyard;
    let refused = refusal(&query);
    let mistyped = refused.as_ref().is_some_and(|problem| problem.code == ProblemCode::Invalid);
    let waiting = sync.waiting.filter(|_| ours && sync.state == SyncState::Waiting);
    let mistyped = mistyped && waiting.is_some();
    let replaced = ours && sync.state == SyncState::EpochChanged;
    let done = query.get("did").and_then(done_words);
    view! {
        <PageTitle text=format!("{} {} · {table}", mark.shape, mark.word) />
        <header class="job-head">
            <p class="kind">{format!("sync, {}", synced_by(sync.source))}</p>
            <h1>{table.to_string()}</h1>
            <p class="job-state"><State sync=sync.clone() now /></p>
            {ours.then(|| view! { <Buttons sync=sync.clone() /> })}
        </header>
        {done.map(|text| view! { <p class="said" role="status">{text}</p> })}
        {refused.filter(|_| !mistyped).map(|problem| view! { <Fault problem /> })}
        {is_stale(&sync).then(|| view! { <Stale sync=sync.clone() /> })}
        <p class="reason" data-key="reason">{sync.reason.clone()}</p>
        {waiting.map(|waiting| view! { <Approve sync=sync.clone() waiting mistyped /> })}
        {replaced.then(|| view! { <AcceptEpoch sync=sync.clone() /> })}
        <section aria-labelledby="standing" data-key="standing">
            <h2 id="standing">"Status"</h2>
            <Figures sync=sync.clone() now />
        </section>
        <KeyMap map />
        <Differences minutes=minutes.clone() now />
        <Quarantine sync=sync.clone() rows=quarantine first=query.get("rows_after").is_none() now />
        <Spent minutes now />
        <History table=table.clone() page=evaluations first=query.get("after").is_none() now />
        <Ends places />
        {ours.then(|| view! { <Copyable label="Command line" text=format!("logyard sync {table} --verify") /> })}
        <p><a href="/syncs">"All tables"</a></p>
    }
}

/// A warning that the whole page is stale, and what to do.
#[component]
fn Stale(sync: SyncStatus) -> impl IntoView {
    let help = match sync.source {
        SyncSource::Logyard => "Start logyard serve or logyard worker with this table in its configuration.",
        SyncSource::Agent => "Check whether the agent that reports this table is still running.",
    };
    let said = if sync.state == SyncState::New { UNSEEN } else { STALE };
    view! { <p class="stale" role="status" data-key="stale">"✖ " {said} " " {help}</p> }
}

#[component]
fn Buttons(sync: SyncStatus) -> impl IntoView {
    let table = sync.table.to_string();
    let button = |value: &'static str, label: &'static str, title: &'static str| {
        view! {
            <button name="action" value=value title=title data-key=value>
                {label}
                <span class="visually-hidden">" " {table.clone()}</span>
            </button>
        }
    };
    let evaluate = (!sync.paused).then(|| button("evaluate", "Evaluate now", "Compare now, and repair differences"));
    let hold = if sync.paused {
        button("resume", "Resume", "Resume checks and repairs")
    } else {
        button("pause", "Pause", "Stop checks and changes until resumed")
    };
    view! {
        <form method="post" action=ActOnSync::PATH class="actions">
            <input type="hidden" name="table" value=table.clone() />
            {evaluate}
            {button("verify", "Verify now", "Compare now, change nothing")}
            {button("compare_contents", "Compare contents", "Compare the values of all rows, and send those that differ again")}
            {hold}
        </form>
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::examples;

    fn page(view: SyncView, query: &str) -> String {
        let query = Query::read(query);
        examples::html(move || view! { <Story view query /> })
    }

    #[test]
    fn every_state_is_complete_and_escaped() {
        for state in examples::SYNC_STATES {
            let html = page(examples::sync_view(state), "");
            let mark = Mark::of_sync_state(state);
            assert!(html.contains(mark.shape) && html.contains(mark.word), "{state:?}: {html}");
            for text in [">Status<", "0 found in 40 min", "Key space", "History", "Endpoints", "7&lt;script&gt;"] {
                assert!(html.contains(text), "{state:?}: {text}: {html}");
            }
            for raw in ["<b>", "<i>", "<script", "<shop>", "<1>"] {
                assert!(!html.contains(raw), "{state:?}: {raw}: {html}");
            }
        }
    }

    #[test]
    fn buttons_send_table_and_action() {
        let html = page(examples::sync_view(SyncState::InSync), "");
        assert!(html.contains("action=\"/api/fn/act_on_sync\""), "{html}");
        assert!(html.contains("name=\"table\" value=\"orders\""), "{html}");
        for value in ["evaluate", "verify", "pause", "retry"] {
            assert!(html.contains(&format!("name=\"action\" value=\"{value}\"")), "{value}: {html}");
        }
        assert!(html.contains("name=\"key\" value=\"7&lt;script&gt;\""), "one row: {html}");
        let mut paused = examples::sync_view(SyncState::InSync);
        paused.sync.paused = true;
        let html = page(paused, "");
        assert!(html.contains("value=\"resume\"") && !html.contains("value=\"pause\""), "{html}");
        assert!(html.contains("last known: in sync"), "{html}");
    }

    #[test]
    fn approval_is_shown_only_for_pending_deletion() {
        let html = page(examples::sync_view(SyncState::Waiting), "");
        assert!(html.contains("12,000 rows of 999,988 would be deleted at the remote"), "{html}");
        assert!(html.contains("name=\"rows\" value=\"12000\"") && html.contains("name=\"confirm\""), "{html}");
        assert!(html.contains("Delete 12,000 rows at the remote"), "{html}");
        let mistyped = page(examples::sync_view(SyncState::Waiting), "problem=invalid");
        assert!(
            mistyped.contains("does not match the table exactly. Nothing was deleted")
                && !mistyped.contains("role=\"alert\"")
        );
        let html = page(examples::sync_view(SyncState::InSync), "");
        assert!(!html.contains("value=\"approve\"") && !html.contains("value=\"accept_epoch\""), "{html}");
    }

    #[test]
    fn replaced_database_is_explained_before_accepting() {
        let html = page(examples::sync_view(SyncState::EpochChanged), "");
        let (before, after) = html.split_once("value=\"accept_epoch\"").unwrap();
        assert!(before.contains("deleting many rows needs a further approval"), "{before}");
        assert!(after.contains("Accept the local database"), "{after}");
    }

    #[test]
    fn agent_table_has_no_actions() {
        let mut view = examples::sync_view(SyncState::Waiting);
        view.sync.source = SyncSource::Agent;
        let html = page(view, "");
        assert!(html.contains("reported by an agent") && !html.contains("<form"), "{html}");
    }

    #[test]
    fn stale_warning_comes_first() {
        let mut view = examples::sync_view(SyncState::InSync);
        view.sync.held = false;
        let html = page(view, "");
        let (before, _) = html.split_once("id=\"standing\"").unwrap();
        assert!(before.contains("No worker is checking this table") && before.contains("logyard worker"), "{html}");
    }

    #[test]
    fn requested_action_is_confirmed() {
        let html = page(examples::sync_view(SyncState::InSync), "did=verify");
        assert!(html.contains("Requested: both endpoints are compared and nothing is changed."), "{html}");
        let html = page(examples::sync_view(SyncState::InSync), "problem=conflict");
        assert!(html.contains("does not allow this, or the table is synced by an agent"), "{html}");
        assert!(!page(examples::sync_view(SyncState::InSync), "did=<b>").contains("class=\"said\""));
    }
}
