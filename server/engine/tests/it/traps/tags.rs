//! Tags that cannot be read at the source, or that the destination does not take.

use std::collections::BTreeMap;

use embedded::Content;
use model::{CloneSpec, Compare, Fidelity, Mode, Reason, UnreadableTags};

use super::{assert_same, full};
use crate::{
    multipart::{MIB, above_5_mib},
    proxy::{Fate, Kind, Proxy, Seen},
    support::{Finished, TestBuckets, clone_at, clone_with, connect, with},
};

fn under(unreadable_tags: UnreadableTags) -> CloneSpec {
    with(Fidelity { unreadable_tags, ..Fidelity::default() })
}

/// Clones a tagged object and a plain one, where reading tags is answered like this.
async fn where_tags_are(
    status: u16,
    code: &'static str,
    in_parts: bool,
    unreadable_tags: UnreadableTags,
) -> (Finished, TestBuckets) {
    let (here, there) = (TestBuckets::with(&["plain"]).await, TestBuckets::new().await);
    let size = if in_parts { MIB * 6 } else { 10 };
    here.store.put_content("source", "tagged", &Content { body: vec![b'x'; size].into(), ..full("t") }).await.unwrap();
    let proxy = Proxy::before(&here.store.url(), move |request| {
        let tags = request.kind == Kind::Other && request.target.contains("tagging");
        std::future::ready(if tags { Fate::Refuse(status, code) } else { Fate::Forward })
    })
    .await;
    let (near, far) = (connect(proxy.url()).await, there.engine().await);
    (clone_with(&near, &far, &under(unreadable_tags), &above_5_mib()).await, there)
}

/// An object is never cloned without the tags that it has.
#[tokio::test]
async fn unreadable_tags_fail_their_object_with_permission() {
    for in_parts in [false, true] {
        let (finished, there) = where_tags_are(403, "AccessDenied", in_parts, UnreadableTags::Fail).await;
        let failure = finished.only_failure();
        assert_eq!((failure.key.as_str(), failure.reason), ("tagged", Reason::Denied));
        assert!(failure.message.contains("s3:GetObjectTagging"), "{}", failure.message);
        assert_eq!(there.store.count("destination").unwrap(), 1);
    }
}

/// As Garage answers.
#[tokio::test]
async fn unsupported_tags_fail_their_object_at_once() {
    for in_parts in [false, true] {
        let (finished, _there) = where_tags_are(501, "NotImplemented", in_parts, UnreadableTags::Fail).await;
        let failure = finished.only_failure();
        assert_eq!((failure.key.as_str(), failure.reason, failure.attempts), ("tagged", Reason::Store, 1));
        assert!(failure.message.contains("tags") && failure.message.contains("NotImplemented"), "{}", failure.message);
    }
}

/// All else that it carries goes along. What may pass, such as a store that is busy, is no reason to lose tags.
#[tokio::test]
async fn unreadable_tags_are_dropped_only_on_request() {
    for (status, code) in [(403, "AccessDenied"), (501, "NotImplemented")] {
        for (policy, in_parts) in [(UnreadableTags::Warn, false), (UnreadableTags::Ignore, true)] {
            let (finished, there) = where_tags_are(status, code, in_parts, policy).await;
            finished.is_equal();
            let copy = there.store.content("destination", "tagged").await.unwrap().unwrap();
            assert_eq!((&copy.tags, &copy.headers), (&BTreeMap::new(), &full("t").headers));
        }
    }
    let (finished, _there) = where_tags_are(503, "SlowDown", false, UnreadableTags::Ignore).await;
    assert_eq!(finished.only_failure().reason, Reason::Store);
}

/// Copies a tagged object and a plain one within a store that refuses copies of the tagged one with its tags.
async fn where_copies_with_tags_are(
    status: u16,
    code: &'static str,
    policy: UnreadableTags,
) -> (Finished, TestBuckets) {
    let buckets = TestBuckets::with(&["plain"]).await;
    buckets.store.put_content("source", "tagged", &full("t")).await.unwrap();
    let proxy = Proxy::before(&buckets.store.url(), move |request| {
        let replaced = request.headers.get("x-amz-tagging-directive").is_some_and(|directive| directive == "REPLACE");
        let hit = request.kind == Kind::Copy && request.target.starts_with("/destination/tagged") && !replaced;
        std::future::ready(if hit { Fate::Refuse(status, code) } else { Fate::Forward })
    })
    .await;
    (clone_at(&connect(proxy.url()).await, &under(policy)).await, buckets)
}

#[tokio::test]
async fn store_copies_without_tags_only_on_request() {
    for (status, code) in [(403, "AccessDenied"), (501, "NotImplemented"), (400, "InvalidRequest")] {
        for policy in [UnreadableTags::Warn, UnreadableTags::Ignore] {
            let (finished, buckets) = where_copies_with_tags_are(status, code, policy).await;
            finished.is_equal();
            let copy = buckets.store.content("destination", "tagged").await.unwrap().unwrap();
            assert_eq!((&copy.tags, &copy.headers), (&BTreeMap::new(), &full("t").headers));
        }
        let (finished, buckets) = where_copies_with_tags_are(status, code, UnreadableTags::Fail).await;
        if status == 501 {
            // The store does not copy it by itself, and takes it when it is streamed: with its tags.
            finished.is_equal();
            assert_same(&buckets, &buckets).await;
            continue;
        }
        assert_eq!(finished.only_failure().attempts, 1);
        assert_eq!(buckets.store.count("destination").unwrap(), 1);
    }
}

/// What is refused without tags too was not refused for them.
#[tokio::test]
async fn refusal_for_another_reason_keeps_its_words() {
    let buckets = TestBuckets::with(&["a", "b"]).await;
    let proxy = Proxy::before(&buckets.store.url(), |request| {
        let hit = request.kind == Kind::Copy && request.target.starts_with("/destination/a");
        std::future::ready(if hit { Fate::Explain(400, "InvalidRequest", "Not on Sundays.") } else { Fate::Forward })
    })
    .await;
    let finished = clone_at(&connect(proxy.url()).await, &under(UnreadableTags::Ignore)).await;
    let failure = finished.only_failure();
    assert!(failure.message.contains("Not on Sundays."), "{}", failure.message);
    assert_eq!((failure.attempts, finished.taken.progress.done), (2, 1));
}

/// Streams a tagged object and a plain one to a store that refuses requests with tags.
async fn to_a_store_without_tags(
    answer: (u16, &'static str),
    in_parts: bool,
    policy: UnreadableTags,
) -> (Finished, TestBuckets) {
    let (here, there) = (TestBuckets::with(&["plain"]).await, TestBuckets::new().await);
    let size = if in_parts { MIB * 6 } else { 10 };
    here.store.put_content("source", "tagged", &Content { body: vec![b'x'; size].into(), ..full("t") }).await.unwrap();
    let proxy = Proxy::before(&there.store.url(), move |request: Seen| {
        let hit = request.headers.contains_key("x-amz-tagging");
        std::future::ready(if hit { Fate::Refuse(answer.0, answer.1) } else { Fate::Forward })
    })
    .await;
    let (near, far) = (here.engine().await, connect(proxy.url()).await);
    (clone_with(&near, &far, &under(policy), &above_5_mib()).await, there)
}

/// As stores without tags answer, or a policy without `s3:PutObjectTagging`.
#[tokio::test]
async fn untaken_tags_are_dropped_only_on_request() {
    for answer in [(501, "NotImplemented"), (400, "InvalidArgument"), (403, "AccessDenied")] {
        for in_parts in [false, true] {
            let (finished, there) = to_a_store_without_tags(answer, in_parts, UnreadableTags::Warn).await;
            finished.is_equal();
            let copy = there.store.content("destination", "tagged").await.unwrap().unwrap();
            assert_eq!((&copy.tags, &copy.headers), (&BTreeMap::new(), &full("t").headers));
            let (finished, there) = to_a_store_without_tags(answer, in_parts, UnreadableTags::Fail).await;
            assert_eq!(finished.only_failure().key.as_str(), "tagged");
            assert_eq!(there.store.count("destination").unwrap(), 1);
        }
    }
}

/// Tags that the clone allows to be lost are not compared where they cannot be read, and the proof says so.
#[tokio::test]
async fn unreadable_tags_are_not_compared_on_request() {
    let buckets = TestBuckets::new().await;
    buckets.store.put_content("source", "a", &full("a")).await.unwrap();
    buckets.store.put_content("destination", "a", &Content { tags: BTreeMap::new(), ..full("a") }).await.unwrap();
    let proxy = Proxy::before(&buckets.store.url(), |request| {
        let hit = request.target.starts_with("/source/a") && request.target.contains("tagging");
        std::future::ready(if hit { Fate::Refuse(403, "AccessDenied") } else { Fate::Forward })
    })
    .await;
    let compared = |unreadable_tags| {
        let fidelity = Fidelity { compare: Compare::Metadata, unreadable_tags, ..Fidelity::default() };
        CloneSpec { mode: Mode::Verify, ..with(fidelity) }
    };
    let store = connect(proxy.url()).await;
    let finished = clone_at(&store, &compared(UnreadableTags::Ignore)).await;
    finished.is_equal();
    assert_eq!(finished.comparison().unreadable_tags, UnreadableTags::Ignore);
    assert_eq!(clone_at(&store, &compared(UnreadableTags::Fail)).await.comparison().different, 1);
    let readable = buckets.clone(&compared(UnreadableTags::Ignore)).await;
    assert_eq!(readable.only_failure().reason, Reason::Different);
}
