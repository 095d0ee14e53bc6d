//! Every legal key works in every operation and stays unchanged.

use aws_sdk_s3::types::EncodingType;
use percent_encoding::percent_decode_str;

use crate::{
    raw,
    support::{client, code, in_memory, put, read, source},
};

/// Keys that tools mishandle.
fn keys() -> Vec<String> {
    let keys = [
        "//x",
        "/x",
        "/",
        "//",
        "a",
        "a/",
        "a/b",
        "a//b",
        "a/b/",
        "./x",
        "../y",
        ".",
        "..",
        "a/./b",
        "a/../b",
        "...",
        "\u{1}",
        "a\u{1}b",
        "\u{7f}",
        "new\nline",
        "return\rhere",
        "tab\there",
        " a ",
        "a b",
        "a  b",
        "a+b",
        "%",
        "%20",
        "a%2Fb",
        "100%",
        "%%%",
        "é",
        "e\u{301}",
        "🚂",
        "点検",
        "\u{10ffff}",
        "\u{feff}",
        "\u{fffd}",
        "a&b",
        "<a>",
        "\"'",
        "a;b",
        "a?b=c",
        "a#b",
        "a\\b",
        "a:b",
        "a@b",
        "a=b",
        "a,b",
        "a*b",
        "[a]",
        "{a}",
        "a|b",
        "a^b",
        "a`b",
        "a~b",
        "a!b",
        "$a",
        "(a)",
        "]]>",
        "&amp;",
        "--",
        "versionId",
        "a?versionId=1",
        "?uploads",
        "x".repeat(1024).as_str(),
        "é".repeat(512).as_str(),
    ]
    .map(str::to_owned);
    keys.into()
}

#[tokio::test]
async fn every_legal_key_works_in_every_operation() {
    let store = in_memory().await;
    let client = client(&store);
    for bucket in ["yard", "other"] {
        client.create_bucket().bucket(bucket).send().await.unwrap();
    }
    let keys = keys();
    for key in &keys {
        put(&client, "yard", key, key.as_bytes()).await;
    }
    let mut sorted = keys.clone();
    sorted.sort();
    assert_eq!(listed(&client, "yard").await, sorted, "in the order of their bytes");
    for key in &keys {
        assert_eq!(read(&client, "yard", key).await, key.as_bytes(), "{key:?}");
        let head = client.head_object().bucket("yard").key(key).send().await.unwrap();
        assert_eq!(head.content_length, i64::try_from(key.len()).ok());
        let copy = client.copy_object().bucket("other").key(key).copy_source(source("yard", key));
        copy.send().await.unwrap_or_else(|error| panic!("{key:?}: {error:?}"));
        assert_eq!(read(&client, "other", key).await, key.as_bytes(), "{key:?}");
    }
    assert_eq!(listed(&client, "other").await, sorted);
    for key in &keys {
        client.delete_object().bucket("yard").key(key).send().await.unwrap();
        assert!(client.head_object().bucket("yard").key(key).send().await.is_err());
    }
    assert_eq!(store.count("yard").unwrap(), 0);
    assert_eq!(store.count("other").unwrap(), keys.len());
}

async fn listed(client: &aws_sdk_s3::Client, bucket: &str) -> Vec<String> {
    let request = client.list_objects_v2().bucket(bucket).max_keys(7).encoding_type(EncodingType::Url);
    let mut pages = request.into_paginator().send();
    let mut keys = Vec::new();
    while let Some(page) = pages.try_next().await.unwrap() {
        let decode = |key: &str| percent_decode_str(key).decode_utf8().unwrap().into_owned();
        keys.extend(page.contents().iter().filter_map(|object| object.key()).map(decode));
    }
    keys
}

#[tokio::test]
async fn key_over_1024_bytes_is_refused() {
    let store = in_memory().await;
    let client = client(&store);
    client.create_bucket().bucket("yard").send().await.unwrap();
    let put = client.put_object().bucket("yard").key("x".repeat(1025));
    assert_eq!(code(put.send().await), "KeyTooLongError");
}

#[tokio::test]
async fn keys_never_become_paths() {
    let dir = tempfile::tempdir().unwrap();
    let store = crate::support::on_disk(&dir.path().join("store")).await;
    let client = client(&store);
    client.create_bucket().bucket("yard").send().await.unwrap();
    for key in ["../../escaped", "/tmp/escaped", "..", "a\u{1}"] {
        put(&client, "yard", key, "body").await;
        assert_eq!(read(&client, "yard", key).await, b"body");
    }
    let outside: Vec<_> = std::fs::read_dir(dir.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(outside, ["store"]);
}

/// The SDK treats a key of white space as missing.
#[tokio::test]
async fn white_space_key_is_valid() {
    let store = in_memory().await;
    store.create_bucket("yard").unwrap();
    let host = format!("Host: {}", store.addr());
    for (target, key) in [("/yard/%20", " "), ("/yard/%0A", "\n"), ("/yard/%09%20", "\t ")] {
        assert_eq!(raw::send(store.addr(), "PUT", target, &[&host], "body").await.status, 200);
        assert_eq!(raw::send(store.addr(), "GET", target, &[&host], "").await.body, "body");
        let copy = format!("x-amz-copy-source: {target}");
        assert_eq!(raw::send(store.addr(), "PUT", "/yard/copy", &[&host, &copy], "").await.status, 200);
        assert_eq!(store.read("yard", key).await.unwrap().unwrap(), "body");
        assert_eq!(raw::send(store.addr(), "DELETE", target, &[&host], "").await.status, 204);
    }
    assert_eq!(store.count("yard").unwrap(), 1);
}
