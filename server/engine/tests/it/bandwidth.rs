//! A ceiling on bytes a second. Nothing may come earlier than it allows, however quick the machine; later it may.

use std::time::Duration;

use engine::{
    clone::Options,
    s3::{Ceilings, S3Client},
};
use tokio::time::{Instant, timeout};

use crate::{
    multipart::{MIB, above_5_mib, body},
    proxy::{Fate, Kind, Proxy},
    support::{TestBuckets, clone_at, clone_with, connect, options, source_to_destination, spec},
};

fn under(store: &S3Client, most: &str) -> S3Client {
    store.under(Ceilings { bytes_per_second: Some(most.parse().unwrap()), ..Ceilings::default() })
}

/// How long a clone of the buckets's source takes.
async fn took(source: &S3Client, destination: &S3Client, options: Options) -> Duration {
    let began = Instant::now();
    clone_with(source, destination, &source_to_destination(), &options).await.is_complete();
    began.elapsed()
}

async fn of_five() -> TestBuckets {
    let buckets = TestBuckets::new().await;
    for key in ["a", "b", "c", "d", "e"] {
        buckets.put(key, vec![b'x'; 20_000]).await;
    }
    buckets
}

/// The last of five waits for the four before it.
const FOUR_FIFTHS: Duration = Duration::from_millis(800);

#[tokio::test]
async fn bandwidth_counts_store_copies_by_size() {
    let buckets = of_five().await;
    let store = under(&buckets.engine().await, "100kB");
    assert!(took(&store, &store, options()).await >= FOUR_FIFTHS);
}

#[tokio::test]
async fn bandwidth_counts_streamed_bytes() {
    let (here, there) = (of_five().await, TestBuckets::new().await);
    let (near, far) = (here.engine().await, there.engine().await);
    let read = took(&under(&near, "100kB"), &far, options()).await;
    assert!(read >= FOUR_FIFTHS, "{read:?}");
    let destination = spec("source", "destination/again/");
    let began = Instant::now();
    clone_with(&near, &under(&far, "100kB"), &destination, &options()).await.is_equal();
    assert!(began.elapsed() >= FOUR_FIFTHS, "{:?}", began.elapsed());
}

/// Each time that it counted, all that follows would wait for hours.
#[tokio::test]
async fn throttled_copy_gives_its_bandwidth_back() {
    let buckets = TestBuckets::new().await;
    buckets.put("a", vec![b'x'; 20_000]).await;
    let proxy = Proxy::before(&buckets.store.url(), |request| {
        let hit = request.kind == Kind::Copy && request.number < 9;
        std::future::ready(if hit { Fate::Refuse(503, "SlowDown") } else { Fate::Forward })
    })
    .await;
    let store = under(&connect(proxy.url()).await, "1");
    let finished =
        timeout(Duration::from_mins(5), clone_at(&store, &source_to_destination())).await.expect("nothing holds it up");
    finished.is_equal();
}

#[tokio::test]
async fn two_clones_share_a_stores_ceiling() {
    let buckets = of_five().await;
    let store = under(&buckets.engine().await, "100kB");
    let began = Instant::now();
    let (one, other) = (spec("source", "destination/one/"), spec("source", "destination/other/"));
    let (one, other) = tokio::join!(clone_at(&store, &one), clone_at(&store, &other));
    one.is_equal();
    other.is_equal();
    assert!(began.elapsed() >= Duration::from_millis(1_800), "{:?}", began.elapsed());
}

#[tokio::test]
async fn objects_above_the_bandwidth_ceiling_pass() {
    let (here, there) = (TestBuckets::with(&["small"]).await, TestBuckets::new().await);
    here.put("in parts", body(6 * MIB)).await;
    here.put("whole", body(5 * MIB)).await;
    let (near, far) = (under(&here.engine().await, "4MiB"), there.engine().await);
    assert!(took(&near, &far, above_5_mib()).await >= Duration::from_millis(1_500));
    assert!(took(&near, &near, above_5_mib()).await >= Duration::from_millis(1_250));
    assert!(there.read("destination", "whole").await.unwrap() == body(5 * MIB));
}
