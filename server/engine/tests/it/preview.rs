//! What a clone would do, within a limit.

use std::time::Duration;

use engine::clone::preview;

use crate::multipart::{MIB, above_5_mib, in_parts};
use crate::yard::{Yard, buckets, options, spec};

const LONG: Duration = Duration::from_mins(10);

#[tokio::test]
async fn a_preview_counts_what_a_run_would_do() {
    let yard = Yard::with(&["equal", "new", "other"]).await;
    yard.store.put("destination", "equal", "equal").await.unwrap();
    yard.store.put("destination", "other", "something else").await.unwrap();
    yard.store.put("destination", "extra", "").await.unwrap();
    let store = yard.engine().await;
    let seen = preview(&buckets(), &store, &store, &options(), 1_000, LONG).await.unwrap();
    assert!(seen.complete);
    assert_eq!((seen.objects, seen.to_copy, seen.to_skip, seen.extra, seen.refused), (3, 2, 1, 1, 0));
    assert_eq!(seen.examples, ["new", "other"]);
    assert_eq!((seen.requests.list, seen.requests.copy), (4, 2));
    assert_eq!(yard.copies(), 0);
}

#[tokio::test]
async fn a_preview_of_a_clone_with_nothing_to_do_counts_just_the_requests_that_it_takes() {
    let yard = Yard::with(&["a", "b"]).await;
    yard.clone(&buckets()).await.is_equal();
    yard.store.put("destination", "extra", "").await.unwrap();
    let store = yard.engine().await;
    let seen = preview(&buckets(), &store, &store, &options(), 1_000, LONG).await.unwrap();
    let came = yard.clone(&buckets()).await;
    assert!(came.comparison().equal);
    let requests = seen.requests;
    assert_eq!(requests.list + requests.copy + requests.head + requests.delete, came.taken.progress.requests);

    yard.put("c", "c").await;
    let seen = preview(&buckets(), &store, &store, &options(), 1_000, LONG).await.unwrap();
    let came = yard.clone(&buckets()).await;
    assert_eq!(seen.requests.list + seen.requests.copy, came.taken.progress.requests);
}

#[tokio::test]
async fn a_preview_counts_the_requests_of_an_object_in_parts() {
    let yard = Yard::with(&["small"]).await;
    in_parts(&yard, "as many as its ETag tells", &[6 * MIB, MIB]).await;
    yard.put("an eighth each, or the smallest part", vec![b'x'; 12 * MIB]).await;
    let store = yard.engine().await;
    let seen = preview(&buckets(), &store, &store, &above_5_mib(), 1_000, LONG).await.unwrap();
    assert_eq!((seen.to_copy, seen.refused, seen.requests.copy), (3, 0, 1 + (2 + 2) + (3 + 2)));
}

#[tokio::test]
async fn a_preview_of_too_much_says_that_it_is_not_complete() {
    let yard = Yard::new().await;
    yard.store.seed_objects("source", 2_000).await.unwrap();
    let store = yard.engine().await;
    let seen = preview(&buckets(), &store, &store, &options(), 100, LONG).await.unwrap();
    assert_eq!((seen.complete, seen.objects, seen.examples.len()), (false, 100, 10));
}

#[tokio::test]
async fn a_preview_names_what_cannot_be_read() {
    let yard = Yard::new().await;
    let store = yard.engine().await;
    let error = preview(&spec("nowhere", "destination"), &store, &store, &options(), 100, LONG).await.unwrap_err();
    assert_eq!(error.code(), "no_bucket");
}

/// By website redirects each copy is asked for its headers, by metadata both sides of each object twice.
#[tokio::test]
async fn a_preview_counts_the_requests_that_the_options_take() {
    let yard = Yard::with(&["equal", "new"]).await;
    yard.store.put("destination", "equal", "equal").await.unwrap();
    let fidelity = model::Fidelity {
        website_redirects: true,
        acl: Some(model::Acl::Copy),
        compare: model::Compare::Metadata,
        ..model::Fidelity::default()
    };
    let asked = |fidelity| async {
        let store = yard.engine().await;
        let spec = crate::yard::with(fidelity);
        preview(&spec, &store, &store, &options(), u64::MAX, Duration::from_mins(10)).await.unwrap().requests.head
    };
    assert_eq!(asked(model::Fidelity::default()).await, 0);
    assert_eq!(asked(fidelity).await, 2 + 2 + 4);
}

#[tokio::test]
async fn a_preview_refuses_what_a_run_would_refuse() {
    let store = Yard::new().await.engine().await;
    let error = preview(&spec("source", "source"), &store, &store, &options(), 100, LONG).await.unwrap_err();
    assert_eq!(error.code(), "same_place");
}
