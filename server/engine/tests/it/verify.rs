//! The proof speaks of both places as they are.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering::Relaxed},
};

use engine::clone::{Checkpoint, Options, Tracker, run};
use model::{Phase, Progress, Reason};
use tokio_util::sync::CancellationToken;

use crate::{
    proxy::{Fate, Kind, Proxy},
    support::{Finished, TestBuckets, clone_at, connect, options, source_to_destination},
};

/// Does something after the copying, before the source is listed for the comparison; then clones.
async fn between_copy_and_proof(
    buckets: &TestBuckets,
    change: impl Fn(&embedded::Embedded) -> futures::future::BoxFuture<'_, ()> + Send + Sync + 'static,
) -> Finished {
    let (store, change, seen) = (Arc::clone(&buckets.store), Arc::new(change), Arc::new(AtomicUsize::new(0)));
    let proxy = Proxy::before(&buckets.store.url(), move |request| {
        let (store, change) = (Arc::clone(&store), Arc::clone(&change));
        let listing = request.kind == Kind::List && request.target.starts_with("/source");
        let second = listing && seen.fetch_add(1, Relaxed) == 1;
        async move {
            if second {
                change(&store).await;
            }
            Fate::Forward
        }
    })
    .await;
    clone_at(&connect(proxy.url()).await, &source_to_destination()).await
}

#[tokio::test]
async fn source_changed_after_copy_is_not_proven() {
    let buckets = TestBuckets::with(&["a", "b"]).await;
    let finished = between_copy_and_proof(&buckets, |store| {
        Box::pin(async { store.put("source", "b", "changed since").await.unwrap() })
    })
    .await;
    assert!(!finished.comparison().equal);
    let failure = finished.only_failure();
    assert_eq!((failure.key.as_str(), failure.reason), ("b", Reason::Different));
    assert!(failure.message.contains("13 bytes at the source, 1 at the destination"), "{}", failure.message);
    finished.adds_up();
}

#[tokio::test]
async fn object_added_at_source_shows_as_missing() {
    let buckets = TestBuckets::with(&["a", "b"]).await;
    let finished =
        between_copy_and_proof(&buckets, |store| Box::pin(async { store.put("source", "c", "new").await.unwrap() }))
            .await;
    assert_eq!(finished.only_failure().reason, Reason::Missing);
    assert_eq!(finished.taken.progress.found, 3);
    finished.adds_up();
}

#[tokio::test]
async fn copy_with_lost_answer_is_proven() {
    let buckets = TestBuckets::with(&["a", "b"]).await;
    let store = Arc::clone(&buckets.store);
    let proxy = Proxy::before(&buckets.store.url(), move |request| {
        let store = Arc::clone(&store);
        async move {
            if request.kind != Kind::Copy || !request.target.starts_with("/destination/b") {
                return Fate::Forward;
            }
            store.put("destination", "b", "b").await.unwrap();
            Fate::Refuse(500, "InternalError")
        }
    })
    .await;
    let finished = clone_at(&connect(proxy.url()).await, &source_to_destination()).await;
    assert!(finished.comparison().equal);
    assert_eq!(finished.taken.progress.failed, 0);
    assert_eq!(finished.taken.mended.len(), 1);
    finished.adds_up();
}

#[tokio::test]
async fn without_a_comparison_there_is_no_proof() {
    let buckets = TestBuckets::with(&["a"]).await;
    let store = buckets.engine().await;
    let tracker = Tracker::resume(Progress::default(), Checkpoint::default());
    let options = Options { verify: false, ..options() };
    let proof = run(&source_to_destination(), &store, &store, &options, None, &tracker, &CancellationToken::new())
        .await
        .unwrap();
    assert_eq!(proof, None);
    let progress = tracker.take().progress;
    assert_eq!((progress.phase, progress.done, progress.left), (Phase::Finished, 1, None));
}

#[tokio::test]
async fn equal_listings_are_the_proof() {
    let buckets = TestBuckets::with(&["a", "b", "c/d"]).await;
    buckets.clone(&source_to_destination()).await.is_equal();
    buckets.store.put("destination", "only here", b"x").await.unwrap();
    let before = buckets.requests("ListObjectsV2");
    let finished = buckets.clone(&source_to_destination()).await;
    finished.is_equal();
    let proof = finished.comparison();
    assert_eq!((proof.source_objects, proof.equal_by_etag, proof.extra, proof.destination_objects), (3, 3, 1, 4));
    assert_eq!((finished.taken.progress.skipped, finished.taken.progress.compared), (3, 3));
    assert_eq!(buckets.requests("ListObjectsV2") - before, 2, "each side once");
}
