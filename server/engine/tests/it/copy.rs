//! Copies from bucket to bucket and prefix to prefix.

use std::{num::NonZeroU32, time::Duration};

use engine::s3::Ceilings;
use model::Mode;
use tokio::time::Instant;

use crate::support::{TestBuckets, clone_at, source_to_destination, spec};

#[tokio::test]
async fn bucket_of_7500_objects_is_copied_and_proven() {
    let buckets = TestBuckets::new().await;
    buckets.store.seed_demo().await.unwrap();
    let finished = buckets.clone(&spec("demo-assets", "demo-clone")).await;
    finished.is_equal();
    assert_eq!(finished.taken.progress.done, 7_500);
    assert_eq!(finished.comparison().equal_by_etag, 7_500);
    assert_eq!(buckets.copies(), 7_500);
}

#[tokio::test]
async fn equal_objects_are_skipped() {
    let buckets = TestBuckets::with(&["a", "b", "c"]).await;
    buckets.clone(&source_to_destination()).await.is_equal();
    let again = buckets.clone(&source_to_destination()).await;
    again.is_equal();
    assert_eq!((again.taken.progress.skipped, again.taken.progress.done), (3, 0));
    assert_eq!(buckets.copies(), 3);
}

#[tokio::test]
async fn different_objects_are_copied_and_extras_stay() {
    let buckets = TestBuckets::with(&["a", "b"]).await;
    buckets.store.put("destination", "a", "other").await.unwrap();
    buckets.store.put("destination", "z", "mine").await.unwrap();
    let finished = buckets.clone(&source_to_destination()).await;
    finished.is_equal();
    assert_eq!(finished.comparison().extra, 1);
    assert_eq!(buckets.read("destination", "a").await.unwrap(), b"a");
    assert_eq!(buckets.read("destination", "z").await.unwrap(), b"mine");
}

#[tokio::test]
async fn source_without_objects_proves_nothing() {
    TestBuckets::new().await.clone(&source_to_destination()).await.had_nothing_to_do();
    let buckets = TestBuckets::with(&["a"]).await;
    buckets.store.put("destination", "z", "mine").await.unwrap();
    buckets.clone(&spec("source/typo/", "destination")).await.had_nothing_to_do();
    let verify = model::CloneSpec { mode: Mode::Verify, ..spec("source/typo/", "destination/typo/") };
    buckets.clone(&verify).await.had_nothing_to_do();
}

#[tokio::test]
async fn prefix_is_selected_and_replaced() {
    let buckets = TestBuckets::with(&["in/a", "in/b/c", "in", "inner", "other"]).await;
    buckets.clone(&spec("source/in/", "destination/out-")).await.is_equal();
    assert_eq!(buckets.store.count("destination").unwrap(), 2);
    assert_eq!(buckets.read("destination", "out-b/c").await.unwrap(), b"in/b/c");
}

#[tokio::test]
async fn prefix_is_cloned_to_a_sibling_prefix() {
    let buckets = TestBuckets::with(&["in/a", "in/b", "out/old"]).await;
    buckets.clone(&spec("source/in/", "source/out/")).await.is_equal();
    assert_eq!(buckets.store.count("source").unwrap(), 5);
}

#[tokio::test]
async fn dry_run_writes_nothing_and_counts() {
    let buckets = TestBuckets::with(&["a", "b", "c"]).await;
    buckets.store.put("destination", "a", "a").await.unwrap();
    buckets.store.put("destination", "x", "x").await.unwrap();
    let finished = buckets.clone(&model::CloneSpec { dry_run: true, ..source_to_destination() }).await;
    let Ok(Some(model::Proof::DryRun(plan))) = &finished.result else { panic!("{finished:?}") };
    assert_eq!((plan.source_objects, plan.would_copy, plan.would_skip, plan.extra), (3, 2, 1, 1));
    assert_eq!(plan.would_copy_bytes, 2);
    assert_eq!((buckets.copies(), buckets.store.count("destination").unwrap()), (0, 2));
    finished.adds_up();
}

#[tokio::test]
async fn verify_compares_and_writes_nothing() {
    let buckets = TestBuckets::with(&["same", "missing", "different"]).await;
    buckets.store.put("destination", "same", "same").await.unwrap();
    buckets.store.put("destination", "different", "other").await.unwrap();
    buckets.store.put("destination", "extra", "extra").await.unwrap();
    let finished = buckets.clone(&model::CloneSpec { mode: Mode::Verify, ..source_to_destination() }).await;
    let found = finished.comparison();
    assert_eq!((found.equal_by_etag, found.missing, found.different, found.extra), (1, 1, 1, 1));
    assert!(!found.equal);
    assert_eq!(finished.taken.failures.len(), 3);
    let progress = &finished.taken.progress;
    assert_eq!((progress.found, progress.compared, progress.skipped, progress.failed), (4, 4, 1, 3));
    assert_eq!((buckets.copies(), buckets.store.count("destination").unwrap()), (0, 3));
}

#[tokio::test]
async fn request_ceiling_holds_across_endpoints_and_runs() {
    let buckets = TestBuckets::with(&["a", "b", "c", "d", "e", "f", "g", "h"]).await;
    let ceilings = Ceilings { requests_per_second: NonZeroU32::new(50), ..Ceilings::default() };
    let store = buckets.engine().await.under(ceilings);
    let began = Instant::now();
    let (one, other) = (spec("source", "destination/one/"), spec("source", "destination/other/"));
    let (one, other) = tokio::join!(clone_at(&store, &one), clone_at(&store, &other));
    let mut requests = 0;
    for finished in [one, other] {
        finished.is_equal();
        assert_eq!(finished.taken.progress.requests, 8 + 4, "the copies, and two listings of each side");
        requests += finished.taken.progress.requests;
    }
    // No request may come earlier, however quick the machine; later it may.
    let least = Duration::from_millis(20) * u32::try_from(requests - 1).unwrap();
    assert!(began.elapsed() >= least, "{:?}", began.elapsed());
}
