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
    yard::{Came, Yard, buckets, connect},
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
async fn yard() -> Yard {
    let yard = Yard::with(&["small"]).await;
    yard.put("large", body(12 * MIB)).await;
    yard
}

/// Clones with a fate for so many of the requests that are meant.
async fn with(meant: fn(&Seen) -> bool, times: usize, fate: fn() -> Fate) -> (Yard, Came) {
    let yard = yard().await;
    let seen = AtomicUsize::new(0);
    let proxy = Proxy::before(&yard.store.url(), move |request| {
        let hit = meant(&request) && seen.fetch_add(1, Relaxed) < times;
        ready(if hit { fate() } else { Fate::Forward })
    })
    .await;
    let came = clone_above_5_mib(proxy.url()).await;
    assert_eq!(left_behind(&yard.client()).await, 0);
    (yard, came)
}

async fn mended_by_retries(meant: fn(&Seen) -> bool, fate: fn() -> Fate) {
    let (yard, came) = with(meant, 2, fate).await;
    came.is_equal();
    assert_eq!((came.taken.progress.done, came.taken.progress.retries), (2, 2));
    assert!(yard.read("destination", "large").await.unwrap() == body(12 * MIB));
}

#[tokio::test]
async fn a_part_that_fails_is_sent_again() {
    mended_by_retries(part, || Fate::Refuse(503, "SlowDown")).await;
    mended_by_retries(part, || Fate::Reset).await;
}

#[tokio::test]
async fn a_part_answered_with_success_but_no_etag_is_no_success() {
    mended_by_retries(part, || Fate::Answer(LATE_ERROR)).await;
    mended_by_retries(part, || Fate::Answer("")).await;
    mended_by_retries(part, || Fate::Answer("<CopyPartResult></CopyPartResult>")).await;
}

#[tokio::test]
async fn a_completion_answered_with_success_but_no_etag_is_no_success() {
    mended_by_retries(completion, || Fate::Answer(LATE_ERROR)).await;
    mended_by_retries(completion, || Fate::Answer("")).await;
    mended_by_retries(completion, || Fate::Answer("<CompleteMultipartUploadResult></CompleteMultipartUploadResult>"))
        .await;
}

#[tokio::test]
async fn a_beginning_answered_without_an_id_is_no_success() {
    let beginning = |request: &Seen| request.target.contains("?uploads");
    mended_by_retries(beginning, || Fate::Answer("<InitiateMultipartUploadResult></InitiateMultipartUploadResult>"))
        .await;
}

#[tokio::test]
async fn a_completion_that_never_succeeds_is_a_failure_and_leaves_nothing_behind() {
    let (yard, came) = with(completion, usize::MAX, || Fate::Answer(LATE_ERROR)).await;
    let failure = came.only_failure();
    assert_eq!((failure.key.as_str(), failure.reason, failure.attempts), ("large", Reason::Store, 4));
    assert!(failure.message.contains("200 InternalError: late"), "{}", failure.message);
    assert_eq!(yard.read("destination", "large").await, None);
    assert_eq!(came.taken.progress.done, 1);
}

#[tokio::test]
async fn a_completion_whose_answer_is_lost_is_proven_by_the_comparison() {
    let (yard, came) = with(completion, 1, || Fate::Rewrite(|_| String::new())).await;
    assert!(came.comparison().equal);
    assert_eq!((came.taken.progress.failed, came.taken.progress.settled()), (0, 2));
    assert!(yard.read("destination", "large").await.unwrap() == body(12 * MIB));
}

#[tokio::test]
async fn a_part_refused_for_good_is_a_failure_and_leaves_nothing_behind() {
    let second = |request: &Seen| part(request) && request.target.contains("partNumber=2");
    let (yard, came) = with(second, usize::MAX, || Fate::Refuse(403, "AccessDenied")).await;
    let failure = came.only_failure();
    assert_eq!((failure.key.as_str(), failure.reason, failure.attempts), ("large", Reason::Denied, 1));
    assert_eq!(yard.read("destination", "large").await, None);
    assert_eq!((came.taken.progress.done, yard.requests("AbortMultipartUpload")), (1, 1));
}

/// Does something to the store just before the second of all part copies arrives.
async fn before_the_second_part(
    change: fn(Arc<embedded::Embedded>) -> futures::future::BoxFuture<'static, ()>,
) -> (Yard, Came) {
    let yard = yard().await;
    let (store, seen) = (Arc::clone(&yard.store), Arc::new(AtomicUsize::new(0)));
    let proxy = Proxy::before(&yard.store.url(), move |request| {
        let (store, seen) = (Arc::clone(&store), Arc::clone(&seen));
        async move {
            if part(&request) && seen.fetch_add(1, Relaxed) == 1 {
                change(store).await;
            }
            Fate::Forward
        }
    })
    .await;
    let came = clone_above_5_mib(proxy.url()).await;
    assert_eq!(left_behind(&yard.client()).await, 0);
    (yard, came)
}

#[tokio::test]
async fn an_object_changed_while_its_parts_are_copied_is_copied_as_it_is_now() {
    let replace = |store: Arc<embedded::Embedded>| -> futures::future::BoxFuture<'static, ()> {
        Box::pin(async move { store.put("source", "large", vec![b'n'; 11 * MIB]).await.unwrap() })
    };
    let (yard, came) = before_the_second_part(replace).await;
    came.is_equal();
    assert_eq!(came.taken.progress.done, 2);
    assert!(yard.read("destination", "large").await.unwrap() == vec![b'n'; 11 * MIB]);
}

#[tokio::test]
async fn an_object_that_became_small_meanwhile_is_copied_in_one_request() {
    let replace = |store: Arc<embedded::Embedded>| -> futures::future::BoxFuture<'static, ()> {
        Box::pin(async move { store.put("source", "large", "no longer").await.unwrap() })
    };
    let (yard, came) = before_the_second_part(replace).await;
    came.is_equal();
    assert_eq!(yard.read("destination", "large").await.unwrap(), b"no longer");
}

#[tokio::test]
async fn an_object_deleted_while_its_parts_are_copied_is_reported_as_gone() {
    let delete = |store: Arc<embedded::Embedded>| -> futures::future::BoxFuture<'static, ()> {
        Box::pin(async move { store.delete("source", "large").unwrap() })
    };
    let (_yard, came) = before_the_second_part(delete).await;
    assert_eq!(came.only_failure().reason, Reason::Gone);
}

/// A store that never answers a part that is meant, and word of the first.
async fn silent(yard: &Yard, meant: fn(&Seen) -> bool) -> (Proxy, Arc<Notify>) {
    let copying = Arc::new(Notify::new());
    let seen = Arc::clone(&copying);
    let proxy = Proxy::before(&yard.store.url(), move |request| {
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
async fn a_stop_aborts_what_is_underway() {
    let yard = yard().await;
    let (proxy, copying) = silent(&yard, part).await;
    let store = connect(proxy.url()).await;
    let (tracker, stop) = (Tracker::resume(Progress::default(), Checkpoint::default()), CancellationToken::new());
    let (spec, options) = (buckets(), above_5_mib());
    let asked = async {
        copying.notified().await;
        stop.cancel();
    };
    let (result, ()) = tokio::join!(run(&spec, &store, &store, &options, None, &tracker, &stop), asked);
    assert!(matches!(result, Err(CloneError::Stopped)));
    assert_eq!(left_behind(&yard.client()).await, 0);
    let taken = tracker.take();
    assert_eq!((taken.failures, taken.progress.in_flight), (Vec::new(), 0));
    assert_eq!(taken.checkpoint.ranges[0].cursor, None, "the large object is first, and not settled");
}

#[tokio::test]
async fn a_clone_that_is_dropped_aborts_what_is_underway() {
    let yard = yard().await;
    let (proxy, copying) = silent(&yard, part).await;
    let store = connect(proxy.url()).await;
    let work = tokio::spawn(async move {
        let tracker = Tracker::resume(Progress::default(), Checkpoint::default());
        let stop = CancellationToken::new();
        run(&buckets(), &store, &store, &above_5_mib(), None, &tracker, &stop).await
    });
    copying.notified().await;
    assert_eq!(left_behind(&yard.client()).await, 1);
    work.abort();
    let client = yard.client();
    let left = || async { seen(left_behind(&client).await, |left| *left == 0) };
    eventually_async("the upload is aborted", within(1.mins()), left).await;
}

#[tokio::test]
async fn a_finished_part_is_a_sign_of_life_of_an_object_underway() {
    let yard = Yard::new().await;
    yard.put("large", body(12 * MIB)).await;
    let released = Arc::new(Semaphore::new(0));
    let gate = Arc::clone(&released);
    let proxy = Proxy::before(&yard.store.url(), move |request| {
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
    let work =
        tokio::spawn(async move { run(&buckets(), &store, &store, &above_5_mib(), None, &tracker, &stop).await });
    let idle = || watched.take().progress.idle_ms;
    // Real time: how long nothing happened is the subject.
    let longest = eventually("100 ms of silence", within(1.mins()), || seen(idle(), |idle| *idle >= 100)).await;
    released.add_permits(1);
    eventually("a sign of life", within(1.mins()).every(1.millis()), || seen(idle(), |idle| *idle < longest)).await;
    assert_eq!(watched.take().progress.settled(), 0, "the other parts are held back");
    released.add_permits(2);
    assert!(work.await.unwrap().unwrap().unwrap().holds());
}
