//! What a clone would do, within a limit.

use std::time::Duration;

use engine::clone::preview;

use crate::multipart::{MIB, above_5_mib, in_parts};
use crate::support::{TestBuckets, options, source_to_destination, spec};

const LONG: Duration = Duration::from_mins(10);

#[tokio::test]
async fn a_preview_counts_what_a_run_would_do() {
    let buckets = TestBuckets::with(&["equal", "new", "other"]).await;
    buckets.store.put("destination", "equal", "equal").await.unwrap();
    buckets.store.put("destination", "other", "something else").await.unwrap();
    buckets.store.put("destination", "extra", "").await.unwrap();
    let store = buckets.engine().await;
    let seen = preview(&source_to_destination(), &store, &store, &options(), 1_000, LONG).await.unwrap();
    assert!(seen.complete);
    assert_eq!((seen.objects, seen.to_copy, seen.to_skip, seen.extra, seen.refused), (3, 2, 1, 1, 0));
    assert_eq!(seen.examples, ["new", "other"]);
    assert_eq!((seen.requests.list, seen.requests.copy), (4, 2));
    assert_eq!(buckets.copies(), 0);
}

#[tokio::test]
async fn preview_of_equal_places_counts_only_listings() {
    let buckets = TestBuckets::with(&["a", "b"]).await;
    buckets.clone(&source_to_destination()).await.is_equal();
    buckets.store.put("destination", "extra", "").await.unwrap();
    let store = buckets.engine().await;
    let seen = preview(&source_to_destination(), &store, &store, &options(), 1_000, LONG).await.unwrap();
    let finished = buckets.clone(&source_to_destination()).await;
    assert!(finished.comparison().equal);
    let requests = seen.requests;
    assert_eq!(requests.list + requests.copy + requests.head + requests.delete, finished.taken.progress.requests);

    buckets.put("c", "c").await;
    let seen = preview(&source_to_destination(), &store, &store, &options(), 1_000, LONG).await.unwrap();
    let finished = buckets.clone(&source_to_destination()).await;
    assert_eq!(seen.requests.list + seen.requests.copy, finished.taken.progress.requests);
}

#[tokio::test]
async fn preview_counts_requests_of_multipart_copies() {
    let buckets = TestBuckets::with(&["small"]).await;
    in_parts(&buckets, "as many as its ETag tells", &[6 * MIB, MIB]).await;
    buckets.put("an eighth each, or the smallest part", vec![b'x'; 12 * MIB]).await;
    let store = buckets.engine().await;
    let seen = preview(&source_to_destination(), &store, &store, &above_5_mib(), 1_000, LONG).await.unwrap();
    assert_eq!((seen.to_copy, seen.refused, seen.requests.copy), (3, 0, 1 + (2 + 2) + (3 + 2)));
}

#[tokio::test]
async fn cut_preview_says_it_is_incomplete() {
    let buckets = TestBuckets::new().await;
    buckets.store.seed_objects("source", 2_000).await.unwrap();
    let store = buckets.engine().await;
    let seen = preview(&source_to_destination(), &store, &store, &options(), 100, LONG).await.unwrap();
    assert_eq!((seen.complete, seen.objects, seen.examples.len()), (false, 100, 10));
}

#[tokio::test]
async fn preview_names_what_cannot_be_read() {
    let buckets = TestBuckets::new().await;
    let store = buckets.engine().await;
    let error = preview(&spec("nowhere", "destination"), &store, &store, &options(), 100, LONG).await.unwrap_err();
    assert_eq!(error.code(), "no_bucket");
}

/// By website redirects each copy is asked for its headers, by metadata both sides of each object twice.
#[tokio::test]
async fn preview_counts_requests_of_options() {
    let buckets = TestBuckets::with(&["equal", "new"]).await;
    buckets.store.put("destination", "equal", "equal").await.unwrap();
    let fidelity = model::Fidelity {
        website_redirects: true,
        acl: Some(model::Acl::Copy),
        compare: model::Compare::Metadata,
        ..model::Fidelity::default()
    };
    let asked = |fidelity| async {
        let store = buckets.engine().await;
        let spec = crate::support::with(fidelity);
        preview(&spec, &store, &store, &options(), u64::MAX, Duration::from_mins(10)).await.unwrap().requests.head
    };
    assert_eq!(asked(model::Fidelity::default()).await, 0);
    assert_eq!(asked(fidelity).await, 2 + 2 + 4);
}

#[tokio::test]
async fn preview_refuses_what_a_run_refuses() {
    let store = TestBuckets::new().await.engine().await;
    let error = preview(&spec("source", "source"), &store, &store, &options(), 100, LONG).await.unwrap_err();
    assert_eq!(error.code(), "same_place");
}
