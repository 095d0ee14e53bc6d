//! The Syncs page: tables and their remote copies, most urgent first.

mod answer;
mod charts;
mod confirm;
mod empty;
mod figures;
mod found;
mod history;
mod intervals;
mod map;
mod one;
mod quarantine;
mod row;
mod spent;

use leptos::prelude::*;
use model::{SyncList, SyncStatus, Time};

pub use answer::SyncsInBrief;
pub use one::SyncPage;

use crate::{
    api,
    format::Urgency,
    ui::{Follow, Followed, Loaded, PageTitle},
};
use answer::{Answered, answer};
use empty::NoTables;
use row::Row;

#[component]
pub fn SyncsPage() -> impl IntoView {
    view! {
        <Follow jobs=Followed::Syncs />
        <h1>"Syncs"</h1>
        <Loaded of=api::list_syncs() let:list>
            <List list />
        </Loaded>
    }
}

/// Sorts by urgency; equally urgent tables keep the order of the configuration.
fn by_urgency(mut items: Vec<SyncStatus>) -> Vec<SyncStatus> {
    items.sort_by_key(Urgency::of);
    items
}

#[component]
fn List(list: SyncList) -> impl IntoView {
    let SyncList { now, items } = list;
    let Some(answer) = answer(&items) else {
        return view! { <PageTitle text="Syncs" /> <NoTables /> }.into_any();
    };
    view! {
        <PageTitle text=format!("{} {} · Syncs", answer.shape, answer.brief) />
        <section aria-labelledby="answer" data-key="answer">
            <h2 id="answer">"Are all tables in sync?"</h2>
            <Answered answer />
        </section>
        <section aria-labelledby="tables" data-key="tables">
            <h2 id="tables">"Tables"</h2>
            <Table items=by_urgency(items) now />
        </section>
    }
    .into_any()
}

#[component]
fn Table(items: Vec<SyncStatus>, now: Time) -> impl IntoView {
    view! {
        <table class="rows syncs">
            <caption class="visually-hidden">"Tables and their remote copies, most urgent first"</caption>
            <thead>
                <tr>
                    <th scope="col">"Table"</th>
                    <th scope="col">"State"</th>
                    <th scope="col" class="number">"Local"</th>
                    <th scope="col" class="number">"Remote"</th>
                    <th scope="col" class="number">"Behind"</th>
                    <th scope="col">"Verified"</th>
                    <th scope="col">"Last checked"</th>
                </tr>
            </thead>
            <tbody>{items.into_iter().map(|sync| view! { <Row sync now /> }).collect_view()}</tbody>
        </table>
    }
}

#[cfg(test)]
mod tests {
    use model::SyncState;

    use super::*;
    use crate::examples;

    #[test]
    fn tables_are_sorted_by_urgency() {
        let items = examples::SYNC_STATES.map(|state| examples::sync("orders", state)).to_vec();
        let states: Vec<SyncState> = by_urgency(items).iter().map(|sync| sync.state).collect();
        assert_eq!(states[..2], [SyncState::Waiting, SyncState::EpochChanged]);
        assert_eq!(states[2..5], [SyncState::ShapeDiffers, SyncState::Unreachable, SyncState::Refused]);
        assert_eq!(states[5..7], [SyncState::HeldBack, SyncState::Quarantined]);
        assert_eq!(states.last(), Some(&SyncState::InSync));
    }

    #[test]
    fn every_state_is_a_row_with_escaped_reason() {
        for state in examples::SYNC_STATES {
            let list = SyncList { now: Time(1_770_000_060_000), items: vec![examples::sync("orders", state)] };
            let html = examples::html(move || view! { <List list /> });
            let mark = crate::format::Mark::of_sync_state(state);
            assert!(html.contains(mark.shape) && html.contains(mark.word), "{state:?}: {html}");
            assert!(html.contains("href=\"/syncs/orders\""), "{html}");
            assert!(html.contains("&lt;b&gt;so&lt;/b&gt;") && !html.contains("<b>"), "a reason is text: {html}");
            assert!(!html.contains("worker-<1>"), "and so is the worker: {html}");
        }
    }

    #[test]
    fn empty_page_explains_configuration() {
        let html = examples::html(|| view! { <List list=SyncList { now: Time(0), items: vec![] } /> });
        for text in ["[[tables]]", "[[replicas]]", "/api/v1/syncs/orders/progress", "No tables are configured"] {
            assert!(html.contains(text), "{text}: {html}");
        }
    }
}
