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
    yard::{Came, QUICK, Yard, buckets, clone_at, connect, key, options},
};

/// A clone in which `b` was refused.
async fn failed() -> (Yard, Came) {
    let yard = Yard::with(&["a", "b", "c"]).await;
    let proxy = Proxy::before(&yard.store.url(), |request| {
        let hit = request.kind == Kind::Copy && request.target.starts_with("/destination/b");
        std::future::ready(if hit { Fate::Refuse(403, "AccessDenied") } else { Fate::Forward })
    })
    .await;
    let came = clone_at(&connect(proxy.url()).await, &buckets()).await;
    (yard, came)
}

pub async fn retried(yard: &Yard, spec: &CloneSpec, before: Came, keys: Vec<Key>) -> Came {
    retried_at(&yard.store.url(), spec, before, keys).await
}

async fn retried_at(url: &str, spec: &CloneSpec, before: Came, keys: Vec<Key>) -> Came {
    let tracker = Tracker::resume(before.taken.progress, before.taken.checkpoint);
    let (sender, receiver) = mpsc::channel(keys.len().max(1));
    for key in keys {
        sender.send(key).await.unwrap();
    }
    drop(sender);
    let store = connect(url).await;
    let stop = CancellationToken::new();
    let result = run(spec, &store, &store, &options(), Some(receiver), &tracker, &stop).await;
    Came { result, taken: tracker.take() }
}

#[tokio::test]
async fn what_failed_is_copied_and_mended() {
    let (yard, before) = failed().await;
    assert_eq!(before.only_failure().reason, Reason::Denied);
    let came = retried(&yard, &buckets(), before, vec![key("b")]).await;
    came.is_equal();
    assert_eq!(came.taken.mended, [key("b")]);
    let progress = &came.taken.progress;
    assert_eq!((progress.found, progress.done, progress.failed), (3, 3, 0));
    assert_eq!(yard.copies(), 3);
}

/// More often than a request is sent again by itself: such a copy comes in its folder's turns, as in any clone.
#[tokio::test]
async fn what_is_refused_for_its_rate_while_it_is_tried_again_waits_for_its_turn() {
    let (yard, before) = failed().await;
    let refusals = 3 * QUICK.attempts as usize;
    let refused = Arc::new(AtomicUsize::new(0));
    let proxy = Proxy::before(&yard.store.url(), {
        let refused = Arc::clone(&refused);
        move |request| {
            let hit = request.kind == Kind::Copy && refused.fetch_add(1, SeqCst) < refusals;
            std::future::ready(if hit { Fate::Refuse(503, "SlowDown") } else { Fate::Forward })
        }
    })
    .await;
    let came = retried_at(proxy.url(), &buckets(), before, vec![key("b")]).await;
    came.is_equal();
    assert_eq!(came.taken.mended, [key("b")]);
    assert_eq!(refused.load(SeqCst), refusals + 1);
    assert_eq!(came.taken.progress.in_flight, 0);
}

#[tokio::test]
async fn what_was_brought_over_meanwhile_is_mended_without_a_copy() {
    let (yard, before) = failed().await;
    yard.store.put("destination", "b", "b").await.unwrap();
    let came = retried(&yard, &buckets(), before, vec![key("b")]).await;
    came.is_equal();
    assert_eq!(came.taken.mended, [key("b")]);
    assert_eq!(yard.copies(), 2);
}

#[tokio::test]
async fn what_the_source_has_no_more_is_mended_too() {
    let (yard, before) = failed().await;
    yard.store.delete("source", "b").unwrap();
    let came = retried(&yard, &buckets(), before, vec![key("b")]).await;
    came.is_equal();
    assert_eq!((came.taken.progress.found, came.taken.progress.failed), (2, 0));
}

#[tokio::test]
async fn what_fails_again_stays_failed_and_is_counted_once() {
    let (yard, before) = failed().await;
    yard.store.put("source", "b", "b").await.unwrap();
    let proxy = Proxy::before(&yard.store.url(), |request| {
        std::future::ready(if request.kind == Kind::Copy { Fate::Refuse(500, "InternalError") } else { Fate::Forward })
    })
    .await;
    let tracker = Tracker::resume(before.taken.progress, before.taken.checkpoint);
    let (sender, receiver) = mpsc::channel(1);
    sender.send(key("b")).await.unwrap();
    drop(sender);
    let store = connect(proxy.url()).await;
    let stop = CancellationToken::new();
    let result = run(&buckets(), &store, &store, &options(), Some(receiver), &tracker, &stop).await;
    let came = Came { result, taken: tracker.take() };
    assert_eq!(came.only_failure().reason, Reason::Store);
    assert_eq!(came.taken.progress.found, 3);
    assert!(!came.comparison().equal);
}

#[tokio::test]
async fn a_difference_that_was_mended_is_no_failure_of_a_verification_any_more() {
    let yard = Yard::with(&["a", "b"]).await;
    yard.store.put("destination", "a", "a").await.unwrap();
    let spec = CloneSpec { mode: Mode::Verify, ..buckets() };
    let before = yard.clone(&spec).await;
    assert_eq!(before.only_failure().reason, Reason::Missing);
    yard.store.put("destination", "b", "b").await.unwrap();
    let came = retried(&yard, &spec, before, vec![key("b")]).await;
    assert!(came.comparison().equal);
    assert_eq!(came.taken.mended, [key("b")]);
    assert_eq!(came.taken.progress.failed, 0);
}

/// Mended by the retry, found different by the comparison, and both taken at once: the failure must be what stays.
#[tokio::test]
async fn what_was_mended_and_has_changed_since_is_failed_once_more() {
    let (yard, before) = failed().await;
    let (store, listings) = (Arc::clone(&yard.store), AtomicUsize::new(0));
    let proxy = Proxy::before(&yard.store.url(), move |request| {
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
    let came = retried_at(proxy.url(), &buckets(), before, vec![key("b")]).await;
    assert_eq!(came.only_failure().reason, Reason::Different);
    assert_eq!(came.taken.mended, []);
}

#[tokio::test]
async fn a_fresh_start_needs_no_keys_to_retry() {
    let yard = Yard::with(&["a"]).await;
    let before = Came {
        result: Ok(None),
        taken: engine::clone::Taken {
            progress: Progress::default(),
            checkpoint: Checkpoint::default(),
            ..engine::clone::Taken::default()
        },
    };
    retried(&yard, &buckets(), before, Vec::new()).await.is_equal();
}
