//! Stored reconciliations: one holder at a time, and gaps that close when a run delivers.

use std::collections::BTreeMap;

use db::{Db, INTERVAL_MS, IntervalCounts, Learned, Missing, NewRun, ReconciliationRound, testing::Scratch};
use model::{GapKind, Key, Outcome, PipelineName, Reconciliation, RunSource, Time, Window};

use crate::{
    runs::{AT, run, running},
    support::LEASE_MS,
};

on_both_databases!(
    later_reconciliation_replaces_interval_counts,
    failed_reconciliation_changes_only_its_error,
    only_the_lease_holder_writes,
    older_gaps_close_individually,
    object_runs_exclude_dry_runs_and_other_buckets,
    old_rows_are_swept,
);

/// The start of an interval.
const START: i64 = AT / INTERVAL_MS * INTERVAL_MS;

fn pipeline() -> PipelineName {
    "api".parse().unwrap()
}

fn key(name: &str) -> Key {
    name.parse().unwrap()
}

fn missing(name: &str, interval: i64, kind: GapKind) -> Missing {
    let start_at = Time(START + interval * INTERVAL_MS);
    let written_at = Time(start_at.0 + INTERVAL_MS);
    Missing { key: key(name), start_at, etag: Some("\"e1\"".to_owned()), size: 700, written_at, kind, run: None }
}

/// A reconciliation: objects and duplicates by interval number, and gaps.
fn round(from: i64, intervals: &[(i64, (u64, u64))], gaps: &[Missing]) -> ReconciliationRound {
    ReconciliationRound {
        from: Time(START + from * INTERVAL_MS),
        intervals: intervals
            .iter()
            .map(|(at, counts)| {
                (Time(START + at * INTERVAL_MS), IntervalCounts { objects: counts.0, twice: counts.1, excepted: 0 })
            })
            .collect(),
        gaps: by_key(gaps),
        waiting_since: None,
    }
}

fn by_key(gaps: &[Missing]) -> BTreeMap<Key, Missing> {
    gaps.iter().map(|gap| (gap.key.clone(), gap.clone())).collect()
}

async fn found(db: &Db) -> Reconciliation {
    let window = Window::new(Time(START), Time(START + 10 * INTERVAL_MS)).unwrap();
    db.reconciliation(&pipeline(), window).await.unwrap().unwrap()
}

fn counts(found: &Reconciliation) -> Vec<[u64; 6]> {
    let counts = found.intervals.iter().map(|i| [i.objects, i.whole, i.never, i.failed, i.partial, i.twice]);
    counts.take(3).collect()
}

async fn held(scratch: &Scratch) -> Db {
    let db = scratch.open().await;
    assert!(db.reconcile(&pipeline(), "one", LEASE_MS).await.unwrap().is_some());
    db
}

async fn later_reconciliation_replaces_interval_counts(scratch: Scratch) {
    let db = held(&scratch).await;
    let window = Window::new(Time(START), Time(START + 1)).unwrap();
    assert_eq!(db.reconciliation(&pipeline(), window).await.unwrap(), None, "nobody has looked yet");
    let gaps = [missing("a", 0, GapKind::Never), missing("b", 1, GapKind::Failed), missing("c", 1, GapKind::Partial)];
    let first = round(0, &[(0, (3, 1)), (1, (4, 0))], &gaps);
    assert!(db.record_reconciliation(&pipeline(), "one", &first, None).await.unwrap());
    let seen = found(&db).await;
    assert_eq!(counts(&seen), [[3, 2, 1, 0, 0, 1], [4, 2, 0, 1, 1, 0], [0; 6]]);
    assert_eq!(seen.gaps.iter().map(|gap| gap.key.as_str()).collect::<Vec<_>>(), ["a", "b", "c"], "the oldest first");
    assert_eq!((seen.gap_count, seen.oldest_unhandled), (3, Some(gaps[0].written_at)));

    // From the second interval on: the first stays as it was. `b` is whole by now, and `c` lost all.
    let changed = missing("c", 1, GapKind::Failed);
    let second = ReconciliationRound {
        waiting_since: Some(Time(START - 5)),
        ..round(1, &[(1, (4, 1)), (2, (1, 0))], &[changed])
    };
    assert!(db.record_reconciliation(&pipeline(), "one", &second, None).await.unwrap());
    let seen = found(&db).await;
    assert_eq!(counts(&seen), [[3, 2, 1, 0, 0, 1], [4, 3, 0, 1, 0, 1], [1, 1, 0, 0, 0, 0]]);
    assert_eq!(seen.oldest_unhandled, Some(Time(START - 5)), "what waits is older still");
    // What is no longer listed is no longer there.
    assert!(db.record_reconciliation(&pipeline(), "one", &round(1, &[], &[]), None).await.unwrap());
    assert_eq!(counts(&found(&db).await), [[3, 2, 1, 0, 0, 1], [0; 6], [0; 6]]);
}

async fn failed_reconciliation_changes_only_its_error(scratch: Scratch) {
    let db = held(&scratch).await;
    let first = round(0, &[(0, (3, 0))], &[missing("a", 0, GapKind::Never)]);
    assert!(db.record_reconciliation(&pipeline(), "one", &first, None).await.unwrap());
    let before = found(&db).await;
    db.record_failed_reconciliation(&pipeline(), "one", "There is no bucket.").await.unwrap();
    let after = found(&db).await;
    assert_eq!(after, Reconciliation { error: Some("There is no bucket.".to_owned()), ..before.clone() });
    assert!(db.record_reconciliation(&pipeline(), "one", &first, None).await.unwrap());
    assert_eq!(found(&db).await.error, None);
}

async fn only_the_lease_holder_writes(scratch: Scratch) {
    let db = held(&scratch).await;
    assert!(db.reconcile(&pipeline(), "two", LEASE_MS).await.unwrap().is_none());
    let all = round(0, &[(0, (3, 0))], &[missing("a", 0, GapKind::Never)]);
    assert!(!db.record_reconciliation(&pipeline(), "two", &all, None).await.unwrap());
    db.release(db::task::RECONCILE, pipeline().as_str(), "one").await.unwrap();
    assert!(db.reconcile(&pipeline(), "two", LEASE_MS).await.unwrap().is_some());
    assert!(!db.record_reconciliation(&pipeline(), "one", &all, None).await.unwrap());
    assert!(!db.close_gaps(&pipeline(), "one", &all.gaps, &BTreeMap::new()).await.unwrap());
    assert!(db.record_reconciliation(&pipeline(), "two", &all, None).await.unwrap());
}

async fn older_gaps_close_individually(scratch: Scratch) {
    let db = held(&scratch).await;
    let gaps = ["a", "b", "c"].map(|name| missing(name, 0, GapKind::Failed));
    assert!(db.record_reconciliation(&pipeline(), "one", &round(0, &[(0, (3, 0))], &gaps), None).await.unwrap());
    let before = Time(START + INTERVAL_MS);
    let first = db.older_gaps(&pipeline(), before, None, 2).await.unwrap();
    assert_eq!(first, by_key(&gaps[..2]));
    assert_eq!(db.older_gaps(&pipeline(), before, Some(&key("b")), 2).await.unwrap(), by_key(&gaps[2..]));
    assert!(db.older_gaps(&pipeline(), Time(START), None, 2).await.unwrap().is_empty());
    assert!(db.close_gaps(&pipeline(), "one", &first, &by_key(&gaps[1..2])).await.unwrap());
    assert_eq!(counts(&found(&db).await)[0], [3, 1, 0, 2, 0, 0]);
}

async fn object_runs_exclude_dry_runs_and_other_buckets(scratch: Scratch) {
    let db = scratch.open().await;
    let id = running(&db).await;
    let mut dry = run(&db, "dry", AT, 0);
    dry.run.summary.as_mut().unwrap().sink = None;
    let mut elsewhere = run(&db, "elsewhere", AT, 0);
    elsewhere.run.bucket = Some("other-logs".parse().unwrap());
    let mut lambda = run(&db, "lambda", AT, 0);
    (lambda.run.source, lambda.run.etag, lambda.run.bucket) = (RunSource::Lambda, None, None);
    lambda.run.outcome = Outcome::Suspicious;
    let window = Window::new(Time(AT), Time(AT + 1)).unwrap();
    let mut cut = NewRun { window: Some(window), ..run(&db, "cut", AT, 0) };
    cut.run.summary.as_mut().unwrap().lines.filtered = 1;
    let whole = run(&db, "whole", AT, 0);
    let runs = [dry, elsewhere, lambda.clone(), cut, whole];
    assert!(db.record_runs(id, 1, &runs).await.unwrap());
    let keys: Vec<Key> = ["dry", "elsewhere", "lambda", "cut", "whole", "never"].map(key).to_vec();
    let handled = db.handling(&pipeline(), "logs", &keys).await.unwrap();
    let told: BTreeMap<&str, bool> = handled.iter().map(|(key, runs)| (key.as_str(), runs[0].whole)).collect();
    assert_eq!(told, BTreeMap::from([("cut", false), ("lambda", false), ("whole", true)]));

    let learned = Learned { run: lambda.run.id, etag: Some("\"e7\"".to_owned()), size: 99 };
    let not_asked = Learned { run: runs[4].run.id, ..learned.clone() };
    db.learn_objects(&[learned, not_asked]).await.unwrap();
    let read = db.run(lambda.run.id).await.unwrap();
    assert_eq!((read.etag.as_deref(), read.size), (Some("\"e7\""), Some(99)));
    assert_eq!(db.run(runs[4].run.id).await.unwrap().etag.as_deref(), Some("\"e1\""), "what is known stays");
}

async fn old_rows_are_swept(scratch: Scratch) {
    let db = held(&scratch).await;
    let gaps = [missing("a", 0, GapKind::Never), missing("b", 2, GapKind::Never)];
    let all = round(0, &[(0, (1, 0)), (1, (1, 0)), (2, (1, 0))], &gaps);
    assert!(db.record_reconciliation(&pipeline(), "one", &all, None).await.unwrap());
    let before = Time(START + 2 * INTERVAL_MS);
    let mut swept = 0;
    loop {
        let some = db.sweep_reconciled(before, 1).await.unwrap();
        swept += some;
        if some == 0 {
            break;
        }
    }
    assert_eq!(swept, 3);
    let left = found(&db).await;
    assert_eq!((counts(&left), left.gap_count), (vec![[0; 6], [0; 6], [1, 0, 1, 0, 0, 0]], 1));
}
