//! Stores that lack a request which S3 has: named fakes by a proxy that refuses it.

use engine::clone::CloneError;
use model::{CopyBy, Fidelity};

use crate::{
    multipart::{MIB, above_5_mib, body, in_parts},
    proxy::{Fate, Kind, Proxy, Seen},
    support::{
        Finished, TestBuckets, clone_at, clone_between, clone_with, connect_as_anyone, source_to_destination, with,
    },
};

/// Clones a small, a cut and a large object within a store that answers like this.
async fn clone_where(buckets: &TestBuckets, by: CopyBy, decide: fn(&Seen) -> Fate) -> Finished {
    buckets.put("small", "s").await;
    buckets.put("large", body(MIB * 6)).await;
    in_parts(buckets, "cut", &[MIB * 5, MIB]).await;
    let proxy = Proxy::before(&buckets.store.url(), move |seen| std::future::ready(decide(&seen))).await;
    let store = connect_as_anyone(proxy.url()).await;
    clone_with(&store, &store, &with(Fidelity { copy_by: by, ..Fidelity::default() }), &above_5_mib()).await
}

fn copies_nothing(seen: &Seen) -> Fate {
    if seen.kind == Kind::Copy { Fate::Refuse(501, "NotImplemented") } else { Fate::Forward }
}

/// As the layer for S3 of Swift answers.
fn copies_no_parts(seen: &Seen) -> Fate {
    let part = seen.kind == Kind::Copy && seen.target.contains("partNumber");
    if part { Fate::Refuse(501, "NotImplemented") } else { Fate::Forward }
}

fn copies_without_conditions_only(seen: &Seen) -> Fate {
    let conditional = seen.headers.contains_key("x-amz-copy-source-if-match");
    if conditional { Fate::Refuse(501, "NotImplemented") } else { Fate::Forward }
}

#[tokio::test]
async fn objects_are_streamed_where_the_store_cannot_copy() {
    for decide in [copies_nothing, copies_no_parts, copies_without_conditions_only] {
        let buckets = TestBuckets::new().await;
        clone_where(&buckets, CopyBy::Auto, decide).await.is_equal();
        for key in ["small", "large", "cut"] {
            assert_eq!(buckets.read("destination", key).await, buckets.read("source", key).await, "{key}");
        }
    }
}

#[tokio::test]
async fn whole_objects_are_still_copied_by_a_store_that_copies_no_parts() {
    let buckets = TestBuckets::new().await;
    clone_where(&buckets, CopyBy::Auto, copies_no_parts).await.is_equal();
    assert_eq!((buckets.copies(), buckets.requests("PutObject")), (1, 0));
}

#[tokio::test]
async fn store_that_cannot_copy_fails_its_objects_if_only_it_may_copy() {
    let buckets = TestBuckets::new().await;
    let finished = clone_where(&buckets, CopyBy::Store, copies_nothing).await;
    assert_eq!(finished.taken.failures.len(), 3, "{finished:?}");
    assert!(finished.taken.failures.iter().all(|failure| failure.message.contains("NotImplemented")), "{finished:?}");
}

#[tokio::test]
async fn streaming_on_request_never_lets_the_store_copy() {
    let buckets = TestBuckets::new().await;
    clone_where(&buckets, CopyBy::Stream, |_| Fate::Forward).await.is_equal();
    assert_eq!((buckets.copies(), buckets.requests("UploadPartCopy")), (0, 0));
}

#[tokio::test]
async fn copying_by_the_store_only_is_refused_between_two_stores() {
    let (here, there) = (TestBuckets::with(&["a"]).await, TestBuckets::new().await);
    let spec = with(Fidelity { copy_by: CopyBy::Store, ..Fidelity::default() });
    let refused = engine::clone::check(&spec, &here.engine().await, &there.engine().await).await.unwrap_err();
    assert!(matches!(refused, CloneError::NoCopyByStore), "{refused}");
    let finished = clone_between(&here.engine().await, &there.engine().await, &spec).await;
    assert!(matches!(finished.error(), CloneError::NoCopyByStore), "{finished:?}");
}

/// A listing as the first version of the request is answered, whatever was asked.
fn as_v1(seen: &Seen) -> Fate {
    let (path, query) = seen.target.split_once('?').unwrap_or((&seen.target, ""));
    if !query.contains("list-type=2") {
        return Fate::Forward;
    }
    let of_v2 =
        |pair: &&str| ["list-type", "start-after", "continuation-token"].iter().all(|name| !pair.starts_with(name));
    let query: Vec<_> = query.split('&').filter(of_v2).collect();
    Fate::Instead(format!("{path}?{}", query.join("&")))
}

fn refuses_v2(seen: &Seen) -> Fate {
    if seen.target.contains("list-type=2") { Fate::Refuse(501, "NotImplemented") } else { Fate::Forward }
}

#[tokio::test]
async fn store_that_lists_only_by_the_first_version_is_cloned_whole() {
    for decide in [as_v1, refuses_v2] {
        let buckets = TestBuckets::new().await;
        buckets.store.seed_objects("source", 2_500).await.unwrap();
        let odd = ["a+b c", "a%20b", "é/\u{1}", "zz"];
        for key in odd {
            buckets.put(key, key).await;
        }
        let proxy = Proxy::before(&buckets.store.url(), move |seen| std::future::ready(decide(&seen))).await;
        let store = connect_as_anyone(proxy.url()).await;
        let finished = clone_at(&store, &source_to_destination()).await;
        finished.is_equal();
        assert_eq!(finished.taken.progress.done, 2_500 + odd.len() as u64);
        for key in odd {
            assert_eq!(buckets.read("destination", key).await, Some(key.into()), "{key}");
        }
    }
}

/// A proxy may answer for the store once: what it says is forgotten.
#[tokio::test]
async fn passing_refusal_does_not_change_the_version_for_good() {
    let buckets = TestBuckets::with(&["a"]).await;
    let proxy = Proxy::before(&buckets.store.url(), |seen| {
        let v1 = seen.target.contains("encoding-type") && !seen.target.contains("list-type=2");
        let refused = v1 || (seen.kind == Kind::List && seen.number == 0);
        std::future::ready(if refused { Fate::Refuse(501, "NotImplemented") } else { Fate::Forward })
    })
    .await;
    let store = connect_as_anyone(proxy.url()).await;
    let first = clone_at(&store, &source_to_destination()).await;
    assert!(first.error().to_string().contains("NotImplemented"), "{first:?}");
    clone_at(&store, &source_to_destination()).await.is_equal();
}

/// A store that copies by itself carries tags which its client may not see; a streamed copy would lose them.
#[tokio::test]
async fn fallback_to_streaming_does_not_lose_tags_that_cannot_be_seen() {
    let buckets = TestBuckets::new().await;
    buckets.store.put_content("source", "tagged", &crate::traps::full("t")).await.unwrap();
    let proxy = Proxy::before(&buckets.store.url(), |seen| {
        std::future::ready(match seen.kind {
            Kind::Copy => Fate::Refuse(501, "NotImplemented"),
            _ if seen.target.contains("tagging") => Fate::Refuse(403, "AccessDenied"),
            _ => Fate::Forward,
        })
    })
    .await;
    let finished = clone_at(&connect_as_anyone(proxy.url()).await, &source_to_destination()).await;
    let failure = finished.only_failure();
    assert!(failure.message.contains("s3:GetObjectTagging"), "{}", failure.message);
    assert_eq!(buckets.store.count("destination").unwrap(), 0);
}
