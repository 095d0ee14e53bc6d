//! Copies from bucket to bucket and prefix to prefix.

use std::{num::NonZeroU32, time::Duration};

use engine::s3::Ceilings;
use model::Mode;
use tokio::time::Instant;

use crate::yard::{Yard, buckets, clone_at, spec};

#[tokio::test]
async fn a_bucket_of_7500_objects_is_copied_and_proven_equal() {
    let yard = Yard::new().await;
    yard.store.seed_demo().await.unwrap();
    let came = yard.clone(&spec("demo-assets", "demo-clone")).await;
    came.is_equal();
    assert_eq!(came.taken.progress.done, 7_500);
    assert_eq!(came.comparison().equal_by_etag, 7_500);
    assert_eq!(yard.copies(), 7_500);
}

#[tokio::test]
async fn what_is_equal_already_is_skipped_without_a_copy() {
    let yard = Yard::with(&["a", "b", "c"]).await;
    yard.clone(&buckets()).await.is_equal();
    let again = yard.clone(&buckets()).await;
    again.is_equal();
    assert_eq!((again.taken.progress.skipped, again.taken.progress.done), (3, 0));
    assert_eq!(yard.copies(), 3);
}

#[tokio::test]
async fn what_differs_is_copied_again_and_what_else_is_there_stays() {
    let yard = Yard::with(&["a", "b"]).await;
    yard.store.put("destination", "a", "other").await.unwrap();
    yard.store.put("destination", "z", "mine").await.unwrap();
    let came = yard.clone(&buckets()).await;
    came.is_equal();
    assert_eq!(came.comparison().extra, 1);
    assert_eq!(yard.read("destination", "a").await.unwrap(), b"a");
    assert_eq!(yard.read("destination", "z").await.unwrap(), b"mine");
}

#[tokio::test]
async fn an_empty_source_is_equal_to_an_empty_destination() {
    let came = Yard::new().await.clone(&buckets()).await;
    came.is_equal();
    assert_eq!(came.taken.progress.found, 0);
}

#[tokio::test]
async fn only_keys_with_the_prefix_are_cloned_and_it_is_replaced() {
    let yard = Yard::with(&["in/a", "in/b/c", "in", "inner", "other"]).await;
    yard.clone(&spec("source/in/", "destination/out-")).await.is_equal();
    assert_eq!(yard.store.count("destination").unwrap(), 2);
    assert_eq!(yard.read("destination", "out-b/c").await.unwrap(), b"in/b/c");
}

#[tokio::test]
async fn a_prefix_can_be_cloned_to_a_sibling_within_one_bucket() {
    let yard = Yard::with(&["in/a", "in/b", "out/old"]).await;
    yard.clone(&spec("source/in/", "source/out/")).await.is_equal();
    assert_eq!(yard.store.count("source").unwrap(), 5);
}

#[tokio::test]
async fn a_dry_run_writes_nothing_and_says_what_it_would_do() {
    let yard = Yard::with(&["a", "b", "c"]).await;
    yard.store.put("destination", "a", "a").await.unwrap();
    yard.store.put("destination", "x", "x").await.unwrap();
    let came = yard.clone(&model::CloneSpec { dry_run: true, ..buckets() }).await;
    let Ok(Some(model::Proof::DryRun(plan))) = &came.result else { panic!("{came:?}") };
    assert_eq!((plan.source_objects, plan.would_copy, plan.would_skip, plan.extra), (3, 2, 1, 1));
    assert_eq!(plan.would_copy_bytes, 2);
    assert_eq!((yard.copies(), yard.store.count("destination").unwrap()), (0, 2));
    came.adds_up();
}

#[tokio::test]
async fn verify_compares_and_writes_nothing() {
    let yard = Yard::with(&["same", "missing", "different"]).await;
    yard.store.put("destination", "same", "same").await.unwrap();
    yard.store.put("destination", "different", "other").await.unwrap();
    yard.store.put("destination", "extra", "extra").await.unwrap();
    let came = yard.clone(&model::CloneSpec { mode: Mode::Verify, ..buckets() }).await;
    let found = came.comparison();
    assert_eq!((found.equal_by_etag, found.missing, found.different, found.extra), (1, 1, 1, 1));
    assert!(!found.equal);
    assert_eq!(came.taken.failures.len(), 3);
    let progress = &came.taken.progress;
    assert_eq!((progress.found, progress.compared, progress.skipped, progress.failed), (4, 4, 1, 3));
    assert_eq!((yard.copies(), yard.store.count("destination").unwrap()), (0, 3));
}

#[tokio::test]
async fn a_ceiling_on_requests_holds_for_both_sides_and_every_phase_of_all_runs_at_a_store() {
    let yard = Yard::with(&["a", "b", "c", "d", "e", "f", "g", "h"]).await;
    let ceilings = Ceilings { requests_per_second: NonZeroU32::new(50), ..Ceilings::default() };
    let store = yard.engine().await.under(ceilings);
    let began = Instant::now();
    let (one, other) = (spec("source", "destination/one/"), spec("source", "destination/other/"));
    let (one, other) = tokio::join!(clone_at(&store, &one), clone_at(&store, &other));
    let mut requests = 0;
    for came in [one, other] {
        came.is_equal();
        assert_eq!(came.taken.progress.requests, 8 + 4, "the copies, and two listings of each side");
        requests += came.taken.progress.requests;
    }
    // No request may come earlier, however quick the machine; later it may.
    let least = Duration::from_millis(20) * u32::try_from(requests - 1).unwrap();
    assert!(began.elapsed() >= least, "{:?}", began.elapsed());
}
