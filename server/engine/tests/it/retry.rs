//! What failed is tried again, and only that.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering::SeqCst},
};

use engine::clone::{Checkpoint, Tracker, run};
use model::{CloneSpec, Key, Mode, Progress, Reason};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use crate::{
    proxy::{Fate, Kind, Proxy},
    support::{Finished, QUICK, TestBuckets, clone_at, connect, key, options, source_to_destination},
};

/// A clone in which `b` was refused.
async fn failed() -> (TestBuckets, Finished) {
    let buckets = TestBuckets::with(&["a", "b", "c"]).await;
    let proxy = Proxy::before(&buckets.store.url(), |request| {
        let hit = request.kind == Kind::Copy && request.target.starts_with("/destination/b");
        std::future::ready(if hit { Fate::Refuse(403, "AccessDenied") } else { Fate::Forward })
    })
    .await;
    let finished = clone_at(&connect(proxy.url()).await, &source_to_destination()).await;
    (buckets, finished)
}

pub async fn retried(buckets: &TestBuckets, spec: &CloneSpec, before: Finished, keys: Vec<Key>) -> Finished {
    retried_at(&buckets.store.url(), spec, before, keys).await
}

async fn retried_at(url: &str, spec: &CloneSpec, before: Finished, keys: Vec<Key>) -> Finished {
    let tracker = Tracker::resume(before.taken.progress, before.taken.checkpoint);
    let (sender, receiver) = mpsc::channel(keys.len().max(1));
    for key in keys {
        sender.send(key).await.unwrap();
    }
    drop(sender);
    let store = connect(url).await;
    let stop = CancellationToken::new();
    let result = run(spec, &store, &store, &options(), Some(receiver), &tracker, &stop).await;
    Finished { result, taken: tracker.take() }
}

#[tokio::test]
async fn failed_object_is_copied_and_resolved() {
    let (buckets, before) = failed().await;
    assert_eq!(before.only_failure().reason, Reason::Denied);
    let finished = retried(&buckets, &source_to_destination(), before, vec![key("b")]).await;
    finished.is_equal();
    assert_eq!(finished.taken.mended, [key("b")]);
    let progress = &finished.taken.progress;
    assert_eq!((progress.found, progress.done, progress.failed), (3, 3, 0));
    assert_eq!(buckets.copies(), 3);
}

/// More often than a request is sent again by itself: such a copy comes in its folder's turns, as in any clone.
#[tokio::test]
async fn throttled_retry_waits_for_its_turn() {
    let (buckets, before) = failed().await;
    let refusals = 3 * QUICK.attempts as usize;
    let refused = Arc::new(AtomicUsize::new(0));
    let proxy = Proxy::before(&buckets.store.url(), {
        let refused = Arc::clone(&refused);
        move |request| {
            let hit = request.kind == Kind::Copy && refused.fetch_add(1, SeqCst) < refusals;
            std::future::ready(if hit { Fate::Refuse(503, "SlowDown") } else { Fate::Forward })
        }
    })
    .await;
    let finished = retried_at(proxy.url(), &source_to_destination(), before, vec![key("b")]).await;
    finished.is_equal();
    assert_eq!(finished.taken.mended, [key("b")]);
    assert_eq!(refused.load(SeqCst), refusals + 1);
    assert_eq!(finished.taken.progress.in_flight, 0);
}

#[tokio::test]
async fn object_copied_meanwhile_is_resolved_without_copy() {
    let (buckets, before) = failed().await;
    buckets.store.put("destination", "b", "b").await.unwrap();
    let finished = retried(&buckets, &source_to_destination(), before, vec![key("b")]).await;
    finished.is_equal();
    assert_eq!(finished.taken.mended, [key("b")]);
    assert_eq!(buckets.copies(), 2);
}

#[tokio::test]
async fn object_gone_from_source_is_resolved() {
    let (buckets, before) = failed().await;
    buckets.store.delete("source", "b").unwrap();
    let finished = retried(&buckets, &source_to_destination(), before, vec![key("b")]).await;
    finished.is_equal();
    assert_eq!((finished.taken.progress.found, finished.taken.progress.failed), (2, 0));
}

#[tokio::test]
async fn repeated_failure_is_counted_once() {
    let (buckets, before) = failed().await;
    buckets.store.put("source", "b", "b").await.unwrap();
    let proxy = Proxy::before(&buckets.store.url(), |request| {
        std::future::ready(if request.kind == Kind::Copy { Fate::Refuse(500, "InternalError") } else { Fate::Forward })
    })
    .await;
    let tracker = Tracker::resume(before.taken.progress, before.taken.checkpoint);
    let (sender, receiver) = mpsc::channel(1);
    sender.send(key("b")).await.unwrap();
    drop(sender);
    let store = connect(proxy.url()).await;
    let stop = CancellationToken::new();
    let result = run(&source_to_destination(), &store, &store, &options(), Some(receiver), &tracker, &stop).await;
    let finished = Finished { result, taken: tracker.take() };
    assert_eq!(finished.only_failure().reason, Reason::Store);
    assert_eq!(finished.taken.progress.found, 3);
    assert!(!finished.comparison().equal);
}

#[tokio::test]
async fn resolved_difference_does_not_fail_verification() {
    let buckets = TestBuckets::with(&["a", "b"]).await;
    buckets.store.put("destination", "a", "a").await.unwrap();
    let spec = CloneSpec { mode: Mode::Verify, ..source_to_destination() };
    let before = buckets.clone(&spec).await;
    assert_eq!(before.only_failure().reason, Reason::Missing);
    buckets.store.put("destination", "b", "b").await.unwrap();
    let finished = retried(&buckets, &spec, before, vec![key("b")]).await;
    assert!(finished.comparison().equal);
    assert_eq!(finished.taken.mended, [key("b")]);
    assert_eq!(finished.taken.progress.failed, 0);
}

/// Mended by the retry, found different by the comparison, and both taken at once: the failure must be what stays.
#[tokio::test]
async fn resolved_object_changed_since_fails_again() {
    let (buckets, before) = failed().await;
    let (store, listings) = (Arc::clone(&buckets.store), AtomicUsize::new(0));
    let proxy = Proxy::before(&buckets.store.url(), move |request| {
        let first = request.kind == Kind::List && listings.fetch_add(1, std::sync::atomic::Ordering::Relaxed) == 0;
        let store = Arc::clone(&store);
        async move {
            if first {
                store.put("source", "b", "changed since").await.unwrap();
            }
            Fate::Forward
        }
    })
    .await;
    let finished = retried_at(proxy.url(), &source_to_destination(), before, vec![key("b")]).await;
    assert_eq!(finished.only_failure().reason, Reason::Different);
    assert_eq!(finished.taken.mended, []);
}

#[tokio::test]
async fn fresh_start_needs_no_retry_keys() {
    let buckets = TestBuckets::with(&["a"]).await;
    let before = Finished {
        result: Ok(None),
        taken: engine::clone::Taken {
            progress: Progress::default(),
            checkpoint: Checkpoint::default(),
            ..engine::clone::Taken::default()
        },
    };
    retried(&buckets, &source_to_destination(), before, Vec::new()).await.is_equal();
}
