//! What makes other tools lose objects, or what is in them.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use aws_sdk_s3::{Client, primitives::ByteStream, types::StorageClass};
use model::Reason;
use proptest::prelude::*;

use crate::{
    proxy::{Fate, Kind, Proxy},
    yard::{Yard, buckets, clone_at, connect, other_client, spec},
};

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

#[tokio::test]
async fn a_listing_of_many_pages_is_whole() {
    let yard = Yard::new().await;
    yard.store.seed_objects("source", 2_500).await.unwrap();
    yard.store.seed_objects("destination", 1_200).await.unwrap();
    let came = yard.clone(&buckets()).await;
    came.is_equal();
    assert_eq!((came.taken.progress.skipped, came.taken.progress.done), (1_200, 1_300));
}

/// Changes something at the store just before a copy of `b` arrives, as often as said; then clones.
async fn before_copies_of_b(
    yard: &Yard,
    times: usize,
    change: impl Fn(Arc<embedded::Embedded>, usize) -> futures::future::BoxFuture<'static, ()> + Send + Sync + 'static,
) -> crate::yard::Came {
    let (store, change) = (Arc::clone(&yard.store), Arc::new(change));
    let seen = Arc::new(std::sync::atomic::AtomicUsize::new(0));
    let proxy = Proxy::before(&yard.store.url(), move |request| {
        let (store, change, seen) = (Arc::clone(&store), Arc::clone(&change), Arc::clone(&seen));
        async move {
            if request.kind == Kind::Copy && request.target.starts_with("/destination/b") {
                let number = seen.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
                if number < times {
                    change(store, number).await;
                }
            }
            Fate::Forward
        }
    })
    .await;
    clone_at(&connect(proxy.url()).await, &buckets()).await
}

fn replace(store: Arc<embedded::Embedded>, number: usize) -> futures::future::BoxFuture<'static, ()> {
    Box::pin(async move { store.put("source", "b", format!("new {number}")).await.unwrap() })
}

#[tokio::test]
async fn an_object_changed_mid_clone_is_copied_as_it_is_now() {
    let yard = Yard::with(&["a", "b", "c"]).await;
    let came = before_copies_of_b(&yard, 1, replace).await;
    came.is_equal();
    assert_eq!(came.taken.progress.done, 3);
    assert_eq!(yard.read("destination", "b").await.unwrap(), b"new 0");
}

#[tokio::test]
async fn an_object_that_never_rests_is_reported_as_changed() {
    let yard = Yard::with(&["a", "b", "c"]).await;
    let came = before_copies_of_b(&yard, usize::MAX, replace).await;
    assert_eq!(came.only_failure().reason, Reason::Changed);
    assert_eq!(came.taken.progress.done, 2);
}

#[tokio::test]
async fn an_object_deleted_mid_clone_is_reported_as_gone() {
    let yard = Yard::with(&["a", "b", "c"]).await;
    let delete = |store: Arc<embedded::Embedded>, _| -> futures::future::BoxFuture<'static, ()> {
        Box::pin(async move { store.delete("source", "b").unwrap() })
    };
    let came = before_copies_of_b(&yard, 1, delete).await;
    assert_eq!(came.only_failure().reason, Reason::Gone);
    assert_eq!(came.taken.progress.done, 2);
    assert_eq!(came.comparison().source_objects, 2);
}

#[tokio::test]
async fn a_multipart_object_is_copied_once_and_proven() {
    let yard = Yard::new().await;
    multipart(&yard.client(), "source", "parts").await;
    yard.clone(&buckets()).await.is_equal();
    let again = yard.clone(&buckets()).await;
    again.is_equal();
    assert_eq!(again.taken.progress.skipped, 1);
    assert_eq!(yard.copies(), 1);
}

/// An object of two parts: its ETag is no MD5.
pub async fn multipart(client: &Client, bucket: &str, key: &str) {
    let upload = client.create_multipart_upload().bucket(bucket).key(key).send().await.unwrap();
    let mut parts = aws_sdk_s3::types::CompletedMultipartUpload::builder();
    for (number, size) in [(1, 5 << 20), (2, 100)] {
        let body = ByteStream::from(vec![b'x'; size]);
        let part = client.upload_part().bucket(bucket).key(key).set_upload_id(upload.upload_id.clone());
        let part = part.part_number(number).body(body).send().await.unwrap();
        let done = aws_sdk_s3::types::CompletedPart::builder().part_number(number).set_e_tag(part.e_tag);
        parts = parts.parts(done.build());
    }
    let complete = client.complete_multipart_upload().bucket(bucket).key(key).set_upload_id(upload.upload_id);
    complete.multipart_upload(parts.build()).send().await.unwrap();
}

/// What an object carries beside its bytes.
#[derive(Clone, Debug, PartialEq)]
pub struct Carried {
    body: Vec<u8>,
    metadata: BTreeMap<String, String>,
    tags: BTreeMap<String, String>,
    headers: [Option<String>; 5],
    class: Option<String>,
}

fn carried() -> impl Strategy<Value = Carried> {
    let name = "[a-z][a-z0-9-]{0,8}";
    let value = "[ -~&&[^\"]]{1,20}".prop_map(|text| format!("v{text}v"));
    let header = |of: &'static str| prop::option::of(of);
    let headers = (
        header("[a-z]{1,8}/[a-z]{1,8}"),
        header("no-cache|max-age=[0-9]{1,4}"),
        header("attachment; filename=[a-z]{1,8}"),
        header("gzip|br"),
        header("en|de-CH"),
    );
    (
        prop::collection::vec(any::<u8>(), 0..40),
        prop::collection::btree_map(name, value.clone(), 0..4),
        prop::collection::btree_map("[A-Za-z0-9 +=._:/@-]{1,12}", "[A-Za-z0-9 +=._:/@-]{0,12}", 0..4),
        headers,
        prop::option::of(Just("STANDARD_IA".to_owned())),
    )
        .prop_map(|(body, metadata, tags, (a, b, c, d, e), class)| Carried {
            body,
            metadata,
            tags,
            headers: [a, b, c, d, e],
            class,
        })
}

fn bucket() -> impl Strategy<Value = BTreeMap<String, Carried>> {
    let key = prop_oneof![
        4 => "[ -~]{1,30}",
        2 => "[a-c/]{1,6}",
        1 => "\\PC{1,20}",
        1 => "[\\x01-\\x1f]{1,4}",
        1 => prop::sample::select(&ODD[..]).prop_map(str::to_owned),
    ]
    // The other client, which puts them there, takes no blank keys; the test of odd keys has one.
    .prop_filter("a key the other client takes", |key| !key.trim().is_empty());
    prop::collection::btree_map(key, carried(), 0..25)
}

pub async fn put(client: &Client, bucket: &str, key: &str, carried: &Carried) {
    let [kind, cache, disposition, encoding, language] = carried.headers.clone();
    let pairs = carried.tags.iter().map(|(name, value)| {
        let encode = |text| percent_encoding::utf8_percent_encode(text, percent_encoding::NON_ALPHANUMERIC).to_string();
        format!("{}={}", encode(name), encode(value))
    });
    let tags = pairs.collect::<Vec<_>>().join("&");
    let request = client
        .put_object()
        .bucket(bucket)
        .key(key)
        .body(ByteStream::from(carried.body.clone()))
        .set_metadata(Some(carried.metadata.clone().into_iter().collect()))
        .set_content_type(kind)
        .set_cache_control(cache)
        .set_content_disposition(disposition)
        .set_content_encoding(encoding)
        .set_content_language(language)
        .set_storage_class(carried.class.as_deref().map(StorageClass::from))
        .set_tagging(Some(tags).filter(|tags| !tags.is_empty()));
    request.send().await.unwrap();
}

/// Everything, as the other client sees it. The content type is always there, by default or not.
pub async fn look(client: &Client, bucket: &str, key: &str) -> Carried {
    let object = client.get_object().bucket(bucket).key(key).send().await.unwrap();
    let tags = client.get_object_tagging().bucket(bucket).key(key).send().await.unwrap();
    let text = |value: Option<&str>| value.map(str::to_owned);
    Carried {
        metadata: object.metadata().cloned().unwrap_or_default().into_iter().collect(),
        headers: [
            text(object.content_type()),
            text(object.cache_control()),
            text(object.content_disposition()),
            text(object.content_encoding()),
            text(object.content_language()),
        ],
        class: object.storage_class().map(|class| class.as_str().to_owned()),
        tags: tags.tag_set().iter().map(|tag| (tag.key().to_owned(), tag.value().to_owned())).collect(),
        body: object.body.collect().await.unwrap().to_vec(),
    }
}

async fn same_objects(source: &Client, destination: &Client, objects: &BTreeMap<String, Carried>) {
    for (key, object) in objects {
        let (there, here) = (look(source, "source", key).await, look(destination, "destination", key).await);
        assert_eq!(there, here, "{key:?}");
        assert_eq!((&here.body, &here.tags, &here.metadata), (&object.body, &object.tags, &object.metadata));
    }
}

/// Buckets at random, cloned within a store and from store to store, object by object as another client sees them.
#[test]
fn whatever_a_bucket_holds_its_clone_holds() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let mut runner = proptest::test_runner::TestRunner::new(ProptestConfig::with_cases(10));
    let kept = runner.run(&bucket(), |objects| {
        runtime.block_on(async {
            let (here, there) = (Yard::new().await, Yard::new().await);
            for (key, object) in &objects {
                put(&here.client(), "source", key, object).await;
            }
            here.clone(&buckets()).await.is_equal();
            same_objects(&here.client(), &here.client(), &objects).await;
            let (from, to) = (here.engine().await, there.engine().await);
            crate::yard::clone_between(&from, &to, &buckets()).await.is_equal();
            same_objects(&here.client(), &other_client(&there.store.url()), &objects).await;
            assert_eq!(there.copies(), 0);
            assert_eq!(there.requests("PutObject"), objects.keys().collect::<BTreeSet<_>>().len() as u64);
        });
        Ok(())
    });
    kept.unwrap();
}
