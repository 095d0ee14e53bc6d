//! What of an object other tools lose, or take for something else.

use std::collections::{BTreeMap, BTreeSet};

use embedded::Content;
use engine::{clone::Options, s3::UnreadableTags};
use model::{Mode, Reason};

use super::{assert_same, full, multipart};
use crate::{
    multipart::{MIB, above_5_mib},
    proxy::{Fate, Kind, Proxy},
    yard::{Came, Yard, buckets, clone_at, clone_between, clone_with, connect},
};

#[tokio::test]
async fn a_listing_of_many_pages_is_whole() {
    let yard = Yard::new().await;
    yard.store.seed_objects("source", 2_500).await.unwrap();
    yard.store.seed_objects("destination", 1_200).await.unwrap();
    let came = yard.clone(&buckets()).await;
    came.is_equal();
    assert_eq!((came.taken.progress.skipped, came.taken.progress.done), (1_200, 1_300));
}

#[tokio::test]
async fn a_multipart_object_is_proven_by_the_record_of_its_copy() {
    let yard = Yard::new().await;
    multipart(&yard.client(), "source", "parts").await;
    yard.clone(&buckets()).await.is_equal();
    let again = yard.clone(&buckets()).await;
    again.is_equal();
    assert_eq!((again.comparison().equal_by_record, yard.copies()), (1, 2));
}

/// A copy that says no storage class is STANDARD.
#[tokio::test]
async fn a_storage_class_is_kept_both_ways() {
    let (here, there) = (Yard::new().await, Yard::new().await);
    for class in ["STANDARD_IA", "ONEZONE_IA", "INTELLIGENT_TIERING", "GLACIER_IR", "REDUCED_REDUNDANCY"] {
        let content = Content { storage_class: Some(class.to_owned()), ..full(class) };
        here.store.put_content("source", class, &content).await.unwrap();
    }
    here.store.put_content("source", "standard", &full("standard")).await.unwrap();
    here.clone(&buckets()).await.is_equal();
    assert_same(&here, &here).await;
    clone_between(&here.engine().await, &there.engine().await, &buckets()).await.is_equal();
    assert_same(&here, &there).await;
}

/// It is that of the copy, which is younger than its source or, copied back, older.
#[tokio::test]
async fn the_time_of_an_object_never_makes_it_different() {
    let yard = Yard::new().await;
    for (first, second) in [("source", "destination"), ("destination", "source")] {
        for bucket in [first, second] {
            // A time of its own for each: the store keeps milliseconds.
            yard.store.put_content(bucket, first, &full("same")).await.unwrap();
            tick().await;
        }
    }
    for mode in [Mode::Copy, Mode::Verify] {
        yard.clone(&model::CloneSpec { mode, ..buckets() }).await.is_equal();
    }
    assert_eq!(yard.copies(), 0);
}

/// Until the clock has gone on.
async fn tick() {
    let now = std::time::SystemTime::now();
    while now.elapsed().unwrap().as_millis() < 2 {
        tokio::task::yield_now().await;
    }
}

fn archived(key: &str, class: &str) -> Content {
    Content { storage_class: Some(class.to_owned()), ..full(key) }
}

/// Neither way can read an archived object; all others go, and the archived one is named with what to do.
#[tokio::test]
async fn archived_objects_are_reported_and_the_rest_is_cloned() {
    let (here, there) = (Yard::with(&["a", "z"]).await, Yard::new().await);
    for class in ["GLACIER", "DEEP_ARCHIVE"] {
        here.store.put_content("source", class, &archived(class, class)).await.unwrap();
    }
    let (near, far) = (here.engine().await, there.engine().await);
    for destination in [&near, &far] {
        let came = clone_between(&near, destination, &buckets()).await;
        let named: BTreeSet<_> = came.taken.failures.iter().map(|f| (f.key.as_str(), f.reason)).collect();
        assert_eq!(named, [("DEEP_ARCHIVE", Reason::Archived), ("GLACIER", Reason::Archived)].into());
        assert_eq!((came.taken.progress.done, came.comparison().missing), (2, 2));
    }
}

/// Clones a tagged object and a plain one, where reading tags is answered like this.
async fn where_tags_are(
    status: u16,
    code: &'static str,
    in_parts: bool,
    unreadable_tags: UnreadableTags,
) -> (Came, Yard) {
    let (here, there) = (Yard::with(&["plain"]).await, Yard::new().await);
    let size = if in_parts { MIB * 6 } else { 10 };
    here.store.put_content("source", "tagged", &Content { body: vec![b'x'; size].into(), ..full("t") }).await.unwrap();
    let proxy = Proxy::before(&here.store.url(), move |request| {
        let tags = request.kind == Kind::Other && request.target.contains("tagging");
        std::future::ready(if tags { Fate::Refuse(status, code) } else { Fate::Forward })
    })
    .await;
    let (near, far) = (connect(proxy.url()).await, there.engine().await);
    let options = Options { unreadable_tags, ..above_5_mib() };
    (clone_with(&near, &far, &buckets(), &options).await, there)
}

/// An object is never cloned without the tags that it has.
#[tokio::test]
async fn tags_that_may_not_be_read_fail_their_object_and_name_the_permission() {
    for in_parts in [false, true] {
        let (came, there) = where_tags_are(403, "AccessDenied", in_parts, UnreadableTags::Fail).await;
        let failure = came.only_failure();
        assert_eq!((failure.key.as_str(), failure.reason), ("tagged", Reason::Denied));
        assert!(failure.message.contains("s3:GetObjectTagging"), "{}", failure.message);
        assert_eq!(there.store.count("destination").unwrap(), 1);
    }
}

/// As Garage answers.
#[tokio::test]
async fn tags_that_a_store_does_not_have_fail_their_object_at_once() {
    for in_parts in [false, true] {
        let (came, _there) = where_tags_are(501, "NotImplemented", in_parts, UnreadableTags::Fail).await;
        let failure = came.only_failure();
        assert_eq!((failure.key.as_str(), failure.reason, failure.attempts), ("tagged", Reason::Store, 1));
        assert!(failure.message.contains("tags") && failure.message.contains("NotImplemented"), "{}", failure.message);
    }
}

/// All else that it carries goes along. What may pass, such as a store that is busy, is no reason to lose tags.
#[tokio::test]
async fn an_object_goes_without_tags_that_cannot_be_read_only_where_that_was_ordered() {
    for (status, code) in [(403, "AccessDenied"), (501, "NotImplemented")] {
        for (policy, in_parts) in [(UnreadableTags::Warn, false), (UnreadableTags::Ignore, true)] {
            let (came, there) = where_tags_are(status, code, in_parts, policy).await;
            came.is_equal();
            let copy = there.store.content("destination", "tagged").await.unwrap().unwrap();
            assert_eq!((&copy.tags, &copy.headers), (&BTreeMap::new(), &full("t").headers));
        }
    }
    let (came, _there) = where_tags_are(503, "SlowDown", false, UnreadableTags::Ignore).await;
    assert_eq!(came.only_failure().reason, Reason::Store);
}

/// Answers copies of `a` with this refusal; there is an object beside it.
async fn refused(status: u16, code: &'static str, message: &'static str) -> Came {
    let yard = Yard::with(&["a", "b"]).await;
    let proxy = Proxy::before(&yard.store.url(), move |request| {
        let hit = request.kind == Kind::Copy && request.target.starts_with("/destination/a");
        std::future::ready(if hit { Fate::Explain(status, code, message) } else { Fate::Forward })
    })
    .await;
    clone_at(&connect(proxy.url()).await, &buckets()).await
}

/// What is missing is not in the policy of the bucket, where one would look for days.
#[tokio::test]
async fn a_key_that_may_not_be_used_is_named_as_the_permission_that_is_missing() {
    let message = "User: arn:aws:iam::1:user/u is not authorized to perform: kms:GenerateDataKey on resource: key/1";
    let came = refused(403, "AccessDenied", message).await;
    let failure = came.only_failure();
    assert_eq!((failure.key.as_str(), failure.reason, failure.attempts), ("a", Reason::Denied, 1));
    assert!(failure.message.contains("the policy must allow kms:GenerateDataKey"), "{}", failure.message);
    assert_eq!(came.taken.progress.done, 1);
}

/// Its key is the customer's own: no request without it is answered.
#[tokio::test]
async fn an_object_under_a_customers_key_is_reported_in_the_stores_own_words() {
    let message = "The object was stored using a form of Server Side Encryption. The correct parameters must be provided \
                   to retrieve the object.";
    let came = refused(400, "InvalidRequest", message).await;
    let failure = came.only_failure();
    assert_eq!((failure.key.as_str(), failure.reason), ("a", Reason::Store));
    assert!(failure.message.contains(message), "{}", failure.message);
    assert_eq!(came.taken.progress.done, 1);
}
