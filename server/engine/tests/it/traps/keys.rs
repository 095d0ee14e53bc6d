//! Keys that are no paths: every one of them is an object of its own.

use embedded::Content;
use model::{CloneSpec, Mode, Proof, Reason};

use super::{assert_same, full};
use crate::support::{TestBuckets, clone_between, source_to_destination, spec};

/// Legal keys that some client, server or file system has stumbled over.
pub const ODD: [&str; 34] = [
    "/",
    "//",
    "///x",
    "/leading",
    "a",
    "a/",
    "a//",
    "a//b",
    "a/b",
    "a/b/",
    ".",
    "..",
    "./x",
    "../y",
    "a/../b",
    " ",
    " a ",
    "a b",
    "a+b",
    "a%20b",
    "a%2Bb",
    "%",
    "?q=1",
    "#f",
    "a&b=c",
    "\u{1}",
    "a\nb",
    "\u{7f}",
    "é",
    "e\u{301}",
    "\u{1F600}",
    "\u{FFFD}",
    "<&>\"'",
    "\\",
];

#[tokio::test]
async fn odd_keys_are_distinct_objects() {
    let buckets = TestBuckets::with(&ODD).await;
    let longest = "k".repeat(1_024);
    buckets.put(&longest, "long").await;
    buckets.put("empty", "").await;
    buckets.clone(&source_to_destination()).await.is_equal();
    for key in ODD {
        assert_eq!(buckets.read("destination", key).await.as_deref(), Some(key.as_bytes()), "{key:?}");
    }
    assert_eq!(buckets.store.count("destination").unwrap(), ODD.len() + 2);
}

#[tokio::test]
async fn odd_keys_survive_a_change_of_prefix() {
    let buckets = TestBuckets::new().await;
    for key in ODD {
        buckets.put(&format!("from {key}"), key).await;
    }
    buckets.clone(&spec("source/from ", "destination/+to%")).await.is_equal();
    for key in ODD {
        assert_eq!(
            buckets.read("destination", &format!("+to%{key}")).await.as_deref(),
            Some(key.as_bytes()),
            "{key:?}"
        );
    }
}

#[tokio::test]
async fn too_long_destination_key_is_reported() {
    let long = "k".repeat(1_020);
    let buckets = TestBuckets::with(&["a", &long]).await;
    let finished = buckets.clone(&spec("source", "destination/deep/")).await;
    let failure = finished.only_failure();
    assert_eq!((failure.key.as_str(), failure.reason), (long.as_str(), Reason::KeyTooLong));
    assert_eq!(buckets.read("destination", "deep/a").await.unwrap(), b"a");
}

/// A marker of the prefix itself, as consoles make for folders, is the marker of the other prefix; the root of a bucket
/// has none.
#[tokio::test]
async fn marker_of_prefix_is_copied_or_left_out() {
    let buckets = TestBuckets::with(&["in/", "in/a"]).await;
    let moved = buckets.clone(&spec("source/in/", "destination/out/")).await;
    moved.is_equal();
    assert_eq!(moved.comparison().left_out, 0);
    assert_eq!(buckets.keys("destination").await, ["out/", "out/a"]);

    let buckets = TestBuckets::with(&["in/", "in/a"]).await;
    let to_root = spec("source/in/", "destination/");
    let dry = buckets.clone(&CloneSpec { dry_run: true, ..to_root.clone() }).await;
    let Ok(Some(Proof::DryRun(plan))) = &dry.result else { panic!("{dry:?}") };
    assert_eq!((plan.left_out, plan.would_copy), (1, 1));
    for copies in [1, 0] {
        let finished = buckets.clone(&to_root).await;
        finished.is_equal();
        assert_eq!((finished.taken.progress.done, finished.comparison().left_out), (copies, 1));
    }
    buckets.clone(&CloneSpec { mode: Mode::Verify, ..to_root }).await.is_equal();
    assert_eq!(buckets.keys("destination").await, ["a"]);
}

/// All that one byte can be, and what stands beside it, at both ways of copying.
#[tokio::test]
async fn control_character_keys_keep_their_metadata() {
    let (here, there) = (TestBuckets::new().await, TestBuckets::new().await);
    for byte in (1..b' ').chain([0x7f]) {
        let byte = char::from(byte);
        for key in [format!("{byte}"), format!("a{byte}b"), format!("a/{byte}/")] {
            here.store.put_content("source", &key, &full(&key)).await.unwrap();
        }
    }
    here.clone(&source_to_destination()).await.is_equal();
    assert_same(&here, &here).await;
    clone_between(&here.engine().await, &there.engine().await, &source_to_destination()).await.is_equal();
    assert_same(&here, &there).await;
}

/// The SDK sends the source of a copy as it is given: a plus must not become a space, nor `%2B` a plus.
#[tokio::test]
async fn copy_source_encoding_confuses_no_keys() {
    let buckets = TestBuckets::new().await;
    for key in ["a b", "a+b", "a%20b", "a%2Bb", "a%252Bb", "a?b", "a#b", "a&b", "a=b", "ä b+c", "a;b", "a:b@c,d"] {
        buckets.store.put_content("source", key, &full(key)).await.unwrap();
    }
    buckets.clone(&source_to_destination()).await.is_equal();
    assert_same(&buckets, &buckets).await;
}

/// Tools that take keys for paths lose one of these, or the bytes of a "folder".
#[tokio::test]
async fn folder_like_keys_are_cloned_as_objects() {
    let (here, there) = (TestBuckets::new().await, TestBuckets::new().await);
    for key in ["x", "x/", "x/y", "x/y/", "x//", "//", "/x", "./x", "../x", ".", "..", "x/./y", "x/../y"] {
        here.store.put_content("source", key, &full(key)).await.unwrap();
        let empty = Content { body: "".into(), ..full(key) };
        here.store.put_content("source", &format!("empty/{key}"), &empty).await.unwrap();
    }
    here.clone(&source_to_destination()).await.is_equal();
    assert_same(&here, &here).await;
    clone_between(&here.engine().await, &there.engine().await, &source_to_destination()).await.is_equal();
    assert_same(&here, &there).await;
}
