//! Objects of which nothing tells but the size.

use embedded::Content;
use model::{CloneSpec, Mode, Reason};

use super::full;
use crate::yard::{Yard, buckets};

/// Of the same size and cut in other parts, the destination's written later; equal in truth or not.
async fn in_other_parts(there: &[u8]) -> Yard {
    let yard = Yard::new().await;
    let content =
        |body: &[u8], parts: &[u64]| Content { body: body.to_vec().into(), parts: parts.to_vec(), ..full("x") };
    yard.store.put_content("source", "a", &content(b"0123456789", &[5, 5])).await.unwrap();
    yard.store.put_content("destination", "a", &content(there, &[6, 4])).await.unwrap();
    yard
}

#[tokio::test]
async fn an_object_that_only_its_size_speaks_for_is_reported_and_not_called_equal() {
    for there in [b"0123456789", b"9876543210"] {
        let came = in_other_parts(there).await.clone(&CloneSpec { mode: Mode::Verify, ..buckets() }).await;
        let comparison = came.comparison();
        assert_eq!((comparison.equal, comparison.unproven, comparison.equal_objects()), (false, 1, 0));
        assert_eq!(came.only_failure().reason, Reason::Unproven);
        came.adds_up();
    }
}

#[tokio::test]
async fn a_copy_brings_over_what_it_cannot_prove() {
    let yard = in_other_parts(b"9876543210").await;
    let came = yard.clone(&buckets()).await;
    came.is_equal();
    assert_eq!((came.taken.progress.done, came.comparison().unproven), (1, 0));
    assert_eq!(yard.read("destination", "a").await.unwrap(), b"0123456789");
}
