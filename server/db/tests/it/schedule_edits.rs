//! Schedules that are edited, the consent to a mirror, and the history of firings.

use db::{DbError, Due, EditedSchedule, NewSchedule, testing::Scratch};
use model::{CloneSpec, Consent, DeletionLimits, EventKind, Firing, NextTimes, Schedule, Spec, Task, Time, Timing};

use crate::{
    schedules::{FIRST, SECOND, due, nightly, started, with_verify},
    support::*,
};

fn edited(schedule: &Schedule) -> EditedSchedule {
    EditedSchedule {
        revision: schedule.revision,
        name: schedule.name.clone(),
        timing: schedule.timing.clone(),
        clone: schedule.clone.clone(),
        consent: schedule.consent.clone(),
        next: NextTimes { clone: Some(SECOND), verify: None },
        editor: "ada".to_owned(),
    }
}

async fn an_edit_changes_all_and_says_who_made_it(scratch: Scratch) {
    let db = scratch.open().await;
    let schedule = db.insert_schedule(nightly("nightly")).await.unwrap();
    let timing = Timing { cron: "0 3 * * *".to_owned(), verify_cron: None, zone: "UTC".to_owned() };
    let Spec::Clone(clone) = clone("demo/assets", "demo/elsewhere") else { unreachable!() };
    let name = "later".parse().unwrap();
    let edit = EditedSchedule { name, timing: timing.clone(), clone: clone.clone(), ..edited(&schedule) };
    let after = db.edit_schedule(schedule.id, edit).await.unwrap();
    assert_eq!((after.name.as_str(), &after.timing, &after.clone), ("later", &timing, &clone));
    assert_eq!((after.next_at, after.revision, after.edited_by.as_deref()), (Some(SECOND), 2, Some("ada")));
    assert!(after.edited_at.is_some() && after.author == "operator");
    assert_eq!(db.schedule(schedule.id).await.unwrap(), after);
}

async fn an_edit_of_an_older_revision_is_refused(scratch: Scratch) {
    let db = scratch.open().await;
    let schedule = db.insert_schedule(nightly("nightly")).await.unwrap();
    let named = |name: &str| EditedSchedule { name: name.parse().unwrap(), ..edited(&schedule) };
    let (one, other) = (scratch.open().await, scratch.open().await);
    let both = tokio::join!(one.edit_schedule(schedule.id, named("a")), other.edit_schedule(schedule.id, named("b")));
    let (kept, refused) = match both {
        (Ok(kept), Err(refused)) | (Err(refused), Ok(kept)) => (kept, refused),
        other => panic!("{other:?}"),
    };
    assert!(matches!(&refused, DbError::Edited(now) if **now == kept), "{refused:?}");
    let again = EditedSchedule { revision: schedule.revision, ..edited(&kept) };
    assert_eq!(db.edit_schedule(schedule.id, again).await.unwrap(), kept, "a form sent twice is one edit");
    let taken = db.insert_schedule(nightly("taken")).await.unwrap();
    let same = EditedSchedule { name: taken.name.clone(), ..edited(&kept) };
    assert!(matches!(db.edit_schedule(schedule.id, same).await, Err(DbError::NameTaken(_))));
}

async fn an_edit_keeps_due_times_unless_its_timing_changes(scratch: Scratch) {
    let db = scratch.open().await;
    let schedule = db.insert_schedule(with_verify("nightly")).await.unwrap();
    let renamed = EditedSchedule { name: "renamed".parse().unwrap(), ..edited(&schedule) };
    let renamed = db.edit_schedule(schedule.id, renamed).await.unwrap();
    assert_eq!((renamed.next_at, renamed.verify_next_at), (Some(FIRST), Some(FIRST)));
    let timing = Timing { verify_cron: None, ..renamed.timing.clone() };
    let moved = db.edit_schedule(schedule.id, EditedSchedule { timing, ..edited(&renamed) }).await.unwrap();
    assert_eq!((moved.next_at, moved.verify_next_at), (Some(SECOND), None));
    let paused = db.pause_schedule(schedule.id).await.unwrap();
    let timing = Timing { zone: "UTC".to_owned(), ..paused.timing.clone() };
    let still = db.edit_schedule(schedule.id, EditedSchedule { timing, ..edited(&paused) }).await.unwrap();
    assert!(!still.enabled && still.next_at.is_none(), "a paused schedule stays paused");
}

/// A scheduler that read the schedule before the edit starts nothing with what it read.
async fn an_edited_schedule_never_fires_as_it_was(scratch: Scratch) {
    let db = scratch.open().await;
    let before = db.insert_schedule(nightly("nightly")).await.unwrap();
    let Spec::Clone(clone) = clone("demo/assets", "demo/elsewhere") else { unreachable!() };
    let after = db.edit_schedule(before.id, EditedSchedule { clone, ..edited(&before) }).await.unwrap();
    assert_eq!(after.next_at, before.next_at);
    assert_eq!(db.fire(&due(&before, Task::Clone)).await.unwrap(), None);
    let job = started(&db, &due(&after, Task::Clone)).await;
    assert_eq!(db.job(job).await.unwrap().spec, Spec::Clone(after.clone));
}

async fn every_firing_stays_in_the_history(scratch: Scratch) {
    let db = scratch.open().await;
    let schedule = db.insert_schedule(nightly("nightly")).await.unwrap();
    let other = db.insert_schedule(nightly("other")).await.unwrap();
    let refused = Due { refused: Some("no store".to_owned()), ..due(&schedule, Task::Clone) };
    db.fire(&refused).await.unwrap().unwrap();
    let by_hand = db.run_schedule(schedule.id, "ada").await.unwrap();
    let schedule = db.schedule(schedule.id).await.unwrap();
    let skipped = Due { due: SECOND, next: Some(FIRST), missed: 2, ..due(&schedule, Task::Clone) };
    db.fire(&skipped).await.unwrap().unwrap();
    let all = db.firings(schedule.id, None, 10).await.unwrap();
    let found: Vec<_> = all.items.iter().map(|(_, fired)| (fired.firing.clone(), fired.by.as_deref())).collect();
    assert_eq!(
        found,
        [
            (Firing::Skipped { job: by_hand.id }, None),
            (Firing::Started { job: by_hand.id }, Some("ada")),
            (Firing::Refused { reason: "no store".to_owned() }, None),
        ]
    );
    assert_eq!((all.items[0].1.missed, all.items[0].1.due, all.next), (2, SECOND, None));
    assert_eq!(db.schedule(schedule.id).await.unwrap().last.unwrap(), all.items[0].1);
    let first = db.firings(schedule.id, None, 2).await.unwrap();
    let after = first.next.as_ref().unwrap().parse().unwrap();
    let rest = db.firings(schedule.id, Some(after), 2).await.unwrap();
    assert_eq!([first.items, rest.items].concat(), all.items);
    assert!(rest.next.is_none() && db.firings(other.id, None, 10).await.unwrap().items.is_empty());

    assert_eq!(db.sweep_firings(Time(db.now().0 - 60_000), 10).await.unwrap(), 0);
    assert_eq!(db.sweep_firings(Time(db.now().0 + 60_000), 2).await.unwrap(), 2);
    assert_eq!(db.firings(schedule.id, None, 10).await.unwrap().items, all.items[..1]);
    assert_eq!(db.job(by_hand.id).await.unwrap().author, "schedule nightly", "its jobs stay");
}

/// The limits of one person do not become the word of another who edits the times.
async fn a_consent_stays_with_who_gave_it_until_it_changes(scratch: Scratch) {
    let db = scratch.open().await;
    let consent = |objects, by: &str| {
        let limits = DeletionLimits { objects: Some(objects), percent: None };
        Some(Consent { limits, by: by.to_owned(), at: FIRST })
    };
    let new = NewSchedule { consent: consent(5, "operator"), ..nightly("nightly") };
    let schedule = db.insert_schedule(new).await.unwrap();
    assert_eq!(db.schedule(schedule.id).await.unwrap().consent, consent(5, "operator"));
    let timing = Timing { zone: "UTC".to_owned(), ..schedule.timing.clone() };
    let later = EditedSchedule { timing, consent: consent(5, "ada"), ..edited(&schedule) };
    let later = db.edit_schedule(schedule.id, later).await.unwrap();
    assert_eq!(later.consent, consent(5, "operator"));
    let more = EditedSchedule { consent: consent(6, "ada"), ..edited(&later) };
    assert_eq!(db.edit_schedule(schedule.id, more).await.unwrap().consent, consent(6, "ada"));
}

async fn a_decision_needs_the_lease_of_its_attempt(scratch: Scratch) {
    let db = scratch.open().await;
    let schedule = db.insert_schedule(nightly("nightly")).await.unwrap();
    let id = started(&db, &due(&schedule, Task::Clone)).await;
    let claimed = claim(&db, "worker").await.unwrap().job;
    let decided = CloneSpec { dry_run: true, ..schedule.clone.clone() };
    let record = async |attempt| db.record_decision((id, attempt), &decided, "worker", "within").await.unwrap();
    assert!(!record(claimed.attempt + 1).await && db.job(id).await.unwrap().spec == claimed.spec);
    assert!(record(claimed.attempt).await);
    assert_eq!(db.job(id).await.unwrap().spec, Spec::Clone(decided.clone()));
    let log = db.events(id, 10).await.unwrap();
    assert_eq!(log.last().map(|event| (event.kind, event.detail.as_str())), Some((EventKind::Decided, "within")));
}

/// What the schema before edits held, as SQL that both databases take.
const PREVIOUS: &str = r#"
INSERT INTO schedules (id, name, cron, zone, spec, author, created_at, next_at, last) VALUES
('0198c0de-0000-7000-8000-000000000001', 'old', '0 2 * * *', 'UTC',
'{"source":{"store":"demo","bucket":"assets","prefix":""},"destination":{"store":"demo","bucket":"copy","prefix":""}}',
'operator', 1, 1770000000000,
'{"due":"2026-02-01T00:00:00Z","at":"2026-02-01T00:00:00Z","task":"clone","outcome":"refused","reason":"no store"}');
"#;

async fn a_schedule_of_the_previous_schema_is_read_and_edited(scratch: Scratch) {
    previous_schema(&scratch, 13, PREVIOUS).await;
    let db = scratch.open().await;
    let [schedule] = db.schedules().await.unwrap().try_into().unwrap();
    assert_eq!((schedule.revision, schedule.next_at, schedule.edited_at), (1, Some(FIRST), None));
    let Some(Firing::Refused { reason }) = schedule.last.as_ref().map(|last| last.firing.clone()) else { panic!() };
    assert_eq!(reason, "no store");
    assert!(db.firings(schedule.id, None, 10).await.unwrap().items.is_empty(), "its history begins now");
    let edit = EditedSchedule { name: "new".parse().unwrap(), ..edited(&schedule) };
    assert_eq!(db.edit_schedule(schedule.id, edit).await.unwrap().revision, 2);
}

on_both_databases! {
    an_edit_changes_all_and_says_who_made_it,
    an_edit_of_an_older_revision_is_refused,
    an_edit_keeps_due_times_unless_its_timing_changes,
    an_edited_schedule_never_fires_as_it_was,
    every_firing_stays_in_the_history,
    a_consent_stays_with_who_gave_it_until_it_changes,
    a_decision_needs_the_lease_of_its_attempt,
    a_schedule_of_the_previous_schema_is_read_and_edited,
}
