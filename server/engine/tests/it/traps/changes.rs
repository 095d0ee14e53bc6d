//! Objects that change, or go, while they are copied.

use std::sync::Arc;

use model::Reason;

use crate::{
    proxy::{Fate, Kind, Proxy},
    yard::{Yard, buckets, clone_at, connect},
};

/// Changes something at the store just before a copy of `b` arrives, as often as said; then clones.
async fn before_copies_of_b(
    yard: &Yard,
    times: usize,
    change: impl Fn(Arc<embedded::Embedded>, usize) -> futures::future::BoxFuture<'static, ()> + Send + Sync + 'static,
) -> crate::yard::Came {
    let (store, change) = (Arc::clone(&yard.store), Arc::new(change));
    let seen = Arc::new(std::sync::atomic::AtomicUsize::new(0));
    let proxy = Proxy::before(&yard.store.url(), move |request| {
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
    clone_at(&connect(proxy.url()).await, &buckets()).await
}

fn replace(store: Arc<embedded::Embedded>, number: usize) -> futures::future::BoxFuture<'static, ()> {
    Box::pin(async move { store.put("source", "b", format!("new {number}")).await.unwrap() })
}

#[tokio::test]
async fn an_object_changed_mid_clone_is_copied_as_it_is_now() {
    let yard = Yard::with(&["a", "b", "c"]).await;
    let came = before_copies_of_b(&yard, 1, replace).await;
    came.is_equal();
    assert_eq!(came.taken.progress.done, 3);
    assert_eq!(yard.read("destination", "b").await.unwrap(), b"new 0");
}

#[tokio::test]
async fn an_object_that_never_rests_is_reported_as_changed() {
    let yard = Yard::with(&["a", "b", "c"]).await;
    let came = before_copies_of_b(&yard, usize::MAX, replace).await;
    assert_eq!(came.only_failure().reason, Reason::Changed);
    assert_eq!(came.taken.progress.done, 2);
}

#[tokio::test]
async fn an_object_deleted_mid_clone_is_reported_as_gone() {
    let yard = Yard::with(&["a", "b", "c"]).await;
    let delete = |store: Arc<embedded::Embedded>, _| -> futures::future::BoxFuture<'static, ()> {
        Box::pin(async move { store.delete("source", "b").unwrap() })
    };
    let came = before_copies_of_b(&yard, 1, delete).await;
    assert_eq!(came.only_failure().reason, Reason::Gone);
    assert_eq!(came.taken.progress.done, 2);
    assert_eq!(came.comparison().source_objects, 2);
}
