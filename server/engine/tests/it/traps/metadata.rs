//! Equal content that carries something else.

use std::collections::BTreeMap;

use embedded::{Content, Headers};
use model::{CloneSpec, Compare, Fidelity, Mode, Reason};

use super::{assert_same, full};
use crate::yard::{Yard, buckets, with};

fn by_metadata() -> CloneSpec {
    with(Fidelity { compare: Compare::Metadata, ..Fidelity::default() })
}

/// Each at both, with the same bytes and something else about it; `same` with nothing.
async fn differing() -> Yard {
    let yard = Yard::new().await;
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
        yard.store.put_content("source", key, &plain).await.unwrap();
        yard.store.put_content("destination", key, content).await.unwrap();
    }
    yard
}

#[tokio::test]
async fn what_carries_something_else_is_copied_again_where_metadata_counts() {
    let yard = differing().await;
    let came = yard.clone(&by_metadata()).await;
    came.is_equal();
    assert_eq!((came.taken.progress.done, came.taken.progress.skipped), (5, 1));
    assert_eq!(came.comparison().compare, Compare::Metadata);
    assert_same(&yard, &yard).await;
    assert_eq!(yard.clone(&by_metadata()).await.taken.progress.done, 0);
}

#[tokio::test]
async fn a_comparison_by_metadata_reports_what_listings_do_not_tell() {
    let yard = differing().await;
    let listed = yard.clone(&CloneSpec { mode: Mode::Verify, ..buckets() }).await;
    listed.is_equal();
    assert_eq!((listed.comparison().compare, yard.requests("HeadObject")), (Compare::Listing, 0));
    let came = yard.clone(&CloneSpec { mode: Mode::Verify, ..by_metadata() }).await;
    assert_eq!((came.comparison().different, came.comparison().equal_by_etag), (5, 1));
    for failure in &came.taken.failures {
        assert_eq!(failure.reason, Reason::Different);
        assert!(failure.message.contains("other metadata"), "{}", failure.message);
    }
    assert_eq!(yard.copies(), 0);
}

/// Rules at the destination move objects to other classes: what the source leaves open is not held against them.
#[tokio::test]
async fn a_class_that_the_source_does_not_say_is_left_to_the_destination() {
    let yard = Yard::new().await;
    let standard = Content { storage_class: None, ..full("x") };
    yard.store.put_content("source", "a", &standard).await.unwrap();
    yard.store.put_content("destination", "a", &full("x")).await.unwrap();
    let came = yard.clone(&by_metadata()).await;
    came.is_equal();
    assert_eq!(yard.copies(), 0);
}
