//! Are all copies in step? One sentence with counts, for the page of syncs and, shorter, for the overview.

use leptos::prelude::*;
use model::{Evidence, SyncList, SyncState, SyncStatus};

use super::by_urgency;
use crate::{
    format::{Mark, Urgency, count, nobody_looks},
    ui::StateMark,
};

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    pub shape: &'static str,
    /// `4 of 5 in step`.
    pub brief: String,
    pub sentence: String,
    tone: &'static str,
}

/// `None`: there is no table.
pub fn answer(items: &[SyncStatus]) -> Option<Answer> {
    let worst = items.iter().map(Urgency::of).min()?;
    let (all, fine) = (items.len(), items.iter().filter(|sync| Urgency::of(sync) == Urgency::Fine).count());
    let brief = format!("{} of {} in step", count(fine as u64), count(all as u64));
    let (shape, tone, begin) = match worst {
        Urgency::Person | Urgency::Wrong => ("✖", "bad", "No"),
        Urgency::Partly => ("?", "warn", "But for rows in quarantine"),
        Urgency::Held | Urgency::NotYet => ("?", "warn", "Not known of all"),
        Urgency::UnderWay => ("●", "busy", "Not at this moment"),
        Urgency::Fine => {
            let sentence = format!("{}{}.", everything(all), by_count(items));
            return Some(Answer { shape: "✔", tone: "good", brief, sentence });
        }
    };
    Some(Answer { shape, tone, sentence: format!("{begin}: {brief}; {}.", others(items)), brief })
}

fn everything(all: usize) -> String {
    match all {
        1 => "Yes: the one copy is in step".to_owned(),
        all => format!("Yes: all {} copies are in step", count(all as u64)),
    }
}

/// A count shows less than cells do, and is not passed over.
fn by_count(items: &[SyncStatus]) -> String {
    let counted = |sync: &&SyncStatus| {
        sync.state == SyncState::InSync && sync.verified.is_none_or(|verified| verified.shown_by == Evidence::Count)
    };
    match items.iter().filter(counted).count() {
        0 => String::new(),
        number => format!(", {} of them by count only", count(number as u64)),
    }
}

/// `1 waiting for a yes, 2 uploading`, the worst first.
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
    let told: Vec<String> = others.into_iter().map(|(_, word, number)| format!("{} {word}", count(number))).collect();
    told.join(", ")
}

/// How it stands, after a number of such tables.
fn clause(sync: &SyncStatus) -> &'static str {
    let mark = Mark::of_sync(sync);
    match (sync.state, nobody_looks(sync)) {
        (SyncState::EpochChanged, _) => "with another local database",
        (SyncState::Quarantined, false) if !sync.paused => "with rows in quarantine",
        (state, true) if mark != Mark::of_sync_state(state) => "that nobody looks after",
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

/// For the overview: the same sentence, and the tables that somebody has to see to. Nothing where there is no table.
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
            <h2 id="syncs">"Are all copies in step?"</h2>
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
    fn the_answer_counts_and_names_the_worst_first() {
        use SyncState as S;
        assert_eq!(said(&[]), "");
        assert_eq!(said(&[S::InSync]), "Yes: the one copy is in step.");
        assert_eq!(said(&[S::InSync, S::InSync]), "Yes: all 2 copies are in step.");
        assert_eq!(said(&[S::InSync, S::Uploading]), "Not at this moment: 1 of 2 in step; 1 uploading.");
        assert_eq!(
            said(&[S::Uploading, S::InSync, S::Unreachable, S::Waiting, S::Uploading]),
            "No: 1 of 5 in step; 1 waiting for a yes, 1 unreachable, 2 uploading."
        );
        assert!(said(&[S::InSync, S::New]).starts_with("Not known of all"));
        let partly = "But for rows in quarantine: 1 of 2 in step; 1 with rows in quarantine.";
        assert_eq!(said(&[S::InSync, S::Quarantined]), partly);
        let alone = SyncStatus { held: false, ..examples::sync("orders", S::InSync) };
        assert_eq!(answer(&[alone]).unwrap().sentence, "No: 0 of 1 in step; 1 that nobody looks after.");
    }

    #[test]
    fn what_only_counts_say_is_told_to_be_no_more() {
        let by_count = Verified { below: 5, at: Time(0), shown_by: Evidence::Count };
        let counted = SyncStatus { verified: Some(by_count), ..examples::sync("orders", SyncState::InSync) };
        let items = [counted, examples::sync("customers", SyncState::InSync)];
        assert_eq!(answer(&items).unwrap().sentence, "Yes: all 2 copies are in step, 1 of them by count only.");
    }

    #[test]
    fn the_overview_names_the_tables_that_somebody_has_to_see_to() {
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
