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
    yard::{Yard, buckets, clone_at, clone_with, connect, options, spec},
};

fn under(store: &S3Client, most: &str) -> S3Client {
    store.under(Ceilings { bytes_per_second: Some(most.parse().unwrap()), ..Ceilings::default() })
}

/// How long a clone of the yard's source takes.
async fn took(source: &S3Client, destination: &S3Client, options: Options) -> Duration {
    let began = Instant::now();
    clone_with(source, destination, &buckets(), &options).await.is_equal();
    began.elapsed()
}

async fn of_five() -> Yard {
    let yard = Yard::new().await;
    for key in ["a", "b", "c", "d", "e"] {
        yard.put(key, vec![b'x'; 20_000]).await;
    }
    yard
}

/// The last of five waits for the four before it.
const FOUR_FIFTHS: Duration = Duration::from_millis(800);

#[tokio::test]
async fn what_the_store_copies_by_itself_counts_by_its_size() {
    let yard = of_five().await;
    let store = under(&yard.engine().await, "100kB");
    assert!(took(&store, &store, options()).await >= FOUR_FIFTHS);
}

#[tokio::test]
async fn what_goes_through_this_process_counts_as_it_passes() {
    let (here, there) = (of_five().await, Yard::new().await);
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
async fn a_copy_that_is_refused_for_its_rate_does_not_count() {
    let yard = Yard::new().await;
    yard.put("a", vec![b'x'; 20_000]).await;
    let proxy = Proxy::before(&yard.store.url(), |request| {
        let hit = request.kind == Kind::Copy && request.number < 9;
        std::future::ready(if hit { Fate::Refuse(503, "SlowDown") } else { Fate::Forward })
    })
    .await;
    let store = under(&connect(proxy.url()).await, "1");
    let came = timeout(Duration::from_mins(5), clone_at(&store, &buckets())).await.expect("nothing holds it up");
    came.is_equal();
}

#[tokio::test]
async fn two_clones_at_one_store_share_its_ceiling() {
    let yard = of_five().await;
    let store = under(&yard.engine().await, "100kB");
    let began = Instant::now();
    let (one, other) = (spec("source", "destination/one/"), spec("source", "destination/other/"));
    let (one, other) = tokio::join!(clone_at(&store, &one), clone_at(&store, &other));
    one.is_equal();
    other.is_equal();
    assert!(began.elapsed() >= Duration::from_millis(1_800), "{:?}", began.elapsed());
}

#[tokio::test]
async fn objects_larger_than_the_ceiling_pass_whole_or_in_parts() {
    let (here, there) = (Yard::with(&["small"]).await, Yard::new().await);
    here.put("in parts", body(6 * MIB)).await;
    here.put("whole", body(5 * MIB)).await;
    let (near, far) = (under(&here.engine().await, "4MiB"), there.engine().await);
    assert!(took(&near, &far, above_5_mib()).await >= Duration::from_millis(1_500));
    assert!(took(&near, &near, above_5_mib()).await >= Duration::from_millis(1_250));
    assert!(there.read("destination", "whole").await.unwrap() == body(5 * MIB));
}
