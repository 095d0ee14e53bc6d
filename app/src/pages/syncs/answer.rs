//! The answer to *Are all tables in sync?*: one sentence with counts, for the Syncs page and the overview.

use leptos::prelude::*;
use model::{Evidence, SyncList, SyncState, SyncStatus};

use super::by_urgency;
use crate::{
    format::{Mark, Urgency, count, is_stale},
    ui::StateMark,
};

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    pub shape: &'static str,
    /// `4 of 5 in sync`.
    pub brief: String,
    pub sentence: String,
    tone: &'static str,
}

/// The answer for these tables; `None` without tables.
pub fn answer(items: &[SyncStatus]) -> Option<Answer> {
    let worst = items.iter().map(Urgency::of).min()?;
    let (all, fine) = (items.len(), items.iter().filter(|sync| Urgency::of(sync) == Urgency::Fine).count());
    let brief = format!("{} of {} in sync", count(fine as u64), count(all as u64));
    let (shape, tone, begin) = match worst {
        Urgency::Person | Urgency::Failing => ("✖", "bad", "No"),
        Urgency::Partly => ("?", "warn", "Except quarantined rows"),
        Urgency::Paused | Urgency::NotYet => ("?", "warn", "Unknown for some tables"),
        Urgency::UnderWay => ("●", "busy", "Not yet"),
        Urgency::Fine => {
            let sentence = format!("{}{}.", everything(all), by_count(items));
            return Some(Answer { shape: "✔", tone: "good", brief, sentence });
        }
    };
    Some(Answer { shape, tone, sentence: format!("{begin}: {brief}; {}.", others(items)), brief })
}

fn everything(all: usize) -> String {
    match all {
        1 => "Yes: the only table is in sync".to_owned(),
        all => format!("Yes: all {} tables are in sync", count(all as u64)),
    }
}

/// How many tables are verified by count only, which proves less; empty if none.
fn by_count(items: &[SyncStatus]) -> String {
    let counted = |sync: &&SyncStatus| {
        sync.state == SyncState::InSync && sync.verified.is_none_or(|verified| verified.shown_by == Evidence::Count)
    };
    match items.iter().filter(counted).count() {
        0 => String::new(),
        number => format!(", {} of them by count only", count(number as u64)),
    }
}

/// `1 awaiting approval, 2 uploading`, most urgent first.
fn others(items: &[SyncStatus]) -> String {
    let mut others: Vec<(Urgency, &str, u64)> = Vec::new();
    for sync in items.iter().filter(|sync| Urgency::of(sync) != Urgency::Fine) {
        let word = clause(sync);
        match others.iter_mut().find(|(_, known, _)| *known == word) {
            Some((.., number)) => *number += 1,
            None => others.push((Urgency::of(sync), word, 1)),
        }
    }
    others.sort_by_key(|(urgency, ..)| *urgency);
    let summary: Vec<String> =
        others.into_iter().map(|(_, word, number)| format!("{} {word}", count(number))).collect();
    summary.join(", ")
}

/// The state of a table as it reads after a number of tables.
fn clause(sync: &SyncStatus) -> &'static str {
    let mark = Mark::of_sync(sync);
    match (sync.state, is_stale(sync)) {
        (SyncState::EpochChanged, _) => "with a replaced local database",
        (SyncState::Quarantined, false) if !sync.paused => "with quarantined rows",
        (SyncState::HeldBack, false) if !sync.paused => "with rows held back",
        (SyncState::ShapeDiffers, false) if !sync.paused => "with other columns at the copy",
        _ => mark.word,
    }
}

#[component]
pub fn Answered(answer: Answer) -> impl IntoView {
    view! {
        <p class="answer">
            <span class=format!("mark {}", answer.tone)>
                <span aria-hidden="true">{answer.shape}</span>
                " "
                {answer.sentence}
            </span>
        </p>
    }
}

/// The answer for the overview, with links to tables that need attention; nothing without tables.
#[component]
pub fn SyncsInBrief(list: SyncList) -> impl IntoView {
    let answer = answer(&list.items)?;
    let asking = by_urgency(list.items).into_iter().filter(|sync| Urgency::of(sync) < Urgency::NotYet);
    let asking = asking.map(|sync| {
        let name = sync.table.to_string();
        view! { <li><a href=format!("/syncs/{name}")>{name.clone()}</a> " " <StateMark mark=Mark::of_sync(&sync) /></li> }
    });
    Some(view! {
        <section aria-labelledby="syncs" data-key="syncs">
            <h2 id="syncs">"Are all tables in sync?"</h2>
            <Answered answer />
            <ul class="choices" aria-label="Tables">
                {asking.collect_view()}
                <li><a href="/syncs">"All tables"</a></li>
            </ul>
        </section>
    })
}

#[cfg(test)]
mod tests {
    use model::{Time, Verified};

    use super::*;
    use crate::examples;

    fn said(states: &[SyncState]) -> String {
        let items: Vec<SyncStatus> = states.iter().map(|state| examples::sync("orders", *state)).collect();
        answer(&items).map(|answer| answer.sentence).unwrap_or_default()
    }

    #[test]
    fn answer_counts_most_urgent_first() {
        use SyncState as S;
        assert_eq!(said(&[]), "");
        assert_eq!(said(&[S::InSync]), "Yes: the only table is in sync.");
        assert_eq!(said(&[S::InSync, S::InSync]), "Yes: all 2 tables are in sync.");
        assert_eq!(said(&[S::InSync, S::Uploading]), "Not yet: 1 of 2 in sync; 1 uploading.");
        assert_eq!(
            said(&[S::Uploading, S::InSync, S::Unreachable, S::Waiting, S::Uploading]),
            "No: 1 of 5 in sync; 1 awaiting approval, 1 unreachable, 2 uploading."
        );
        assert!(said(&[S::InSync, S::New]).starts_with("Unknown for some tables"));
        let partly = "Except quarantined rows: 1 of 2 in sync; 1 with quarantined rows.";
        assert_eq!(said(&[S::InSync, S::Quarantined]), partly);
        let stale = SyncStatus { held: false, ..examples::sync("orders", S::InSync) };
        assert_eq!(answer(&[stale]).unwrap().sentence, "No: 0 of 1 in sync; 1 stale.");
    }

    #[test]
    fn tables_verified_by_count_are_named() {
        let by_count = Verified { below: 5, at: Time(0), shown_by: Evidence::Count };
        let counted = SyncStatus { verified: Some(by_count), ..examples::sync("orders", SyncState::InSync) };
        let items = [counted, examples::sync("customers", SyncState::InSync)];
        assert_eq!(answer(&items).unwrap().sentence, "Yes: all 2 tables are in sync, 1 of them by count only.");
    }

    #[test]
    fn overview_names_tables_needing_attention() {
        let shown = |states: &[(&str, SyncState)]| {
            let items = states.iter().map(|(table, state)| examples::sync(table, *state)).collect();
            examples::html(move || view! { <SyncsInBrief list=SyncList { now: Time(0), items } /> })
        };
        assert_eq!(shown(&[]), "", "there is no table");
        let html = shown(&[("orders", SyncState::InSync), ("customers", SyncState::Unreachable)]);
        assert!(html.contains("1 unreachable") && html.contains("href=\"/syncs/customers\""), "{html}");
        assert!(!html.contains("/syncs/orders") && html.contains("href=\"/syncs\""), "{html}");
    }
}
