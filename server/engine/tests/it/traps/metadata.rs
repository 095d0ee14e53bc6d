//! Equal content that carries something else.

use std::collections::BTreeMap;

use embedded::{Content, Headers};
use model::{CloneSpec, Compare, Fidelity, Mode, Reason};

use super::{assert_same, full};
use crate::support::{TestBuckets, source_to_destination, with};

fn by_metadata() -> CloneSpec {
    with(Fidelity { compare: Compare::Metadata, ..Fidelity::default() })
}

/// Each at both, with the same bytes and something else about it; `same` with nothing.
async fn differing() -> TestBuckets {
    let buckets = TestBuckets::new().await;
    let plain = full("x");
    let headers = |change: fn(&mut Headers)| {
        let mut headers = plain.headers.clone();
        change(&mut headers);
        Content { headers, ..plain.clone() }
    };
    let other = [
        ("class", Content { storage_class: None, ..plain.clone() }),
        ("header", headers(|headers| headers.cache_control = None)),
        ("metadata", headers(|headers| headers.metadata = BTreeMap::new())),
        ("same", plain.clone()),
        (
            "tags",
            Content {
                tags: BTreeMap::from([("a".to_owned(), "1".to_owned()), ("b".to_owned(), "2".to_owned())]),
                ..plain.clone()
            },
        ),
        ("untagged", Content { tags: BTreeMap::new(), ..plain.clone() }),
    ];
    for (key, content) in &other {
        buckets.store.put_content("source", key, &plain).await.unwrap();
        buckets.store.put_content("destination", key, content).await.unwrap();
    }
    buckets
}

#[tokio::test]
async fn different_metadata_is_copied_again_when_compared() {
    let buckets = differing().await;
    let finished = buckets.clone(&by_metadata()).await;
    finished.is_equal();
    assert_eq!((finished.taken.progress.done, finished.taken.progress.skipped), (5, 1));
    assert_eq!(finished.comparison().compare, Compare::Metadata);
    assert_same(&buckets, &buckets).await;
    assert_eq!(buckets.clone(&by_metadata()).await.taken.progress.done, 0);
}

#[tokio::test]
async fn metadata_comparison_reports_what_listings_miss() {
    let buckets = differing().await;
    let listed = buckets.clone(&CloneSpec { mode: Mode::Verify, ..source_to_destination() }).await;
    listed.is_equal();
    assert_eq!((listed.comparison().compare, buckets.requests("HeadObject")), (Compare::Listing, 0));
    let finished = buckets.clone(&CloneSpec { mode: Mode::Verify, ..by_metadata() }).await;
    assert_eq!((finished.comparison().different, finished.comparison().equal_by_etag), (5, 1));
    for failure in &finished.taken.failures {
        assert_eq!(failure.reason, Reason::Different);
        assert!(failure.message.contains("other metadata"), "{}", failure.message);
    }
    assert_eq!(buckets.copies(), 0);
}

/// Rules at the destination move objects to other classes: what the source leaves open is not held against them.
#[tokio::test]
async fn unnamed_storage_class_is_left_to_the_destination() {
    let buckets = TestBuckets::new().await;
    let standard = Content { storage_class: None, ..full("x") };
    buckets.store.put_content("source", "a", &standard).await.unwrap();
    buckets.store.put_content("destination", "a", &full("x")).await.unwrap();
    let finished = buckets.clone(&by_metadata()).await;
    finished.is_equal();
    assert_eq!(buckets.copies(), 0);
}
