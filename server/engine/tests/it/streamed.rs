//! From one endpoint to another, through this process.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering::Relaxed},
};

use hyper::Method;
use model::Reason;

use crate::{
    proxy::{Fate, Kind, Proxy},
    support::{TestBuckets, clone_between, connect, source_to_destination},
    traps::multipart,
};

#[tokio::test]
async fn bucket_is_streamed_between_stores() {
    let (here, there) = (TestBuckets::new().await, TestBuckets::new().await);
    here.store.seed_objects("source", 1_200).await.unwrap();
    clone_between(&here.engine().await, &there.engine().await, &source_to_destination()).await.is_equal();
    assert_eq!(there.store.count("destination").unwrap(), 1_200);
    assert_eq!((here.copies(), there.copies()), (0, 0));
}

#[tokio::test]
async fn streamed_multipart_object_keeps_its_cut_and_etag() {
    let (here, there) = (TestBuckets::new().await, TestBuckets::new().await);
    multipart(&here.client(), "source", "parts").await;
    let (from, to) = (here.engine().await, there.engine().await);
    clone_between(&from, &to, &source_to_destination()).await.is_equal();
    let again = clone_between(&from, &to, &source_to_destination()).await;
    again.is_equal();
    assert_eq!(
        (again.comparison().equal_by_etag, there.requests("PutObject"), there.requests("UploadPart")),
        (1, 0, 2)
    );
    assert_eq!(there.read("destination", "parts").await.unwrap().len(), (5 << 20) + 100);
}

#[tokio::test]
async fn broken_read_is_retried() {
    let (here, there) = (TestBuckets::with(&["a", "b"]).await, TestBuckets::new().await);
    let proxy = Proxy::before(&here.store.url(), |request| {
        let hit = request.kind == Kind::Other && request.target.starts_with("/source/a") && request.number < 3;
        std::future::ready(if hit { Fate::Reset } else { Fate::Forward })
    })
    .await;
    clone_between(&connect(proxy.url()).await, &there.engine().await, &source_to_destination()).await.is_equal();
}

#[tokio::test]
async fn object_changed_before_reading_is_streamed_as_now() {
    let (here, there) = (TestBuckets::with(&["a"]).await, TestBuckets::new().await);
    let store = Arc::clone(&here.store);
    let proxy = Proxy::before(&here.store.url(), move |request| {
        let store = Arc::clone(&store);
        async move {
            if request.kind == Kind::Other && request.number == 0 {
                store.put("source", "a", "as it is now").await.unwrap();
            }
            Fate::Forward
        }
    })
    .await;
    clone_between(&connect(proxy.url()).await, &there.engine().await, &source_to_destination()).await.is_equal();
    assert_eq!(there.read("destination", "a").await.unwrap(), b"as it is now");
}

/// Of a destination that takes nothing, only so many objects learn it one by one.
#[tokio::test]
async fn destination_that_takes_nothing_ends_the_clone() {
    for (status, code) in [(403, "AccessDenied"), (501, "NotImplemented")] {
        let (here, there) = (TestBuckets::new().await, TestBuckets::new().await);
        here.store.seed_objects("source", 3_000).await.unwrap();
        let refused = Arc::new(AtomicUsize::new(0));
        let count = Arc::clone(&refused);
        let proxy = Proxy::before(&there.store.url(), move |request| {
            let write = request.method == Method::PUT;
            count.fetch_add(usize::from(write), Relaxed);
            std::future::ready(if write { Fate::Refuse(status, code) } else { Fate::Forward })
        })
        .await;
        let finished = clone_between(&here.engine().await, &connect(proxy.url()).await, &source_to_destination()).await;
        let error = finished.error().to_string();
        assert!(error.contains("100 objects in a row") && error.contains("nothing was written"), "{error}");
        assert!(refused.load(Relaxed) < 1_000, "{refused:?}");
        assert!(finished.taken.failures.len() >= 100);
    }
}

/// Objects that a policy excludes come first; one that is there already shows that the destination takes some.
#[tokio::test]
async fn refusals_do_not_end_clone_with_objects_there() {
    let (here, there) = (TestBuckets::with(&["0", "z"]).await, TestBuckets::new().await);
    for number in 0..300 {
        here.put(&format!("a/{number}"), "x").await;
    }
    there.store.put("destination", "0", "0").await.unwrap();
    let proxy = Proxy::before(&there.store.url(), |request| {
        let hit = request.method == Method::PUT && request.target.starts_with("/destination/a");
        std::future::ready(if hit { Fate::Refuse(403, "AccessDenied") } else { Fate::Forward })
    })
    .await;
    let finished = clone_between(&here.engine().await, &connect(proxy.url()).await, &source_to_destination()).await;
    assert_eq!((finished.taken.progress.failed, finished.taken.progress.done), (300, 1));
    assert_eq!(finished.comparison().missing, 300);
}

#[tokio::test]
async fn refused_write_names_the_destination() {
    let (here, there) = (TestBuckets::with(&["a"]).await, TestBuckets::new().await);
    let proxy = Proxy::before(&there.store.url(), |request| {
        std::future::ready(if request.kind == Kind::Other { Fate::Refuse(403, "AccessDenied") } else { Fate::Forward })
    })
    .await;
    let finished = clone_between(&here.engine().await, &connect(proxy.url()).await, &source_to_destination()).await;
    let failure = finished.only_failure();
    assert_eq!(failure.reason, Reason::Denied);
    assert!(failure.message.contains("bucket destination"), "{}", failure.message);
}
