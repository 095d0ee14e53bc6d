//! Objects in parts at a store, or a network, that misbehaves: nothing wrong is written, and no upload is left behind.

use std::{
    future::ready,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::Relaxed},
    },
};

use engine::clone::{Checkpoint, CloneError, Tracker, run};
use model::{Progress, Reason};
use testing::{Span as _, eventually, eventually_async, seen, within};
use tokio::sync::{Notify, Semaphore};
use tokio_util::sync::CancellationToken;

use crate::{
    multipart::{MIB, above_5_mib, body, clone_above_5_mib, left_behind},
    proxy::{Fate, Proxy, Seen},
    support::{Finished, TestBuckets, connect, source_to_destination},
};

const LATE_ERROR: &str = "<Error><Code>InternalError</Code><Message>late</Message></Error>";

fn part(request: &Seen) -> bool {
    request.target.contains("x-id=UploadPartCopy")
}

/// The only request about an upload that says neither a part nor what it is.
fn completion(request: &Seen) -> bool {
    request.target.contains("uploadId=") && !request.target.contains("x-id=")
}

/// A large object, `large`, and a small one.
async fn buckets() -> TestBuckets {
    let buckets = TestBuckets::with(&["small"]).await;
    buckets.put("large", body(12 * MIB)).await;
    buckets
}

/// Clones with a fate for so many of the requests that are meant.
async fn with(meant: fn(&Seen) -> bool, times: usize, fate: fn() -> Fate) -> (TestBuckets, Finished) {
    let buckets = buckets().await;
    let seen = AtomicUsize::new(0);
    let proxy = Proxy::before(&buckets.store.url(), move |request| {
        let hit = meant(&request) && seen.fetch_add(1, Relaxed) < times;
        ready(if hit { fate() } else { Fate::Forward })
    })
    .await;
    let finished = clone_above_5_mib(proxy.url()).await;
    assert_eq!(left_behind(&buckets.client()).await, 0);
    (buckets, finished)
}

async fn recovers_by_retries(meant: fn(&Seen) -> bool, fate: fn() -> Fate) {
    let (buckets, finished) = with(meant, 2, fate).await;
    finished.is_unverified(1);
    assert_eq!((finished.taken.progress.done, finished.taken.progress.retries), (2, 2));
    assert!(buckets.read("destination", "large").await.unwrap() == body(12 * MIB));
}

#[tokio::test]
async fn failed_part_is_retried() {
    recovers_by_retries(part, || Fate::Refuse(503, "SlowDown")).await;
    recovers_by_retries(part, || Fate::Reset).await;
}

#[tokio::test]
async fn part_without_etag_is_not_success() {
    recovers_by_retries(part, || Fate::Answer(LATE_ERROR)).await;
    recovers_by_retries(part, || Fate::Answer("")).await;
    recovers_by_retries(part, || Fate::Answer("<CopyPartResult></CopyPartResult>")).await;
}

#[tokio::test]
async fn completion_without_etag_is_not_success() {
    recovers_by_retries(completion, || Fate::Answer(LATE_ERROR)).await;
    recovers_by_retries(completion, || Fate::Answer("")).await;
    recovers_by_retries(completion, || Fate::Answer("<CompleteMultipartUploadResult></CompleteMultipartUploadResult>"))
        .await;
}

#[tokio::test]
async fn begin_without_upload_id_is_not_success() {
    let beginning = |request: &Seen| request.target.contains("?uploads");
    recovers_by_retries(beginning, || Fate::Answer("<InitiateMultipartUploadResult></InitiateMultipartUploadResult>"))
        .await;
}

#[tokio::test]
async fn failed_completion_leaves_no_parts() {
    let (buckets, finished) = with(completion, usize::MAX, || Fate::Answer(LATE_ERROR)).await;
    let failure = finished.only_failure();
    assert_eq!((failure.key.as_str(), failure.reason, failure.attempts), ("large", Reason::Store, 4));
    assert!(failure.message.contains("200 InternalError: late"), "{}", failure.message);
    assert_eq!(buckets.read("destination", "large").await, None);
    assert_eq!(finished.taken.progress.done, 1);
}

#[tokio::test]
async fn completion_with_lost_answer_is_resolved() {
    let (buckets, finished) = with(completion, 1, || Fate::Rewrite(|_| String::new())).await;
    assert!(!finished.comparison().has_faults());
    assert_eq!((finished.taken.progress.failed, finished.taken.progress.settled()), (0, 2));
    assert!(buckets.read("destination", "large").await.unwrap() == body(12 * MIB));
}

#[tokio::test]
async fn refused_part_leaves_no_parts() {
    let second = |request: &Seen| part(request) && request.target.contains("partNumber=2");
    let (buckets, finished) = with(second, usize::MAX, || Fate::Refuse(403, "AccessDenied")).await;
    let failure = finished.only_failure();
    assert_eq!((failure.key.as_str(), failure.reason, failure.attempts), ("large", Reason::Denied, 1));
    assert_eq!(buckets.read("destination", "large").await, None);
    assert_eq!((finished.taken.progress.done, buckets.requests("AbortMultipartUpload")), (1, 1));
}

/// Does something to the store just before the second of all part copies arrives.
async fn before_the_second_part(
    change: fn(Arc<embedded::Embedded>) -> futures::future::BoxFuture<'static, ()>,
) -> (TestBuckets, Finished) {
    let buckets = buckets().await;
    let (store, seen) = (Arc::clone(&buckets.store), Arc::new(AtomicUsize::new(0)));
    let proxy = Proxy::before(&buckets.store.url(), move |request| {
        let (store, seen) = (Arc::clone(&store), Arc::clone(&seen));
        async move {
            if part(&request) && seen.fetch_add(1, Relaxed) == 1 {
                change(store).await;
            }
            Fate::Forward
        }
    })
    .await;
    let finished = clone_above_5_mib(proxy.url()).await;
    assert_eq!(left_behind(&buckets.client()).await, 0);
    (buckets, finished)
}

#[tokio::test]
async fn object_changed_during_parts_is_copied_as_now() {
    let replace = |store: Arc<embedded::Embedded>| -> futures::future::BoxFuture<'static, ()> {
        Box::pin(async move { store.put("source", "large", vec![b'n'; 11 * MIB]).await.unwrap() })
    };
    let (buckets, finished) = before_the_second_part(replace).await;
    finished.is_complete();
    assert_eq!(finished.taken.progress.done, 2);
    assert!(buckets.read("destination", "large").await.unwrap() == vec![b'n'; 11 * MIB]);
}

#[tokio::test]
async fn object_shrunk_meanwhile_takes_one_request() {
    let replace = |store: Arc<embedded::Embedded>| -> futures::future::BoxFuture<'static, ()> {
        Box::pin(async move { store.put("source", "large", "no longer").await.unwrap() })
    };
    let (buckets, finished) = before_the_second_part(replace).await;
    finished.is_equal();
    assert_eq!(buckets.read("destination", "large").await.unwrap(), b"no longer");
}

#[tokio::test]
async fn object_deleted_during_parts_is_reported_gone() {
    let delete = |store: Arc<embedded::Embedded>| -> futures::future::BoxFuture<'static, ()> {
        Box::pin(async move { store.delete("source", "large").unwrap() })
    };
    let (_yard, finished) = before_the_second_part(delete).await;
    assert_eq!(finished.only_failure().reason, Reason::Gone);
}

/// A store that never answers a part that is meant, and word of the first.
async fn silent(buckets: &TestBuckets, meant: fn(&Seen) -> bool) -> (Proxy, Arc<Notify>) {
    let copying = Arc::new(Notify::new());
    let seen = Arc::clone(&copying);
    let proxy = Proxy::before(&buckets.store.url(), move |request| {
        let hit = meant(&request);
        if hit {
            seen.notify_one();
        }
        ready(if hit { Fate::Hang } else { Fate::Forward })
    })
    .await;
    (proxy, copying)
}

#[tokio::test]
async fn stop_aborts_uploads_in_flight() {
    let buckets = buckets().await;
    let (proxy, copying) = silent(&buckets, part).await;
    let store = connect(proxy.url()).await;
    let (tracker, stop) = (Tracker::resume(Progress::default(), Checkpoint::default()), CancellationToken::new());
    let (spec, options) = (source_to_destination(), above_5_mib());
    let asked = async {
        copying.notified().await;
        stop.cancel();
    };
    let (result, ()) = tokio::join!(run(&spec, &store, &store, &options, None, &tracker, &stop), asked);
    assert!(matches!(result, Err(CloneError::Stopped)));
    assert_eq!(left_behind(&buckets.client()).await, 0);
    let taken = tracker.take();
    assert_eq!((taken.failures, taken.progress.in_flight), (Vec::new(), 0));
    assert_eq!(taken.checkpoint.ranges[0].cursor, None, "the large object is first, and not settled");
}

#[tokio::test]
async fn dropped_clone_aborts_uploads_in_flight() {
    let buckets = buckets().await;
    let (proxy, copying) = silent(&buckets, part).await;
    let store = connect(proxy.url()).await;
    let work = tokio::spawn(async move {
        let tracker = Tracker::resume(Progress::default(), Checkpoint::default());
        let stop = CancellationToken::new();
        run(&source_to_destination(), &store, &store, &above_5_mib(), None, &tracker, &stop).await
    });
    copying.notified().await;
    assert_eq!(left_behind(&buckets.client()).await, 1);
    work.abort();
    let client = buckets.client();
    let left = || async { seen(left_behind(&client).await, |left| *left == 0) };
    eventually_async("the upload is aborted", within(1.mins()), left).await;
}

#[tokio::test]
async fn finished_part_counts_as_progress() {
    let buckets = TestBuckets::new().await;
    buckets.put("large", body(12 * MIB)).await;
    let released = Arc::new(Semaphore::new(0));
    let gate = Arc::clone(&released);
    let proxy = Proxy::before(&buckets.store.url(), move |request| {
        let gate = Arc::clone(&gate);
        async move {
            if part(&request) {
                gate.acquire().await.unwrap().forget();
            }
            Fate::Forward
        }
    })
    .await;
    let store = connect(proxy.url()).await;
    let (tracker, stop) = (Tracker::resume(Progress::default(), Checkpoint::default()), CancellationToken::new());
    let watched = tracker.clone();
    let work = tokio::spawn(async move {
        run(&source_to_destination(), &store, &store, &above_5_mib(), None, &tracker, &stop).await
    });
    let idle = || watched.take().progress.idle_ms;
    // Real time: how long nothing happened is the subject.
    let longest = eventually("100 ms of silence", within(1.mins()), || seen(idle(), |idle| *idle >= 100)).await;
    released.add_permits(1);
    eventually("a sign of life", within(1.mins()).every(1.millis()), || seen(idle(), |idle| *idle < longest)).await;
    assert_eq!(watched.take().progress.settled(), 0, "the other parts are held back");
    released.add_permits(2);
    assert!(work.await.unwrap().unwrap().unwrap().holds());
}
