//! The limits of one clone: ceilings beside those of its stores, bandwidth by the hour, and an end after too many failures.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::SeqCst},
    },
    time::Duration,
};

use engine::{
    clone::{CloneError, Tracker, run},
    s3::Ceilings,
};
use model::{CloneSpec, Limits, Progress};
use tokio::{sync::mpsc, time::Instant};
use tokio_util::sync::CancellationToken;

use crate::{
    proxy::{Fate, Kind, Proxy},
    support::{Finished, TestBuckets, clone_at, clone_between, connect, options, source_to_destination},
};

/// The last of five waits for the four before it.
const FOUR_FIFTHS: Duration = Duration::from_millis(800);

fn under(limits: &str) -> CloneSpec {
    CloneSpec { limits: serde_json::from_str(limits).unwrap(), ..source_to_destination() }
}

async fn of_five() -> TestBuckets {
    let buckets = TestBuckets::new().await;
    for key in ["a", "b", "c", "d", "e"] {
        buckets.put(key, vec![b'x'; 20_000]).await;
    }
    buckets
}

#[tokio::test]
async fn jobs_bandwidth_holds_for_copies_and_streams() {
    for limits in [
        r#"{"bytes_per_second": "100kB"}"#,
        r#"{"bandwidth_hours": "12:00-24:00 100kB, 00:00-12:00 100000", "bytes_per_second": "1GB"}"#,
    ] {
        let (here, there) = (of_five().await, TestBuckets::new().await);
        let began = Instant::now();
        here.clone(&under(limits)).await.is_equal();
        assert!(began.elapsed() >= FOUR_FIFTHS, "{limits}: {:?}", began.elapsed());
        let began = Instant::now();
        clone_between(&here.engine().await, &there.engine().await, &under(limits)).await.is_equal();
        assert!(began.elapsed() >= FOUR_FIFTHS, "{limits}: {:?}", began.elapsed());
    }
}

#[tokio::test]
async fn stores_ceiling_holds_under_a_higher_one_of_the_job() {
    let buckets = of_five().await;
    let ceilings = Ceilings { bytes_per_second: Some("100kB".parse().unwrap()), ..Ceilings::default() };
    let store = buckets.engine().await.under(ceilings);
    let began = Instant::now();
    clone_at(&store, &under(r#"{"bytes_per_second": "1GB"}"#)).await.is_equal();
    assert!(began.elapsed() >= FOUR_FIFTHS, "{:?}", began.elapsed());
}

#[tokio::test]
async fn jobs_requests_are_spaced_evenly() {
    let buckets = of_five().await;
    let began = Instant::now();
    let finished = buckets.clone(&under(r#"{"requests_per_second": 10}"#)).await;
    finished.is_equal();
    let requests = u32::try_from(finished.taken.progress.requests).unwrap();
    assert!(requests > 5 && began.elapsed() >= Duration::from_millis(100) * (requests - 1), "{requests}");
}

#[tokio::test]
async fn jobs_concurrency_bounds_copies_in_flight() {
    let buckets = TestBuckets::new().await;
    buckets.store.seed_objects("source", 40).await.unwrap();
    let (now, most) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let (counted, highest) = (Arc::clone(&now), Arc::clone(&most));
    let proxy = Proxy::before(&buckets.store.url(), move |request| {
        let (now, most, copies) = (Arc::clone(&counted), Arc::clone(&highest), request.kind == Kind::Copy);
        async move {
            if copies {
                most.fetch_max(now.fetch_add(1, SeqCst) + 1, SeqCst);
                for _ in 0..100 {
                    tokio::task::yield_now().await;
                }
                now.fetch_sub(1, SeqCst);
            }
            Fate::Forward
        }
    })
    .await;
    clone_at(&connect(proxy.url()).await, &under(r#"{"concurrency": 2}"#)).await.is_equal();
    assert!((1..=2).contains(&most.load(SeqCst)), "{}", most.load(SeqCst));
}

/// Twenty of sixty objects are refused. The clone ends once six have failed, and goes on from its checkpoint when the
/// store takes all.
#[tokio::test]
async fn too_many_failures_end_the_clone_and_it_resumes() {
    let buckets = TestBuckets::new().await;
    for number in 0..60 {
        let name = if number % 3 == 0 { "refused" } else { "good" };
        buckets.put(&format!("{number:02} {name}"), name).await;
    }
    let proxy = Proxy::before(&buckets.store.url(), |request| {
        let refused = request.kind == Kind::Copy && request.target.contains("refused");
        std::future::ready(if refused { Fate::Refuse(403, "AccessDenied") } else { Fate::Forward })
    })
    .await;
    let spec = under(r#"{"max_failures": 5, "concurrency": 1}"#);
    let ended = clone_at(&connect(proxy.url()).await, &spec).await;
    let Err(error @ CloneError::TooManyFailures { failed: 6, most: 5 }) = &ended.result else { panic!("{ended:?}") };
    assert_eq!(error.code(), "too_many_failures");
    assert_eq!(ended.taken.failures.len(), 6, "each failure is on record");
    assert!(buckets.copies() < 30, "the rest is not begun: {}", buckets.copies());

    let before: Progress = ended.taken.progress.clone();
    assert_eq!(before.failed, 6);
    let (sender, failed) = mpsc::channel(10);
    for failure in &ended.taken.failures {
        sender.send(failure.key.clone()).await.unwrap();
    }
    drop(sender);
    let tracker = Tracker::resume(before, ended.taken.checkpoint.clone());
    let (store, stop) = (buckets.engine().await, CancellationToken::new());
    let result = run(&spec, &store, &store, &options(), Some(failed), &tracker, &stop).await;
    let finished = Finished { result, taken: tracker.take() };
    finished.is_equal();
    assert_eq!((finished.taken.progress.failed, finished.taken.progress.done), (0, 60));
    assert_eq!(buckets.copies(), 60, "nothing twice");
}

#[tokio::test]
async fn as_many_failures_as_allowed_do_not_end_the_clone() {
    let buckets = TestBuckets::with(&["a", "b refused", "c", "d refused", "e"]).await;
    let proxy = Proxy::before(&buckets.store.url(), |request| {
        let refused = request.kind == Kind::Copy && request.target.contains("refused");
        std::future::ready(if refused { Fate::Refuse(403, "AccessDenied") } else { Fate::Forward })
    })
    .await;
    let finished = clone_at(&connect(proxy.url()).await, &under(r#"{"max_failures": 2}"#)).await;
    assert_eq!((finished.taken.progress.done, finished.taken.progress.failed), (3, 2));
    assert!(finished.result.is_ok(), "{finished:?}");
}

#[tokio::test]
async fn unknown_zone_is_refused_before_anything_is_written() {
    let buckets = TestBuckets::with(&["a"]).await;
    let limits = Limits {
        bandwidth_hours: Some("08:00-18:00 1MB".parse().unwrap()),
        bandwidth_zone: Some("Mars/Olympus".to_owned()),
        ..Limits::default()
    };
    let finished = buckets.clone(&CloneSpec { limits, ..source_to_destination() }).await;
    assert_eq!((finished.result.unwrap_err().code(), buckets.copies()), ("bad_limits", 0));
}
