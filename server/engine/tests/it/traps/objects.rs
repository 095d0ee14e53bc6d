//! What of an object other tools lose, or take for something else.

use std::collections::BTreeSet;

use embedded::Content;
use model::{CloneSpec, Mode, Reason};

use super::{assert_same, full, multipart};
use crate::{
    proxy::{Fate, Kind, Proxy},
    support::{Finished, TestBuckets, clone_at, clone_between, connect, source_to_destination},
};

#[tokio::test]
async fn listing_of_many_pages_is_complete() {
    let buckets = TestBuckets::new().await;
    buckets.store.seed_objects("source", 2_500).await.unwrap();
    buckets.store.seed_objects("destination", 1_200).await.unwrap();
    let finished = buckets.clone(&source_to_destination()).await;
    finished.is_equal();
    assert_eq!((finished.taken.progress.skipped, finished.taken.progress.done), (1_200, 1_300));
}

#[tokio::test]
async fn multipart_object_keeps_its_cut_and_etag() {
    let buckets = TestBuckets::new().await;
    multipart(&buckets.client(), "source", "parts").await;
    buckets.clone(&source_to_destination()).await.is_equal();
    let again = buckets.clone(&source_to_destination()).await;
    again.is_equal();
    let requests = (again.taken.progress.done, buckets.copies(), buckets.requests("UploadPartCopy"));
    assert_eq!((again.comparison().equal_by_etag, requests), (1, (0, 0, 2)));
    let verified = buckets.clone(&CloneSpec { mode: Mode::Verify, ..source_to_destination() }).await;
    verified.is_equal();
}

/// A copy that says no storage class is STANDARD.
#[tokio::test]
async fn storage_class_is_kept_by_copy_and_stream() {
    let (here, there) = (TestBuckets::new().await, TestBuckets::new().await);
    for class in ["STANDARD_IA", "ONEZONE_IA", "INTELLIGENT_TIERING", "GLACIER_IR", "REDUCED_REDUNDANCY"] {
        let content = Content { storage_class: Some(class.to_owned()), ..full(class) };
        here.store.put_content("source", class, &content).await.unwrap();
    }
    here.store.put_content("source", "standard", &full("standard")).await.unwrap();
    here.clone(&source_to_destination()).await.is_equal();
    assert_same(&here, &here).await;
    clone_between(&here.engine().await, &there.engine().await, &source_to_destination()).await.is_equal();
    assert_same(&here, &there).await;
}

/// It is that of the copy, which is younger than its source or, copied back, older.
#[tokio::test]
async fn modification_time_never_makes_objects_different() {
    let buckets = TestBuckets::new().await;
    for (first, second) in [("source", "destination"), ("destination", "source")] {
        for bucket in [first, second] {
            // A time of its own for each: the store keeps milliseconds.
            buckets.store.put_content(bucket, first, &full("same")).await.unwrap();
            tick().await;
        }
    }
    for mode in [Mode::Copy, Mode::Verify] {
        buckets.clone(&CloneSpec { mode, ..source_to_destination() }).await.is_equal();
    }
    assert_eq!(buckets.copies(), 0);
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
async fn archived_objects_fail_and_others_are_cloned() {
    let (here, there) = (TestBuckets::with(&["a", "z"]).await, TestBuckets::new().await);
    for class in ["GLACIER", "DEEP_ARCHIVE"] {
        here.store.put_content("source", class, &archived(class, class)).await.unwrap();
    }
    let (near, far) = (here.engine().await, there.engine().await);
    for destination in [&near, &far] {
        let finished = clone_between(&near, destination, &source_to_destination()).await;
        let named: BTreeSet<_> = finished.taken.failures.iter().map(|f| (f.key.as_str(), f.reason)).collect();
        assert_eq!(named, [("DEEP_ARCHIVE", Reason::Archived), ("GLACIER", Reason::Archived)].into());
        assert_eq!((finished.taken.progress.done, finished.comparison().missing), (2, 2));
    }
}

/// Answers copies of `a` with this refusal; there is an object beside it.
async fn refused(status: u16, code: &'static str, message: &'static str) -> Finished {
    let buckets = TestBuckets::with(&["a", "b"]).await;
    let proxy = Proxy::before(&buckets.store.url(), move |request| {
        let hit = request.kind == Kind::Copy && request.target.starts_with("/destination/a");
        std::future::ready(if hit { Fate::Explain(status, code, message) } else { Fate::Forward })
    })
    .await;
    clone_at(&connect(proxy.url()).await, &source_to_destination()).await
}

/// What is missing is not in the policy of the bucket, where one would look for days.
#[tokio::test]
async fn denied_encryption_key_names_the_missing_permission() {
    let message = "User: arn:aws:iam::1:user/u is not authorized to perform: kms:GenerateDataKey on resource: key/1";
    let finished = refused(403, "AccessDenied", message).await;
    let failure = finished.only_failure();
    assert_eq!((failure.key.as_str(), failure.reason, failure.attempts), ("a", Reason::Denied, 1));
    assert!(failure.message.contains("the policy must allow kms:GenerateDataKey"), "{}", failure.message);
    assert_eq!(finished.taken.progress.done, 1);
}

/// Its key is the customer's own: no request without it is answered.
#[tokio::test]
async fn customer_key_error_keeps_the_stores_words() {
    let message = "The object was stored using a form of Server Side Encryption. The correct parameters must be provided \
                   to retrieve the object.";
    let finished = refused(400, "InvalidRequest", message).await;
    let failure = finished.only_failure();
    assert_eq!((failure.key.as_str(), failure.reason), ("a", Reason::Store));
    assert!(failure.message.contains(message), "{}", failure.message);
    assert_eq!(finished.taken.progress.done, 1);
}
