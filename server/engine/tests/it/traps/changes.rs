//! Objects that change, or go, while they are copied.

use std::sync::Arc;

use model::Reason;

use crate::{
    proxy::{Fate, Kind, Proxy},
    support::{TestBuckets, clone_at, connect, source_to_destination},
};

/// Changes something at the store just before a copy of `b` arrives, as often as said; then clones.
async fn before_copies_of_b(
    buckets: &TestBuckets,
    times: usize,
    change: impl Fn(Arc<embedded::Embedded>, usize) -> futures::future::BoxFuture<'static, ()> + Send + Sync + 'static,
) -> crate::support::Finished {
    let (store, change) = (Arc::clone(&buckets.store), Arc::new(change));
    let seen = Arc::new(std::sync::atomic::AtomicUsize::new(0));
    let proxy = Proxy::before(&buckets.store.url(), move |request| {
        let (store, change, seen) = (Arc::clone(&store), Arc::clone(&change), Arc::clone(&seen));
        async move {
            if request.kind == Kind::Copy && request.target.starts_with("/destination/b") {
                let number = seen.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
                if number < times {
                    change(store, number).await;
                }
            }
            Fate::Forward
        }
    })
    .await;
    clone_at(&connect(proxy.url()).await, &source_to_destination()).await
}

fn replace(store: Arc<embedded::Embedded>, number: usize) -> futures::future::BoxFuture<'static, ()> {
    Box::pin(async move { store.put("source", "b", format!("new {number}")).await.unwrap() })
}

#[tokio::test]
async fn object_changed_mid_clone_is_copied_as_now() {
    let buckets = TestBuckets::with(&["a", "b", "c"]).await;
    let finished = before_copies_of_b(&buckets, 1, replace).await;
    finished.is_equal();
    assert_eq!(finished.taken.progress.done, 3);
    assert_eq!(buckets.read("destination", "b").await.unwrap(), b"new 0");
}

#[tokio::test]
async fn object_changing_repeatedly_fails_as_changed() {
    let buckets = TestBuckets::with(&["a", "b", "c"]).await;
    let finished = before_copies_of_b(&buckets, usize::MAX, replace).await;
    assert_eq!(finished.only_failure().reason, Reason::Changed);
    assert_eq!(finished.taken.progress.done, 2);
}

#[tokio::test]
async fn object_deleted_mid_clone_is_reported_as_gone() {
    let buckets = TestBuckets::with(&["a", "b", "c"]).await;
    let delete = |store: Arc<embedded::Embedded>, _| -> futures::future::BoxFuture<'static, ()> {
        Box::pin(async move { store.delete("source", "b").unwrap() })
    };
    let finished = before_copies_of_b(&buckets, 1, delete).await;
    assert_eq!(finished.only_failure().reason, Reason::Gone);
    assert_eq!(finished.taken.progress.done, 2);
    assert_eq!(finished.comparison().source_objects, 2);
}
