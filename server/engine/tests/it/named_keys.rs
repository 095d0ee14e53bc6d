//! A list of keys in place of the source's listing.

use std::sync::Arc;

use engine::{
    clone::{CloneError, Options},
    listing::KeyList,
};
use model::{CloneSpec, KeysFrom, Mode, Reason};

use crate::{
    proxy::{Fate, Kind, Proxy, Seen},
    support::{Finished, TestBuckets, clone_with, connect, options, spec},
};

fn keys_from(list: &KeyList) -> KeysFrom {
    KeysFrom { name: "keys.txt".to_owned(), count: list.count(), digest: list.digest().clone(), listed_at: None }
}

/// Clones the keys of this text.
async fn clone_keys(store: &engine::s3::S3Client, spec: CloneSpec, text: &str) -> Finished {
    let list = KeyList::read(text.as_bytes(), &spec.source.prefix).unwrap();
    let (mut spec, options) = (spec, Options { keys: Some(Arc::new(list)), ..options() });
    spec.selection.keys_from = options.keys.as_deref().map(keys_from);
    clone_with(store, store, &spec, &options).await
}

/// The same, of keys that an inventory names.
async fn clone_inventory(store: &engine::s3::S3Client, spec: CloneSpec, text: &str) -> Finished {
    let list = KeyList::read(text.as_bytes(), &spec.source.prefix).unwrap();
    let (mut spec, options) = (spec, Options { keys: Some(Arc::new(list)), ..options() });
    let from = options.keys.as_deref().map(keys_from);
    spec.selection.keys_from = from.map(|from| KeysFrom { listed_at: Some(model::Time(0)), ..from });
    clone_with(store, store, &spec, &options).await
}

#[tokio::test]
async fn only_named_keys_are_copied_and_nothing_is_listed() {
    let buckets = TestBuckets::with(&["in/a", "in/b", "in/b/c", "in/é \n", "other"]).await;
    buckets.store.put("destination", "out/extra", "x").await.unwrap();
    let store = buckets.engine().await;
    let named = "in/b\n\"in/é \\n\"\nin/b\n";
    let finished = clone_keys(&store, spec("source/in/", "destination/out/"), named).await;
    finished.is_equal();
    assert_eq!((finished.taken.progress.done, finished.comparison().source_objects), (2, 2));
    assert_eq!(buckets.requests("ListObjectsV2"), 0);
    assert_eq!(buckets.keys("destination").await, ["out/b", "out/extra", "out/é \n"]);
    assert!(finished.comparison().selection.to_string().contains("among the 2 keys of \"keys.txt\""));
    let again = clone_keys(&store, spec("source/in/", "destination/out/"), named).await;
    assert_eq!((again.taken.progress.done, again.taken.progress.skipped), (0, 2));
}

/// A key that nothing has is a failure, never a smaller proof.
#[tokio::test]
async fn named_key_that_the_source_lacks_fails_alone() {
    let buckets = TestBuckets::with(&["a", "b"]).await;
    let store = buckets.engine().await;
    for mode in [Mode::Copy, Mode::Verify] {
        let finished = clone_keys(&store, CloneSpec { mode, ..spec("source", "destination") }, "a\nb\nc").await;
        let failure = finished.taken.failures.iter().find(|failure| failure.key.as_str() == "c").unwrap();
        assert_eq!(failure.reason, Reason::Gone, "{finished:?}");
        let comparison = finished.comparison();
        assert_eq!((comparison.missing, comparison.equal_by_etag, comparison.equal), (1, 2, false), "{mode:?}");
    }
}

#[tokio::test]
async fn named_key_that_may_not_be_read_fails_alone_in_the_store_s_words() {
    let buckets = TestBuckets::with(&["a", "b"]).await;
    let is_b = |seen: &Seen| seen.kind == Kind::Other && seen.target.starts_with("/source/b");
    let proxy = Proxy::before(&buckets.store.url(), move |seen| {
        std::future::ready(if is_b(&seen) { Fate::Refuse(403, "AccessDenied") } else { Fate::Forward })
    })
    .await;
    let finished = clone_keys(&connect(proxy.url()).await, spec("source", "destination"), "a\nb").await;
    assert_eq!((finished.only_failure().key.as_str(), finished.only_failure().reason), ("b", Reason::Denied));
    assert_eq!(finished.taken.progress.done, 1);
}

/// What is gone since an inventory was made is left out; what may not be looked at is not gone.
#[tokio::test]
async fn key_of_an_inventory_that_is_refused_fails() {
    let buckets = TestBuckets::with(&["a", "b"]).await;
    let is_b = |seen: &Seen| seen.kind == Kind::Other && seen.target.starts_with("/source/b");
    let proxy = Proxy::before(&buckets.store.url(), move |seen| {
        std::future::ready(if is_b(&seen) { Fate::Refuse(403, "AccessDenied") } else { Fate::Forward })
    })
    .await;
    let finished = clone_inventory(&connect(proxy.url()).await, spec("source", "destination"), "a\nb\ngone").await;
    assert_eq!((finished.only_failure().key.as_str(), finished.only_failure().reason), ("b", Reason::Denied));
    assert!(finished.comparison().has_faults(), "b is not proven: {finished:?}");
    let whole = clone_inventory(&buckets.engine().await, spec("source", "destination"), "a\nb\ngone").await;
    whole.is_equal();
    assert_eq!(whole.comparison().source_objects, 2);
}

/// Several blocks of keys, each found by many requests at once, and no key looked at more often than needed: at both places
/// before and after the copy.
#[tokio::test]
async fn long_list_is_cloned_in_order_and_whole() {
    let buckets = TestBuckets::new().await;
    buckets.store.seed_objects("source", 600).await.unwrap();
    let named: Vec<String> = (0..600).rev().map(|index| format!("objects/{:02}/{index:08}", 0)).collect();
    let finished = clone_keys(&buckets.engine().await, spec("source", "destination"), &named.join("\n")).await;
    finished.is_equal();
    assert_eq!(finished.comparison().equal_by_etag, 600);
    assert!(buckets.requests("HeadObject") <= 4 * 600, "{}", buckets.requests("HeadObject"));
}

/// A HEAD does not tell a missing bucket from a missing object.
#[tokio::test]
async fn missing_bucket_is_found_before_the_first_key() {
    let buckets = TestBuckets::with(&["a"]).await;
    let store = buckets.engine().await;
    for (from, to) in [("nowhere", "destination"), ("source", "nowhere")] {
        let mut spec = spec(from, to);
        spec.selection.keys_from = Some(keys_from(&KeyList::read(&b"a"[..], &spec.source.prefix).unwrap()));
        let refused = engine::clone::check(&spec, &store, &store).await.unwrap_err();
        assert!(refused.to_string().contains("bucket nowhere does not exist"), "{refused}");
    }
}

#[tokio::test]
async fn clone_of_a_list_that_is_not_at_hand_is_refused() {
    let buckets = TestBuckets::with(&["a"]).await;
    let mut spec = spec("source", "destination");
    spec.selection.keys_from = Some(keys_from(&KeyList::read(&b"a"[..], &spec.source.prefix).unwrap()));
    assert!(matches!(buckets.clone(&spec).await.error(), CloneError::NoKeys));
}

#[tokio::test]
async fn named_keys_are_not_streamed_where_tags_cannot_be_seen() {
    let (here, there) = (TestBuckets::with(&["a"]).await, TestBuckets::new().await);
    let proxy = Proxy::before(&here.store.url(), |seen| {
        let tags = seen.target.contains("tagging");
        std::future::ready(if tags { Fate::Refuse(403, "AccessDenied") } else { Fate::Forward })
    })
    .await;
    let list = KeyList::read(&b"a"[..], &spec("source", "destination").source.prefix).unwrap();
    let mut spec = spec("source", "destination");
    spec.selection.keys_from = Some(keys_from(&list));
    let options = Options { keys: Some(Arc::new(list)), ..options() };
    let finished = clone_with(&connect(proxy.url()).await, &there.engine().await, &spec, &options).await;
    assert!(finished.error().to_string().contains("s3:GetObjectTagging"), "{finished:?}");
}
