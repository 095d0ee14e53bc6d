//! Keys that are no paths: every one of them is an object of its own.

use embedded::Content;
use model::Reason;

use super::{assert_same, full};
use crate::yard::{Yard, buckets, clone_between, spec};

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
async fn every_odd_key_is_an_object_of_its_own() {
    let yard = Yard::with(&ODD).await;
    let longest = "k".repeat(1_024);
    yard.put(&longest, "long").await;
    yard.put("empty", "").await;
    yard.clone(&buckets()).await.is_equal();
    for key in ODD {
        assert_eq!(yard.read("destination", key).await.as_deref(), Some(key.as_bytes()), "{key:?}");
    }
    assert_eq!(yard.store.count("destination").unwrap(), ODD.len() + 2);
}

#[tokio::test]
async fn odd_keys_survive_a_change_of_prefix() {
    let yard = Yard::new().await;
    for key in ODD {
        yard.put(&format!("from {key}"), key).await;
    }
    yard.clone(&spec("source/from ", "destination/+to%")).await.is_equal();
    for key in ODD {
        assert_eq!(yard.read("destination", &format!("+to%{key}")).await.as_deref(), Some(key.as_bytes()), "{key:?}");
    }
}

#[tokio::test]
async fn a_key_that_the_destination_cannot_hold_is_reported() {
    let yard = Yard::with(&["in/", "in/a"]).await;
    let came = yard.clone(&spec("source/in/", "destination/")).await;
    let failure = came.only_failure();
    assert_eq!((failure.key.as_str(), failure.reason), ("in/", Reason::KeyTooLong));
    assert_eq!(yard.read("destination", "a").await.unwrap(), b"in/a");
}

/// All that one byte can be, and what stands beside it, at both ways of copying.
#[tokio::test]
async fn keys_with_control_characters_are_cloned_with_all_they_carry() {
    let (here, there) = (Yard::new().await, Yard::new().await);
    for byte in (1..b' ').chain([0x7f]) {
        let byte = char::from(byte);
        for key in [format!("{byte}"), format!("a{byte}b"), format!("a/{byte}/")] {
            here.store.put_content("source", &key, &full(&key)).await.unwrap();
        }
    }
    here.clone(&buckets()).await.is_equal();
    assert_same(&here, &here).await;
    clone_between(&here.engine().await, &there.engine().await, &buckets()).await.is_equal();
    assert_same(&here, &there).await;
}

/// The SDK sends the source of a copy as it is given: a plus must not become a space, nor `%2B` a plus.
#[tokio::test]
async fn the_source_of_a_copy_is_encoded_so_that_no_key_is_taken_for_another() {
    let yard = Yard::new().await;
    for key in ["a b", "a+b", "a%20b", "a%2Bb", "a%252Bb", "a?b", "a#b", "a&b", "a=b", "ä b+c", "a;b", "a:b@c,d"] {
        yard.store.put_content("source", key, &full(key)).await.unwrap();
    }
    yard.clone(&buckets()).await.is_equal();
    assert_same(&yard, &yard).await;
}

/// Tools that take keys for paths lose one of these, or the bytes of a "folder".
#[tokio::test]
async fn what_looks_like_folders_are_objects_with_and_without_bytes() {
    let (here, there) = (Yard::new().await, Yard::new().await);
    for key in ["x", "x/", "x/y", "x/y/", "x//", "//", "/x", "./x", "../x", ".", "..", "x/./y", "x/../y"] {
        here.store.put_content("source", key, &full(key)).await.unwrap();
        let empty = Content { body: "".into(), ..full(key) };
        here.store.put_content("source", &format!("empty/{key}"), &empty).await.unwrap();
    }
    here.clone(&buckets()).await.is_equal();
    assert_same(&here, &here).await;
    clone_between(&here.engine().await, &there.engine().await, &buckets()).await.is_equal();
    assert_same(&here, &there).await;
}
