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
    yard::{Came, Yard, buckets, clone_at, connect, options},
};

/// Does something after the copying, before the source is listed for the comparison; then clones.
async fn between_copy_and_proof(
    yard: &Yard,
    change: impl Fn(&embedded::Embedded) -> futures::future::BoxFuture<'_, ()> + Send + Sync + 'static,
) -> Came {
    let (store, change, seen) = (Arc::clone(&yard.store), Arc::new(change), Arc::new(AtomicUsize::new(0)));
    let proxy = Proxy::before(&yard.store.url(), move |request| {
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
    clone_at(&connect(proxy.url()).await, &buckets()).await
}

#[tokio::test]
async fn a_source_that_changed_after_its_copy_is_not_proven_equal() {
    let yard = Yard::with(&["a", "b"]).await;
    let came = between_copy_and_proof(&yard, |store| {
        Box::pin(async { store.put("source", "b", "changed since").await.unwrap() })
    })
    .await;
    assert!(!came.comparison().equal);
    let failure = came.only_failure();
    assert_eq!((failure.key.as_str(), failure.reason), ("b", Reason::Different));
    assert!(failure.message.contains("13 bytes at the source, 1 at the destination"), "{}", failure.message);
    came.adds_up();
}

#[tokio::test]
async fn an_object_that_appeared_at_the_source_is_missing_from_the_proof() {
    let yard = Yard::with(&["a", "b"]).await;
    let came =
        between_copy_and_proof(&yard, |store| Box::pin(async { store.put("source", "c", "new").await.unwrap() })).await;
    assert_eq!(came.only_failure().reason, Reason::Missing);
    assert_eq!(came.taken.progress.found, 3);
    came.adds_up();
}

#[tokio::test]
async fn a_copy_that_arrived_though_its_answer_did_not_is_proven_after_all() {
    let yard = Yard::with(&["a", "b"]).await;
    let store = Arc::clone(&yard.store);
    let proxy = Proxy::before(&yard.store.url(), move |request| {
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
    let came = clone_at(&connect(proxy.url()).await, &buckets()).await;
    assert!(came.comparison().equal);
    assert_eq!(came.taken.progress.failed, 0);
    assert_eq!(came.taken.mended.len(), 1);
    came.adds_up();
}

#[tokio::test]
async fn without_a_comparison_there_is_no_proof() {
    let yard = Yard::with(&["a"]).await;
    let store = yard.engine().await;
    let tracker = Tracker::resume(Progress::default(), Checkpoint::default());
    let options = Options { verify: false, ..options() };
    let proof = run(&buckets(), &store, &store, &options, None, &tracker, &CancellationToken::new()).await.unwrap();
    assert_eq!(proof, None);
    let progress = tracker.take().progress;
    assert_eq!((progress.phase, progress.done, progress.left), (Phase::Finished, 1, None));
}

#[tokio::test]
async fn where_nothing_was_to_be_done_the_listings_that_said_so_are_the_proof() {
    let yard = Yard::with(&["a", "b", "c/d"]).await;
    yard.clone(&buckets()).await.is_equal();
    yard.store.put("destination", "only here", b"x").await.unwrap();
    let before = yard.requests("ListObjectsV2");
    let came = yard.clone(&buckets()).await;
    came.is_equal();
    let proof = came.comparison();
    assert_eq!((proof.source_objects, proof.equal_by_etag, proof.extra, proof.destination_objects), (3, 3, 1, 4));
    assert_eq!((came.taken.progress.skipped, came.taken.progress.compared), (3, 3));
    assert_eq!(yard.requests("ListObjectsV2") - before, 2, "each side once");
}
