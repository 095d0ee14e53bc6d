//! What happens to the tables outside of a sync: restores, columns that come and go, contents edited by hand, copies
//! that swallow rows or keep them.

use engine::sync::{Checkpoint, Column, ContentCheck, Kind, Options, Purpose, Verdict};
use model::Evidence;

use super::test_tables::TestTables;

fn synced(rows: u64) -> (TestTables, Checkpoint, Options) {
    let mut tables = TestTables { compares: true, clock: Some(100), ..TestTables::in_sync(rows) };
    tables.storage = Some("file 1".to_owned());
    let (mut checkpoint, options) = (Checkpoint::default(), Options::default());
    let verdict = tables.evaluate(&options, &mut checkpoint, 1);
    assert!(matches!(verdict, Verdict::InSync { shown_by: Evidence::Contents, .. }), "a copy from before: {verdict:?}");
    (tables, checkpoint, options)
}

fn column(name: &str, kind: Kind) -> Column {
    Column { name: name.to_owned(), declared: "its type".to_owned(), kind }
}

fn is_in_sync(verdict: &Verdict) -> bool {
    matches!(verdict, Verdict::InSync { quarantined: 0, .. })
}

#[test]
fn older_state_of_the_same_database_stops_the_sync_until_it_is_accepted() {
    let (mut tables, mut checkpoint, options) = synced(100);
    tables.clock = Some(99);
    tables.local.remove(&100);
    let verdict = tables.evaluate(&options, &mut checkpoint, 2);
    let Verdict::EpochChanged { was, is } = verdict else { panic!("{verdict:?}") };
    assert!(was.contains("change 100") && is.contains("change 99"), "{was}, {is}");
    assert_eq!(tables.remote.len(), 100, "nothing is deleted");
    checkpoint.accept(false);
    assert!(is_in_sync(&tables.evaluate(&options, &mut checkpoint, 3)));
    assert_eq!(tables.remote.len(), 99);
}

#[test]
fn many_newest_rows_gone_are_a_restore_and_a_few_are_not() {
    let (mut tables, mut checkpoint, options) = synced(100);
    tables.local.retain(|key, _| !(91..=100).contains(key));
    assert!(is_in_sync(&tables.evaluate(&options, &mut checkpoint, 2)), "ten were deleted");
    tables.local.retain(|key, _| !(70..=90).contains(key));
    let verdict = tables.evaluate(&options, &mut checkpoint, 3);
    let Verdict::EpochChanged { is, .. } = &verdict else { panic!("{verdict:?}") };
    assert!(is.contains("up to version 69") && is.contains("21 rows"), "{is}");
    assert_eq!(tables.remote.len(), 90);
}

/// The rows of a restored table are older than those of the copy.
#[test]
fn older_versions_of_many_rows_stop_the_sync_and_of_a_few_do_not() {
    let (mut tables, mut checkpoint, options) = synced(100);
    for key in 1..=5 {
        tables.remote.insert(key, 1_000 + key);
    }
    tables.write(100);
    while !is_in_sync(&tables.evaluate(&options, &mut checkpoint, 2)) {}
    assert!(tables.differing().is_empty());
    for key in 1..=20 {
        tables.remote.insert(key, 2_000 + key);
    }
    let verdict = tables.evaluate(&options, &mut checkpoint, 3);
    assert!(matches!(&verdict, Verdict::EpochChanged { was, .. } if was.contains("20 rows")), "{verdict:?}");
    assert_eq!(tables.remote[&1], 2_001, "nothing is deleted");
}

#[test]
fn version_used_twice_after_a_restore_is_sent_again() {
    let (mut tables, mut checkpoint, options) = synced(20);
    // Rows 16 to 20 are lost, and others are written at their versions.
    tables.local.retain(|key, _| !(16..=20).contains(key));
    assert!(is_in_sync(&tables.evaluate(&options, &mut checkpoint, 2)), "deleted as if by hand");
    for key in 16..=20 {
        tables.local.insert(key, key);
        tables.local_contents.insert(key, 7);
    }
    assert!(is_in_sync(&tables.evaluate(&options, &mut checkpoint, 3)));
    assert!((16..=20).all(|key| tables.remote_contents.get(&key) == Some(&7)), "{:?}", tables.remote_contents);
}

#[test]
fn rewritten_table_is_compared_by_contents_before_it_is_in_sync_again() {
    let (mut tables, mut checkpoint, options) = synced(5_000);
    tables.storage = Some("file 2".to_owned());
    for key in [7, 4_000] {
        tables.local_contents.insert(key, 9);
    }
    let verdict = tables.evaluate(&options, &mut checkpoint, 2);
    assert!(matches!(verdict, Verdict::InSync { shown_by: Evidence::Contents, .. }), "{verdict:?}");
    assert_eq!((tables.remote_contents.get(&7), tables.remote_contents.get(&4_000)), (Some(&9), Some(&9)));
    assert_eq!(tables.sent, 2, "only those that differ");
    let verdict = tables.evaluate(&options, &mut checkpoint, 3);
    assert!(matches!(verdict, Verdict::InSync { shown_by: Evidence::Cells, .. }), "once is enough: {verdict:?}");
}

#[test]
fn copy_edited_by_hand_is_found_by_a_verification_of_contents_and_mended_on_request() {
    let (mut tables, mut checkpoint, options) = synced(300);
    tables.remote_contents.insert(8, 1);
    tables.remote_contents.insert(9, 1);
    assert!(is_in_sync(&tables.evaluate(&options, &mut checkpoint, 2)), "versions are equal");
    let verify = Options { purpose: Purpose::Verify, contents: true, ..options.clone() };
    let verdict = tables.evaluate(&verify, &mut checkpoint.clone(), 3);
    assert_eq!(verdict, Verdict::Differs { stale: 0, missing: 0, changed: 2, all: true });
    tables.remote.remove(&100);
    let verdict = tables.evaluate(&verify, &mut checkpoint.clone(), 3);
    assert_eq!(verdict, Verdict::Differs { stale: 0, missing: 1, changed: 2, all: true }, "both are told");
    checkpoint.compare(ContentCheck::default());
    assert!(is_in_sync(&tables.evaluate(&options, &mut checkpoint, 4)));
    assert!(tables.remote_contents.values().all(|contents| *contents == 0), "{:?}", tables.remote_contents);
}

#[test]
fn contents_are_compared_as_often_as_configured() {
    let (mut tables, mut checkpoint, options) = synced(50);
    let nightly = Options { compare_every: Some(1_000), ..options };
    tables.remote_contents.insert(8, 1);
    assert!(is_in_sync(&tables.evaluate(&nightly, &mut checkpoint, 900)));
    assert_eq!(tables.remote_contents[&8], 1, "not yet");
    assert!(is_in_sync(&tables.evaluate(&nightly, &mut checkpoint, 1_001)));
    assert_eq!(tables.remote_contents[&8], 0);
}

#[test]
fn remote_without_contents_gets_all_rows_again_once_accepted() {
    let (mut tables, mut checkpoint, options) = synced(3_000);
    (tables.compares, tables.epoch) = (false, "second".to_owned());
    tables.local_contents.insert(8, 5);
    assert!(matches!(tables.evaluate(&options, &mut checkpoint, 2), Verdict::EpochChanged { .. }));
    checkpoint.accept(false);
    while !is_in_sync(&tables.evaluate(&options, &mut checkpoint, 3)) {}
    assert_eq!((tables.sent, tables.remote_contents.get(&8)), (3_000, Some(&5)));
    let verify = Options { purpose: Purpose::Verify, contents: true, ..options };
    let verdict = tables.evaluate(&verify, &mut checkpoint, 4);
    assert!(
        matches!(&verdict, Verdict::Refused { error } if error.contains("does not compare contents")),
        "{verdict:?}"
    );
}

#[test]
fn new_column_makes_rows_that_differ_be_sent_again() {
    let (mut tables, _, options) = synced(100);
    let name = column("name", Kind::Text);
    tables.columns.local = Some(vec![name.clone()]);
    tables.columns.remote = Some(vec![name.clone()]);
    let mut checkpoint = Checkpoint::default();
    assert!(is_in_sync(&tables.evaluate(&options, &mut checkpoint, 1)));
    let total = column("total", Kind::Exact);
    tables.columns.local = Some(vec![name.clone(), total.clone()]);
    let verdict = tables.evaluate(&options, &mut checkpoint, 2);
    let Verdict::ShapeDiffers { obstacles } = &verdict else { panic!("{verdict:?}") };
    assert_eq!(obstacles, &["the copy has no column total"]);
    tables.columns.remote = Some(vec![total, name]);
    tables.local_contents.extend((1..=100).map(|key| (key, 3)));
    assert!(is_in_sync(&tables.evaluate(&options, &mut checkpoint, 3)));
    assert!(tables.remote_contents.values().filter(|contents| **contents == 3).count() == 100);
}

#[test]
fn column_that_would_change_values_stops_the_sync_unless_asked_for() {
    let (mut tables, mut checkpoint, options) = synced(10);
    tables.columns.local = Some(vec![column("total", Kind::Decimal { scale: Some(4) })]);
    tables.columns.remote = Some(vec![column("total", Kind::Decimal { scale: Some(2) })]);
    let verdict = tables.evaluate(&options, &mut checkpoint, 2);
    assert!(matches!(&verdict, Verdict::ShapeDiffers { obstacles } if obstacles.len() == 1), "{verdict:?}");
    assert!(is_in_sync(&tables.evaluate(&Options { narrowing: true, ..options }, &mut checkpoint, 3)));
}

#[test]
fn copy_that_swallows_rows_ends_in_quarantine() {
    let (mut tables, mut checkpoint, options) = synced(10);
    tables.swallows.insert(11);
    tables.write(11);
    let mut evaluations = 0;
    let quarantined = loop {
        match tables.evaluate(&options, &mut checkpoint, 2) {
            Verdict::InSync { quarantined, .. } => break quarantined,
            _ if evaluations < 10 => evaluations += 1,
            other => panic!("{other:?}"),
        }
    };
    let entry = checkpoint.quarantine.entries().next().unwrap();
    assert!(quarantined == 1 && entry.refusal.contains("accepted the row"), "{entry:?}");
    tables.swallows.clear();
    assert!(is_in_sync(&tables.evaluate(&options, &mut checkpoint, 1_000_000)), "retried like any other");
}

#[test]
fn row_that_cannot_be_deleted_holds_up_no_other() {
    let (mut tables, mut checkpoint, options) = synced(1_000);
    tables.kept.insert(500);
    tables.local.retain(|key, _| !(400..=600).contains(key));
    tables.write(1_001);
    let verdict = tables.evaluate(&options, &mut checkpoint, 2);
    assert!(matches!(verdict, Verdict::InSync { quarantined: 1, .. }), "{verdict:?}");
    assert_eq!((tables.remote.len(), tables.deleted), (801, 200));
    let entry = checkpoint.quarantine.entries().next().unwrap().clone();
    assert!(entry.delete && entry.refusal == "still referenced", "{entry:?}");
    let verdict = tables.evaluate(&options, &mut checkpoint, entry.retry_at);
    assert!(matches!(verdict, Verdict::InSync { quarantined: 1, .. }), "{verdict:?}");
    let again = checkpoint.quarantine.entries().next().unwrap().clone();
    assert_eq!(again.attempts, 2);
    tables.kept.clear();
    assert!(is_in_sync(&tables.evaluate(&options, &mut checkpoint, again.retry_at)));
    assert!(checkpoint.quarantine.is_empty() && tables.differing().is_empty());
}

#[test]
fn quarantine_heals_in_one_evaluation_once_the_cause_is_gone() {
    let (mut tables, mut checkpoint, options) = synced(10);
    for key in 1_000..6_000 {
        tables.write(key);
        tables.poison.insert(key, super::test_tables::Poison::Named);
    }
    let verdict = loop {
        match tables.evaluate(&options, &mut checkpoint, 2) {
            Verdict::Working(_) => {}
            other => break other,
        }
    };
    assert!(matches!(verdict, Verdict::InSync { quarantined: 5_000, .. }), "{verdict:?}");
    tables.poison.clear();
    let before = tables.requests;
    assert!(is_in_sync(&tables.evaluate(&options, &mut checkpoint, 61_000)));
    assert!(tables.requests - before < 60, "{} requests", tables.requests - before);
}

/// They came in different batches, and each waits for the other.
#[test]
fn rows_that_the_remote_takes_only_together_are_sent_together() {
    let (mut tables, mut checkpoint, options) = synced(10);
    tables.rivals.extend([11, 12]);
    tables.write(11);
    let verdict = tables.evaluate(&options, &mut checkpoint, 2);
    assert!(matches!(verdict, Verdict::InSync { quarantined: 1, .. }), "{verdict:?}");
    tables.write(12);
    let verdict = tables.evaluate(&options, &mut checkpoint, 3);
    assert!(matches!(verdict, Verdict::InSync { quarantined: 2, .. }), "{verdict:?}");
    assert!(is_in_sync(&tables.evaluate(&options, &mut checkpoint, 100_000)));
    assert!(tables.differing().is_empty());
}

/// The copy keeps the row with its old values: the versions are equal, and it must not count as in sync.
#[test]
fn row_whose_new_contents_are_refused_stays_in_quarantine() {
    let (mut tables, mut checkpoint, options) = synced(100);
    tables.local_contents.insert(7, 9);
    tables.poison.insert(7, super::test_tables::Poison::Named);
    checkpoint.compare(ContentCheck::default());
    for now in [2, 3, 70_000, 200_000] {
        let verdict = tables.evaluate(&options, &mut checkpoint, now);
        assert!(matches!(verdict, Verdict::InSync { quarantined: 1, .. }), "at {now}: {verdict:?}");
    }
    tables.remote.remove(&7);
    let verdict = tables.evaluate(&options, &mut checkpoint, 200_001);
    assert!(!is_in_sync(&verdict), "{verdict:?}");
    tables.poison.clear();
    while !is_in_sync(&tables.evaluate(&options, &mut checkpoint, 10_000_000)) {}
    assert_eq!(tables.remote_contents[&7], 9);
    tables.local_contents.insert(8, 9);
    tables.poison.insert(8, super::test_tables::Poison::Named);
    checkpoint.compare(ContentCheck::default());
    tables.evaluate(&options, &mut checkpoint, 10_000_001);
    tables.local.remove(&8);
    while !is_in_sync(&tables.evaluate(&options, &mut checkpoint, 10_000_002)) {}
    assert!(tables.differing().is_empty() && checkpoint.quarantine.is_empty(), "deleted like any other");
}

#[test]
fn column_that_the_copy_lost_and_has_again_is_compared() {
    let (mut tables, mut checkpoint, options) = synced(10);
    let name = Some(vec![column("name", Kind::Text)]);
    (tables.columns.local, tables.columns.remote) = (name.clone(), name.clone());
    tables.local_contents.extend((1..=10).map(|key| (key, 3)));
    tables.remote_contents.extend((1..=10).map(|key| (key, 3)));
    assert!(is_in_sync(&tables.evaluate(&options, &mut checkpoint, 2)));
    tables.columns.remote = Some(Vec::new());
    assert!(matches!(tables.evaluate(&options, &mut checkpoint, 3), Verdict::ShapeDiffers { .. }));
    tables.columns.remote = name;
    tables.remote_contents.clear();
    while !is_in_sync(&tables.evaluate(&options, &mut checkpoint, 4)) {}
    assert!((1..=10).all(|key| tables.remote_contents.get(&key) == Some(&3)), "{:?}", tables.remote_contents);
}

#[test]
fn quarantine_is_bounded() {
    let (mut tables, mut checkpoint, mut options) = synced(10);
    options.limits.quarantine = 100;
    for key in 1_000..1_200 {
        tables.write(key);
        tables.poison.insert(key, super::test_tables::Poison::Named);
    }
    let verdict = tables.evaluate(&options, &mut checkpoint, 2);
    assert!(
        matches!(&verdict, Verdict::Refused { error } if error.contains("more than 100 rows; the first: too long")),
        "{verdict:?}"
    );
}
