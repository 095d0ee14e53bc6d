//! Syncs: tables and their remote copies. Are all of them in step? What needs a person comes first.

mod action;
mod answer;
mod charts;
mod confirm;
mod empty;
mod figures;
mod found;
mod history;
mod map;
mod one;
mod quarantine;
mod row;
mod spent;
mod stretches;

use leptos::prelude::*;
use model::{SyncList, SyncStatus, Time};

pub use action::sync_action;
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
        <Loaded of=api::syncs() let:list>
            <List list />
        </Loaded>
    }
}

/// What needs a person first; among equals the order of the configuration stays.
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
            <h2 id="answer">"Are all copies in step?"</h2>
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
            <caption class="visually-hidden">"Tables and their remote copies, what needs a person first"</caption>
            <thead>
                <tr>
                    <th scope="col">"Table"</th>
                    <th scope="col">"State"</th>
                    <th scope="col" class="number">"Local"</th>
                    <th scope="col" class="number">"Remote"</th>
                    <th scope="col" class="number">"Behind"</th>
                    <th scope="col">"Verified"</th>
                    <th scope="col">"Looked at"</th>
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
    fn what_needs_a_person_comes_first_and_what_is_in_step_last() {
        let items = examples::SYNC_STATES.map(|state| examples::sync("orders", state)).to_vec();
        let states: Vec<SyncState> = by_urgency(items).iter().map(|sync| sync.state).collect();
        assert_eq!(states[..2], [SyncState::Waiting, SyncState::EpochChanged]);
        assert_eq!(states[2..5], [SyncState::Unreachable, SyncState::Refused, SyncState::Quarantined]);
        assert_eq!(states.last(), Some(&SyncState::InSync));
    }

    #[test]
    fn every_state_is_a_row_with_a_shape_a_word_and_its_reason_as_text() {
        for state in examples::SYNC_STATES {
            let list = SyncList { now: Time(1_770_000_060_000), items: vec![examples::sync("orders", state)] };
            let html = examples::html(move || view! { <List list /> });
            let mark = crate::format::Mark::of_sync_state(state);
            assert!(html.contains(mark.shape) && html.contains(mark.word), "{state:?}: {html}");
            assert!(html.contains("href=\"/syncs/orders\""), "{html}");
            assert!(html.contains("&lt;b&gt;so&lt;/b&gt;") && !html.contains("<b>"), "a reason is text: {html}");
            assert!(!html.contains("yard-<1>"), "and so is who looks: {html}");
        }
    }

    #[test]
    fn no_table_at_all_shows_how_to_have_one() {
        let html = examples::html(|| view! { <List list=SyncList { now: Time(0), items: vec![] } /> });
        for text in ["[[tables]]", "[[replicas]]", "/api/v1/syncs/orders/progress", "No tables are configured"] {
            assert!(html.contains(text), "{text}: {html}");
        }
    }
}
