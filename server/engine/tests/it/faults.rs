//! A store, or a network, that misbehaves. The faults come from [`crate::proxy`].

use std::sync::Arc;

use engine::clone::{Checkpoint, CloneError, Tracker, run};
use model::{Progress, Reason};
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

use crate::{
    proxy::{Fate, Kind, Proxy},
    support::{Finished, TestBuckets, clone_at, connect, options, source_to_destination},
};

const KEYS: [&str; 4] = ["a", "b", "c", "d"];

/// Clones with a fate for every copy of `b`, for as many attempts as said.
async fn with_copies_of_b(times: usize, fate: fn() -> Fate) -> (TestBuckets, Finished) {
    let buckets = TestBuckets::with(&KEYS).await;
    let seen = Arc::new(std::sync::atomic::AtomicUsize::new(0));
    let proxy = Proxy::before(&buckets.store.url(), move |request| {
        let hit = request.kind == Kind::Copy
            && request.target.starts_with("/destination/b")
            && seen.fetch_add(1, std::sync::atomic::Ordering::Relaxed) < times;
        std::future::ready(if hit { fate() } else { Fate::Forward })
    })
    .await;
    let finished = clone_at(&connect(proxy.url()).await, &source_to_destination()).await;
    (buckets, finished)
}

async fn recovers_by_retries(fate: fn() -> Fate) {
    let (_yard, finished) = with_copies_of_b(2, fate).await;
    finished.is_equal();
    assert_eq!(finished.taken.progress.retries, 2);
    assert_eq!(finished.taken.progress.done, 4);
}

#[tokio::test]
async fn slow_down_is_retried() {
    recovers_by_retries(|| Fate::Refuse(503, "SlowDown")).await;
}

#[tokio::test]
async fn an_internal_error_is_retried() {
    recovers_by_retries(|| Fate::Refuse(500, "InternalError")).await;
}

#[tokio::test]
async fn a_broken_connection_is_retried() {
    recovers_by_retries(|| Fate::Reset).await;
}

#[tokio::test]
async fn success_with_an_error_inside_is_failure() {
    recovers_by_retries(|| Fate::Answer("<Error><Code>InternalError</Code><Message>late</Message></Error>")).await;
}

#[tokio::test]
async fn empty_success_is_failure() {
    recovers_by_retries(|| Fate::Answer("")).await;
    recovers_by_retries(|| Fate::Answer("<CopyObjectResult></CopyObjectResult>")).await;
}

#[tokio::test]
async fn failing_object_does_not_stop_others() {
    let (buckets, finished) = with_copies_of_b(usize::MAX, || Fate::Refuse(500, "InternalError")).await;
    let failure = finished.only_failure();
    assert_eq!((failure.key.as_str(), failure.reason, failure.attempts), ("b", Reason::Store, 4));
    assert!(failure.message.contains("500 InternalError: by the test"), "{}", failure.message);
    assert_eq!(finished.taken.progress.done, 3);
    assert_eq!(buckets.store.count("destination").unwrap(), 3);
    let proof = finished.comparison();
    assert_eq!((proof.missing, proof.equal), (1, false));
    finished.adds_up();
}

#[tokio::test]
async fn broken_connection_fails_one_object_only() {
    let (_yard, finished) = with_copies_of_b(usize::MAX, || Fate::Reset).await;
    assert_eq!(finished.only_failure().reason, Reason::Store);
}

#[tokio::test]
async fn a_permission_missing_for_one_object_names_it() {
    let (_yard, finished) = with_copies_of_b(usize::MAX, || Fate::Refuse(403, "AccessDenied")).await;
    let failure = finished.only_failure();
    assert_eq!((failure.reason, failure.attempts), (Reason::Denied, 1));
    assert!(failure.message.contains("s3:PutObject"), "{}", failure.message);
}

#[tokio::test]
async fn archived_object_does_not_fail_others() {
    let (_yard, finished) = with_copies_of_b(usize::MAX, || Fate::Refuse(403, "InvalidObjectState")).await;
    assert_eq!(finished.only_failure().reason, Reason::Archived);
    assert_eq!(finished.taken.progress.done, 3);
}

#[tokio::test]
async fn refused_credentials_stop_the_clone() {
    let (_yard, finished) = with_copies_of_b(usize::MAX, || Fate::Refuse(400, "ExpiredToken")).await;
    assert_eq!(finished.error().code(), "bad_credentials");
    assert_eq!(finished.taken.failures, []);
}

#[tokio::test]
async fn an_object_too_large_for_any_upload_is_reported() {
    let buckets = TestBuckets::with(&["a"]).await;
    let proxy = Proxy::before(&buckets.store.url(), |request| {
        let rewrite: fn(String) -> String = |page| page.replace("<Size>1</Size>", "<Size>60000000000000</Size>");
        std::future::ready(if request.kind == Kind::List { Fate::Rewrite(rewrite) } else { Fate::Forward })
    })
    .await;
    let finished = clone_at(&connect(proxy.url()).await, &source_to_destination()).await;
    assert_eq!(finished.only_failure().reason, Reason::TooLarge);
    assert_eq!(buckets.copies(), 0);
}

/// Clones with a fate for the first listings, as many as said.
async fn with_listings(times: usize, fate: fn() -> Fate) -> (TestBuckets, Finished) {
    let buckets = TestBuckets::with(&KEYS).await;
    let proxy = Proxy::before(&buckets.store.url(), move |request| {
        let hit = request.kind == Kind::List && request.number < times;
        std::future::ready(if hit { fate() } else { Fate::Forward })
    })
    .await;
    let finished = clone_at(&connect(proxy.url()).await, &source_to_destination()).await;
    (buckets, finished)
}

#[tokio::test]
async fn a_listing_error_is_retried() {
    with_listings(3, || Fate::Refuse(503, "SlowDown")).await.1.is_equal();
    with_listings(3, || Fate::Reset).await.1.is_equal();
}

#[tokio::test]
async fn repeated_listing_error_fails_the_clone() {
    let (buckets, finished) = with_listings(usize::MAX, || Fate::Refuse(500, "InternalError")).await;
    assert_eq!(finished.error().code(), "listing");
    assert!(finished.error().to_string().contains("bucket"), "{}", finished.error());
    assert_eq!(buckets.copies(), 0);
}

#[tokio::test]
async fn cut_listing_is_an_error() {
    let cut = || Fate::Rewrite(|page| page[..page.find("<Key>c").unwrap_or(page.len() - 20)].to_owned());
    with_listings(1, cut).await.1.is_equal();
    let (buckets, finished) = with_listings(usize::MAX, cut).await;
    assert_eq!(finished.error().code(), "listing");
    assert_eq!(buckets.copies(), 0);
}

#[tokio::test]
async fn empty_listing_body_is_an_error() {
    let (_, finished) = with_listings(usize::MAX, || Fate::Answer("")).await;
    assert_eq!(finished.error().code(), "listing");
}

#[tokio::test]
async fn truncated_page_without_continuation_is_detected() {
    let endless =
        || Fate::Rewrite(|page| page.replace("<IsTruncated>false</IsTruncated>", "<IsTruncated>true</IsTruncated>"));
    let (_, finished) = with_listings(usize::MAX, endless).await;
    assert!(finished.error().to_string().contains("not where"), "{}", finished.error());
}

#[tokio::test]
async fn repeated_page_is_detected() {
    let again = || {
        Fate::Rewrite(|page| {
            let more = "<IsTruncated>true</IsTruncated><NextContinuationToken>1</NextContinuationToken>";
            page.replace("<IsTruncated>false</IsTruncated>", more)
        })
    };
    let buckets = TestBuckets::with(&KEYS).await;
    // The store does not know this token, so the second page is answered here, as the first was.
    let proxy = Proxy::before(&buckets.store.url(), move |request| {
        let page = "<ListBucketResult><IsTruncated>false</IsTruncated><Contents><Key>a</Key><Size>1</Size></Contents>\
                    </ListBucketResult>";
        std::future::ready(match request.kind {
            Kind::List if request.target.contains("continuation-token") => Fate::Answer(page),
            Kind::List => again(),
            _ => Fate::Forward,
        })
    })
    .await;
    let finished = clone_at(&connect(proxy.url()).await, &source_to_destination()).await;
    assert!(finished.error().to_string().contains("listed twice"), "{}", finished.error());
}

#[tokio::test]
async fn stop_does_not_wait_for_silent_store() {
    let buckets = TestBuckets::with(&KEYS).await;
    let copying = Arc::new(Notify::new());
    let seen = Arc::clone(&copying);
    let proxy = Proxy::before(&buckets.store.url(), move |request| {
        if request.kind == Kind::Copy {
            seen.notify_one();
        }
        std::future::ready(if request.kind == Kind::Copy { Fate::Hang } else { Fate::Forward })
    })
    .await;
    let store = connect(proxy.url()).await;
    let (tracker, stop) = (Tracker::resume(Progress::default(), Checkpoint::default()), CancellationToken::new());
    let (spec, options) = (source_to_destination(), options());
    let asked = async {
        copying.notified().await;
        stop.cancel();
    };
    let (result, ()) = tokio::join!(run(&spec, &store, &store, &options, None, &tracker, &stop), asked);
    assert!(matches!(result, Err(CloneError::Stopped)));
    let taken = tracker.take();
    assert_eq!((taken.progress.in_flight, taken.progress.settled()), (0, 0));
    assert_eq!(taken.checkpoint.ranges[0].cursor, None);
}

#[tokio::test]
async fn missing_store_is_unreachable() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    let finished = clone_at(&connect(&url).await, &source_to_destination()).await;
    assert!(finished.error().unreachable(), "{:?}", finished.error());
    assert!(finished.error().to_string().contains(&url), "{}", finished.error());
}

#[tokio::test]
async fn progress_never_exceeds_found() {
    let buckets = TestBuckets::new().await;
    buckets.store.seed_objects("source", 400).await.unwrap();
    let tracker = Tracker::resume(Progress::default(), Checkpoint::default());
    let watched = tracker.clone();
    let proxy = Proxy::before(&buckets.store.url(), move |_| {
        let seen = watched.take().progress;
        assert!(seen.settled() + u64::from(seen.in_flight) <= seen.found, "{seen:?}");
        std::future::ready(Fate::Forward)
    })
    .await;
    let store = connect(proxy.url()).await;
    let stop = CancellationToken::new();
    let proof =
        run(&source_to_destination(), &store, &store, &options(), None, &tracker, &stop).await.unwrap().unwrap();
    assert!(proof.holds());
    assert_eq!(tracker.take().progress.done, 400);
}
