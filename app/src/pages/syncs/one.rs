//! One table and its remote copy: how it stands and what to do, the figures, what is known of each part of it, what comparing
//! brings and takes, what is left out, and what every look came to.

use leptos::{prelude::*, server_fn::ServerFn};
use leptos_router::hooks::use_params_map;
use model::{Problem, ProblemCode, SyncSource, SyncState, SyncStatus, SyncView, TableName};

use super::{
    action::done_words,
    charts::Differences,
    confirm::{AcceptEpoch, Approve},
    figures::{Ends, Figures},
    history::History,
    map::KeyMap,
    quarantine::Quarantine,
    row::{State, kept_by},
    spent::Spent,
};
use crate::{
    api::{self, ActOnSync},
    context,
    error::{AppError, problem_in},
    format::{Mark, nobody_looks},
    query::Query,
    ui::{Copyable, Fault, Follow, Followed, Loaded, PageTitle},
};

/// A state that looks fine by itself, and is not while nobody looks.
const ALONE: &str = "Nobody looks after this table now: what is shown is how it stood then.";
const UNSEEN: &str = "Nobody has looked at this table since Logyard started.";

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
    let mut view = api::sync(&table).await?;
    if let Some(after) = query.get("after") {
        view.evaluations = api::evaluations(&table, after.parse()?).await?;
    }
    Ok(view)
}

/// In words that fit a table.
fn refusal(query: &Query) -> Option<Problem> {
    let problem = problem_in(query)?;
    let detail = match problem.code {
        ProblemCode::Conflict => {
            "The table's state does not allow it any more, or an agent keeps it. What you see now is how it stands."
        }
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
    let other = ours && sync.state == SyncState::EpochChanged;
    let done = query.get("did").and_then(done_words);
    view! {
        <PageTitle text=format!("{} {} · {table}", mark.shape, mark.word) />
        <header class="job-head">
            <p class="kind">{format!("sync, {}", kept_by(sync.source))}</p>
            <h1>{table.to_string()}</h1>
            <p class="job-state"><State sync=sync.clone() now /></p>
            {ours.then(|| view! { <Buttons sync=sync.clone() /> })}
        </header>
        {done.map(|text| view! { <p class="said" role="status">{text}</p> })}
        {refused.filter(|_| !mistyped).map(|problem| view! { <Fault problem /> })}
        {nobody_looks(&sync).then(|| view! { <Alone sync=sync.clone() /> })}
        <p class="reason" data-key="reason">{sync.reason.clone()}</p>
        {waiting.map(|waiting| view! { <Approve sync=sync.clone() waiting mistyped /> })}
        {other.then(|| view! { <AcceptEpoch sync=sync.clone() /> })}
        <section aria-labelledby="standing" data-key="standing">
            <h2 id="standing">"How it stands"</h2>
            <Figures sync=sync.clone() now />
        </section>
        <KeyMap map />
        <Differences minutes=minutes.clone() now />
        <Quarantine sync=sync.clone() rows=quarantine now />
        <Spent minutes now />
        <History table=table.clone() page=evaluations first=query.get("after").is_none() now />
        <Ends places />
        {ours.then(|| view! { <Copyable label="As a command" text=format!("logyard sync {table} --verify") /> })}
        <p><a href="/syncs">"All tables"</a></p>
    }
}

/// Said loudly: everything else on the page is old.
#[component]
fn Alone(sync: SyncStatus) -> impl IntoView {
    let help = match sync.source {
        SyncSource::Logyard => "Start logyard serve or logyard worker with this table in its configuration.",
        SyncSource::Agent => "See whether the agent that reports this table still runs.",
    };
    let said = if sync.state == SyncState::New { UNSEEN } else { ALONE };
    view! { <p class="stale" role="status" data-key="alone">"✖ " {said} " " {help}</p> }
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
    let look = (!sync.paused).then(|| button("evaluate", "Evaluate now", "Look now, and mend what differs"));
    let hold = if sync.paused {
        button("resume", "Resume", "Look again, and mend what differs")
    } else {
        button("pause", "Pause", "Neither look nor change anything until it is resumed")
    };
    view! {
        <form method="post" action=ActOnSync::PATH class="actions">
            <input type="hidden" name="table" value=table.clone() />
            {look}
            {button("verify", "Verify now", "Says what differs, changes nothing")}
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
    fn every_state_is_a_whole_page_and_what_others_wrote_is_text() {
        for state in examples::SYNC_STATES {
            let html = page(examples::sync_view(state), "");
            let mark = Mark::of_sync_state(state);
            assert!(html.contains(mark.shape) && html.contains(mark.word), "{state:?}: {html}");
            for text in ["How it stands", "0 found in 40 min", "Key space", "History", "Both ends", "7&lt;script&gt;"] {
                assert!(html.contains(text), "{state:?}: {text}: {html}");
            }
            for raw in ["<b>", "<i>", "<script", "<shop>", "<1>"] {
                assert!(!html.contains(raw), "{state:?}: {raw}: {html}");
            }
        }
    }

    #[test]
    fn the_buttons_send_the_table_and_what_they_do() {
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
        assert!(html.contains("last known: in step"), "{html}");
    }

    #[test]
    fn a_deletion_is_asked_for_only_while_one_waits_with_its_exact_number() {
        let html = page(examples::sync_view(SyncState::Waiting), "");
        assert!(html.contains("12,000 rows of 999,988 would be deleted at the remote"), "{html}");
        assert!(html.contains("name=\"rows\" value=\"12000\"") && html.contains("name=\"confirm\""), "{html}");
        assert!(html.contains("Delete 12,000 rows at the remote"), "{html}");
        let mistyped = page(examples::sync_view(SyncState::Waiting), "problem=invalid");
        assert!(mistyped.contains("letter by letter. Nothing was deleted") && !mistyped.contains("role=\"alert\""));
        let html = page(examples::sync_view(SyncState::InSync), "");
        assert!(!html.contains("value=\"approve\"") && !html.contains("value=\"accept_epoch\""), "{html}");
    }

    #[test]
    fn another_local_database_is_explained_before_it_is_accepted() {
        let html = page(examples::sync_view(SyncState::EpochChanged), "");
        let (before, after) = html.split_once("value=\"accept_epoch\"").unwrap();
        assert!(before.contains("deleted there, many of them only after a further yes"), "{before}");
        assert!(after.contains("Follow the local database as it is now"), "{after}");
    }

    #[test]
    fn a_table_of_an_agent_says_so_and_has_no_actions() {
        let mut view = examples::sync_view(SyncState::Waiting);
        view.sync.source = SyncSource::Agent;
        let html = page(view, "");
        assert!(html.contains("reported by an agent") && !html.contains("<form"), "{html}");
    }

    #[test]
    fn that_nobody_looks_is_said_before_anything_else() {
        let mut view = examples::sync_view(SyncState::InSync);
        view.sync.held = false;
        let html = page(view, "");
        let (before, _) = html.split_once("How it stands").unwrap();
        assert!(before.contains("Nobody looks after this table now") && before.contains("logyard worker"), "{html}");
    }

    #[test]
    fn what_was_asked_for_is_told_in_our_words() {
        let html = page(examples::sync_view(SyncState::InSync), "did=verify");
        assert!(html.contains("Asked for: both ends are compared and nothing is changed."), "{html}");
        let html = page(examples::sync_view(SyncState::InSync), "problem=conflict");
        assert!(html.contains("does not allow it any more, or an agent keeps it"), "{html}");
        assert!(!page(examples::sync_view(SyncState::InSync), "did=<b>").contains("class=\"said\""));
    }
}
