//! A clone that is killed or stopped goes on where it was: nothing lost, nothing counted twice, and copied again at
//! most what was in flight.

use std::sync::{Arc, Mutex};

use engine::clone::{Checkpoint, CloneError, Range, RangeState, Taken, Tracker, run};
use model::{Failure, Progress};
use proptest::prelude::*;
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

use crate::{
    proxy::{Fate, Kind, Proxy},
    support::{Finished, QUICK, TestBuckets, connect, key, options, source_to_destination},
};

const OBJECTS: usize = 300;

/// What a job's row would hold: written at one copy, then the process dies at another.
async fn killed(buckets: &TestBuckets, stored_at: usize, dies_at: usize, broken: &'static str) -> Taken {
    let tracker = Tracker::resume(Progress::default(), Checkpoint::default());
    let (row, dead) = (Arc::new(Mutex::new(Taken::default())), Arc::new(Notify::new()));
    let (watched, written, dying) = (tracker.clone(), Arc::clone(&row), Arc::clone(&dead));
    let proxy = Proxy::before(&buckets.store.url(), move |request| {
        if request.kind == Kind::Copy && request.number == stored_at {
            *written.lock().unwrap() = watched.take();
        }
        if request.kind == Kind::Copy && request.number == dies_at {
            dying.notify_one();
        }
        std::future::ready(match request.kind {
            Kind::Copy if request.number >= dies_at => Fate::Hang,
            Kind::Copy if request.target.contains(broken) => Fate::Refuse(403, "AccessDenied"),
            _ => Fate::Forward,
        })
    })
    .await;
    let store = connect(proxy.url()).await.patient(QUICK);
    let (spec, options, stop) = (source_to_destination(), options(), CancellationToken::new());
    tokio::select! {
        result = run(&spec, &store, &store, &options, None, &tracker, &stop) => panic!("not killed: {result:?}"),
        () = dead.notified() => {}
    }
    let mut row = row.lock().unwrap();
    std::mem::take(&mut *row)
}

/// Goes on from what was stored, as JSON, at the store itself.
async fn resumed(buckets: &TestBuckets, row: &Taken) -> Finished {
    let progress = serde_json::from_str(&serde_json::to_string(&row.progress).unwrap()).unwrap();
    let checkpoint = serde_json::from_str(&serde_json::to_string(&row.checkpoint).unwrap()).unwrap();
    let tracker = Tracker::resume(progress, checkpoint);
    let store = buckets.engine().await;
    let result =
        run(&source_to_destination(), &store, &store, &options(), None, &tracker, &CancellationToken::new()).await;
    Finished { result, taken: tracker.take() }
}

async fn buckets() -> TestBuckets {
    let buckets = TestBuckets::new().await;
    buckets.store.seed_objects("source", OBJECTS).await.unwrap();
    buckets
}

#[test]
fn clone_killed_anywhere_repeats_only_objects_in_flight() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let mut runner = proptest::test_runner::TestRunner::new(ProptestConfig::with_cases(8));
    let points = (0..OBJECTS, 0..OBJECTS).prop_map(|(a, b)| (a.min(b), a.max(b)));
    let kept = runner.run(&points, |(stored_at, dies_at)| {
        runtime.block_on(async {
            let buckets = buckets().await;
            let row = killed(&buckets, stored_at, dies_at, "nothing").await;
            let finished = resumed(&buckets, &row).await;
            finished.is_equal();
            assert_eq!(finished.taken.progress.found, OBJECTS as u64);
            assert!(buckets.copies() <= (OBJECTS + options().concurrency) as u64, "{}", buckets.copies());
        });
        Ok(())
    });
    kept.unwrap();
}

#[tokio::test]
async fn failure_is_stored_with_its_cursor_once() {
    let buckets = buckets().await;
    let row = killed(&buckets, 200, 250, "00000007").await;
    let cursor = row.checkpoint.ranges[0].cursor.as_ref().unwrap();
    let failed: Vec<&Failure> = row.failures.iter().collect();
    assert!(failed.iter().all(|failure| failure.key <= *cursor));
    assert_eq!(row.checkpoint.settled.failed, failed.len() as u64);
    let finished = resumed(&buckets, &row).await;
    // What the cursor had passed is not tried again: it is still missing, and known to be.
    assert_eq!(finished.taken.progress.failed, failed.len() as u64);
    assert_eq!(finished.comparison().missing, failed.len() as u64);
    finished.adds_up();
}

#[tokio::test]
async fn stop_leaves_a_checkpoint_to_resume() {
    let buckets = buckets().await;
    let stop = CancellationToken::new();
    let asked = stop.clone();
    let proxy = Proxy::before(&buckets.store.url(), move |request| {
        if request.kind == Kind::Copy && request.number == 100 {
            asked.cancel();
        }
        std::future::ready(Fate::Forward)
    })
    .await;
    let store = connect(proxy.url()).await;
    let tracker = Tracker::resume(Progress::default(), Checkpoint::default());
    let result = run(&source_to_destination(), &store, &store, &options(), None, &tracker, &stop).await;
    assert!(matches!(result, Err(CloneError::Stopped)));
    let row = tracker.take();
    assert_eq!(row.progress.done, buckets.copies(), "what was begun was finished and counted");
    let finished = resumed(&buckets, &row).await;
    finished.is_equal();
    assert_eq!(buckets.copies(), OBJECTS as u64, "nothing was copied twice");
    assert!(finished.taken.progress.requests > row.progress.requests);
    assert!(finished.taken.progress.active_ms >= row.progress.active_ms);
}

#[tokio::test]
async fn several_ranges_are_each_resumed() {
    let buckets = TestBuckets::with(&["a", "b", "c", "d", "e"]).await;
    let range = |after: Option<&str>, last: Option<&str>, cursor: Option<&str>, state| Range {
        after: after.map(key),
        last: last.map(key),
        cursor: cursor.map(key),
        state,
    };
    let checkpoint = Checkpoint {
        ranges: vec![
            range(None, Some("b"), Some("b"), RangeState::Done),
            range(Some("b"), Some("d"), Some("c"), RangeState::Active),
            range(Some("d"), None, None, RangeState::Waiting),
        ],
        ..Checkpoint::default()
    };
    let taken = Taken { checkpoint, ..Taken::default() };
    let finished = resumed(&buckets, &taken).await;
    assert_eq!(finished.taken.progress.done, 2, "only d and e were left");
    assert_eq!(finished.comparison().missing, 3);
    assert!(finished.taken.checkpoint.ranges.iter().all(|range| range.state == RangeState::Done));
}

#[tokio::test]
async fn unstored_changes_are_taken_again() {
    let tracker = Tracker::resume(Progress::default(), Checkpoint::default());
    let failure =
        Failure { key: key("a"), reason: model::Reason::Gone, message: String::new(), attempts: 1, at: model::Time(0) };
    tracker.put_back(Taken { failures: vec![failure.clone()], mended: vec![key("b")], ..Taken::default() });
    let again = tracker.take();
    assert_eq!((again.failures, again.mended), (vec![failure], vec![key("b")]));
    assert_eq!(tracker.take().failures, []);
}
