//! Stores and lines that take their time: what goes on is waited for, and nothing is sent twice.

use std::{sync::Arc, time::Duration};

use engine::clone::{Checkpoint, Options, Tracker, run};
use model::Progress;
use tokio_util::sync::CancellationToken;

use crate::{
    multipart::{MIB, above_5_mib, body},
    proxy::{Fate, Kind, Proxy, Seen},
    support::{Finished, TestBuckets, clone_at, connect, options, source_to_destination},
};

/// A store that does to each request what `slow` says.
async fn slow(buckets: &TestBuckets, slow: impl Fn(&Seen) -> Option<Fate> + Send + Sync + 'static) -> Proxy {
    Proxy::before(&buckets.store.url(), move |request| std::future::ready(slow(&request).unwrap_or(Fate::Forward)))
        .await
}

/// Clones from behind a line on which each body takes ten minutes, and no two of them pass without a byte.
async fn by_a_slow_line(here: &TestBuckets, there: &TestBuckets, options: &Options) -> Finished {
    let tracker = Tracker::resume(Progress::default(), Checkpoint::default());
    let watched = tracker.clone();
    let arrived = Arc::new(move || watched.take().progress.idle_ms < 60_000);
    let line = slow(here, move |request| {
        let reads = request.kind == Kind::Other && request.target.contains("x-id=GetObject");
        reads.then(|| Fate::Trickle(Duration::from_mins(1), arrived.clone()))
    })
    .await;
    let (from, to, stop) = (connect(line.url()).await, there.engine().await, CancellationToken::new());
    let result = run(&source_to_destination(), &from, &to, options, None, &tracker, &stop).await;
    Finished { result, taken: tracker.take() }
}

#[tokio::test]
async fn slow_line_sends_an_object_once() {
    let (here, there) = (TestBuckets::new().await, TestBuckets::new().await);
    here.put("large", body(MIB)).await;
    let finished = by_a_slow_line(&here, &there, &options()).await;
    finished.is_equal();
    assert_eq!((there.requests("PutObject"), finished.taken.progress.retries), (1, 0));
    assert!(finished.taken.progress.active_ms >= 600_000, "{:?}", finished.taken.progress);
}

#[tokio::test]
async fn slow_line_sends_a_part_once() {
    let (here, there) = (TestBuckets::new().await, TestBuckets::new().await);
    here.put("large", body(6 * MIB)).await;
    let finished = by_a_slow_line(&here, &there, &above_5_mib()).await;
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
