//! A ceiling on bytes a second. Nothing may come earlier than it allows, however quick the machine; later it may.

use std::time::Duration;

use engine::{clone::Options, s3::Store};
use tokio::time::Instant;

use crate::{
    multipart::{MIB, above_5_mib, body},
    yard::{Yard, buckets, clone_with, options},
};

/// How long a clone of the yard's source takes.
async fn took(source: &Store, destination: &Store, most: &str, options: Options) -> Duration {
    let options = Options { max_bytes_per_second: Some(most.parse().unwrap()), ..options };
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
    let store = yard.engine().await;
    assert!(took(&store, &store, "100kB", options()).await >= FOUR_FIFTHS);
}

#[tokio::test]
async fn what_goes_through_this_process_counts_as_it_passes() {
    let (here, there) = (of_five().await, Yard::new().await);
    let took = took(&here.engine().await, &there.engine().await, "100kB", options()).await;
    assert!(took >= FOUR_FIFTHS, "{took:?}");
}

#[tokio::test]
async fn objects_larger_than_the_ceiling_pass_whole_or_in_parts() {
    let (here, there) = (Yard::with(&["small"]).await, Yard::new().await);
    here.put("in parts", body(6 * MIB)).await;
    here.put("whole", body(5 * MIB)).await;
    let (near, far) = (here.engine().await, there.engine().await);
    assert!(took(&near, &far, "4MiB", above_5_mib()).await >= Duration::from_millis(1_500));
    assert!(took(&near, &near, "4MiB", above_5_mib()).await >= Duration::from_millis(1_250));
    assert!(there.read("destination", "whole").await.unwrap() == body(5 * MIB));
}
