//! Stores and lines that take their time: what goes on is waited for, and nothing is sent twice.

use std::time::Duration;

use crate::{
    multipart::{MIB, above_5_mib, body},
    proxy::{Fate, Kind, Proxy, Seen},
    support::{TestBuckets, clone_at, clone_between, clone_with, connect, source_to_destination},
};

/// A store that does to each request what `slow` says.
async fn slow(buckets: &TestBuckets, slow: fn(&Seen) -> Option<Fate>) -> Proxy {
    Proxy::before(&buckets.store.url(), move |request| std::future::ready(slow(&request).unwrap_or(Fate::Forward)))
        .await
}

fn reads(request: &Seen) -> bool {
    request.kind == Kind::Other && request.target.contains("x-id=GetObject")
}

/// Ten minutes in all, and no two of them without a byte.
#[tokio::test]
async fn slow_line_sends_an_object_once() {
    let (here, there) = (TestBuckets::new().await, TestBuckets::new().await);
    here.put("large", body(MIB)).await;
    let line = slow(&here, |request| reads(request).then_some(Fate::Trickle(Duration::from_mins(1)))).await;
    let finished = clone_between(&connect(line.url()).await, &there.engine().await, &source_to_destination()).await;
    finished.is_equal();
    assert_eq!((there.requests("PutObject"), finished.taken.progress.retries), (1, 0));
}

#[tokio::test]
async fn slow_line_sends_a_part_once() {
    let (here, there) = (TestBuckets::new().await, TestBuckets::new().await);
    here.put("large", body(6 * MIB)).await;
    let line = slow(&here, |request| reads(request).then_some(Fate::Trickle(Duration::from_mins(1)))).await;
    let (from, to) = (connect(line.url()).await, there.engine().await);
    let finished = clone_with(&from, &to, &source_to_destination(), &above_5_mib()).await;
    finished.is_equal();
    assert_eq!((there.requests("UploadPart"), finished.taken.progress.retries), (2, 0));
}

#[tokio::test]
async fn slow_copy_is_asked_for_once() {
    let buckets = TestBuckets::with(&["a"]).await;
    let copies = |request: &Seen| (request.kind == Kind::Copy).then_some(Fate::Slow(Duration::from_secs(75)));
    let store = slow(&buckets, copies).await;
    clone_at(&connect(store.url()).await, &source_to_destination()).await.is_equal();
    assert_eq!(buckets.copies(), 1);
}

#[tokio::test]
async fn slow_listing_is_waited_for() {
    let buckets = TestBuckets::with(&["a"]).await;
    let lists = |request: &Seen| {
        let first = request.kind == Kind::List && request.target.starts_with("/source");
        first.then_some(Fate::Slow(Duration::from_secs(63)))
    };
    let store = slow(&buckets, lists).await;
    let finished = clone_at(&connect(store.url()).await, &source_to_destination()).await;
    finished.is_equal();
    assert_eq!(finished.taken.progress.retries, 0);
}
