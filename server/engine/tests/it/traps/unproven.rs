//! Objects of which nothing tells but the size.

use embedded::Content;
use model::{CloneSpec, Mode, Reason};

use super::full;
use crate::support::{TestBuckets, source_to_destination};

/// Of the same size and cut in other parts, the destination's written later; equal in truth or not.
async fn in_other_parts(there: &[u8]) -> TestBuckets {
    let buckets = TestBuckets::new().await;
    let content =
        |body: &[u8], parts: &[u64]| Content { body: body.to_vec().into(), parts: parts.to_vec(), ..full("x") };
    buckets.store.put_content("source", "a", &content(b"0123456789", &[5, 5])).await.unwrap();
    buckets.store.put_content("destination", "a", &content(there, &[6, 4])).await.unwrap();
    buckets
}

#[tokio::test]
async fn object_of_equal_size_is_reported_unproven() {
    for there in [b"0123456789", b"9876543210"] {
        let finished =
            in_other_parts(there).await.clone(&CloneSpec { mode: Mode::Verify, ..source_to_destination() }).await;
        let comparison = finished.comparison();
        assert_eq!((comparison.equal, comparison.unproven, comparison.equal_objects()), (false, 1, 0));
        assert_eq!(finished.only_failure().reason, Reason::Unproven);
        finished.adds_up();
    }
}

#[tokio::test]
async fn unproven_objects_are_copied_again() {
    let buckets = in_other_parts(b"9876543210").await;
    let finished = buckets.clone(&source_to_destination()).await;
    finished.is_unverified(1);
    assert_eq!((finished.taken.progress.done, finished.comparison().unproven), (1, 0));
    assert_eq!(buckets.read("destination", "a").await.unwrap(), b"0123456789");
}
