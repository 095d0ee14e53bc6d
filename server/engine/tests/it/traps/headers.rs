//! Headers that clients and stores have stumbled over, between two stores that keep whatever they are given.
//!
//! The stores are a fake: the embedded store, behind a proxy that keeps the headers of objects byte for byte.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
};

use aws_sdk_s3::types::{ChecksumAlgorithm, ChecksumMode};
use engine::s3::S3Client;
use hyper::Method;
use model::{CloneSpec, Compare, Fidelity, Mode, Reason};

use crate::{
    multipart::{MIB, above_5_mib},
    proxy::{Fate, Proxy, Seen, describes},
    support::{TestBuckets, clone_between, clone_with, connect, connect_as_anyone, source_to_destination, with},
};

type Headers = Vec<(String, Vec<u8>)>;

struct KeepingStore {
    buckets: TestBuckets,
    /// By path.
    headers: Arc<Mutex<BTreeMap<String, Headers>>>,
    proxy: Proxy,
}

impl KeepingStore {
    async fn new() -> Self {
        let buckets = TestBuckets::new().await;
        let headers: Arc<Mutex<BTreeMap<String, Headers>>> = Arc::default();
        let kept = Arc::clone(&headers);
        let proxy = Proxy::before(&buckets.store.url(), move |request| {
            std::future::ready(answer(&request, &mut kept.lock().unwrap()))
        })
        .await;
        Self { buckets, headers, proxy }
    }

    async fn engine(&self) -> S3Client {
        connect_as_anyone(self.proxy.url()).await
    }

    /// Puts an object whose headers are these and no others.
    async fn put(&self, bucket: &str, key: &str, size: usize, headers: &[(&str, &[u8])]) {
        self.buckets.store.put(bucket, key, vec![b'x'; size]).await.unwrap();
        let headers = headers.iter().map(|(name, value)| ((*name).to_owned(), value.to_vec())).collect();
        self.headers.lock().unwrap().insert(format!("/{bucket}/{key}"), headers);
    }

    /// The headers of an object, as text where they are that.
    fn of(&self, bucket: &str, key: &str) -> BTreeMap<String, String> {
        let headers = self.headers.lock().unwrap();
        let text = |(name, value): &(String, Vec<u8>)| (name.clone(), String::from_utf8_lossy(value).into_owned());
        headers[&format!("/{bucket}/{key}")].iter().map(text).collect()
    }
}

fn answer(request: &Seen, kept: &mut BTreeMap<String, Headers>) -> Fate {
    let (path, query) = request.target.split_once('?').unwrap_or((&request.target, ""));
    let creates = request.method == Method::PUT && !query.contains("partNumber");
    if creates || query.contains("uploads") {
        let given = request.headers.iter().filter(|(name, _)| describes(name.as_str()));
        let given = given.map(|(name, value)| (name.to_string(), value.as_bytes().to_vec()));
        kept.insert(path.to_owned(), given.collect());
    }
    Fate::Carrying(kept.get(path).cloned().unwrap_or_default())
}

const ODD: [(&str, &[u8]); 11] = [
    ("expires", b"0"),
    ("cache-control", b"no-transform,,max-age=\"x\", =?"),
    ("content-disposition", "attachment; filename=\"é, a.txt\"; filename*=UTF-8''%C3%A9".as_bytes()),
    ("content-encoding", b"gzip, aws-chunked, br"),
    ("content-language", b"de, en-NZ"),
    ("x-amz-meta-empty", b""),
    ("x-amz-meta-latin", b"caf\xE9"),
    ("x-amz-meta-raw", "café".as_bytes()),
    ("x-amz-meta-twice", b"1"),
    ("x-amz-meta-twice", b"2"),
    ("x-amz-meta-word", b"=?UTF-8?Q?caf=C3=A9?="),
];

/// The transfer's coding is gone, what came twice is one list, and bytes that are no text are spelled as an encoded word.
fn carried() -> BTreeMap<String, String> {
    let text = |(name, value): &(&str, &[u8])| ((*name).to_owned(), String::from_utf8_lossy(value).into_owned());
    let mut right: BTreeMap<String, String> = ODD.iter().map(text).collect();
    for (name, value) in [
        ("content-encoding", "gzip,br"),
        ("x-amz-meta-twice", "1,2"),
        ("x-amz-meta-latin", "=?ISO-8859-1?B?Y2Fm6Q==?="),
    ] {
        right.insert(name.to_owned(), value.to_owned());
    }
    right
}

fn by_metadata(mode: Mode) -> CloneSpec {
    CloneSpec { mode, ..with(Fidelity { compare: Compare::Metadata, ..Fidelity::default() }) }
}

#[tokio::test]
async fn streamed_headers_arrive_as_they_came() {
    let (here, there) = (KeepingStore::new().await, KeepingStore::new().await);
    here.put("source", "whole", 10, &ODD).await;
    here.put("source", "parts", 6 * MIB, &ODD).await;
    let typed: [(&str, &[u8]); 2] =
        [("content-type", b"Text/Plain;charset=x"), ("expires", b"Thu, 01 Dec 1994 16:00:00 GMT")];
    here.put("source", "typed", 10, &typed).await;
    let (near, far) = (here.engine().await, there.engine().await);
    let finished = clone_with(&near, &far, &by_metadata(Mode::Copy), &above_5_mib()).await;
    finished.is_equal();
    assert_eq!(there.of("destination", "whole"), carried());
    assert_eq!(there.of("destination", "parts"), carried());
    assert_eq!(there.of("destination", "typed"), here.of("source", "typed"));
    let verified = clone_with(&near, &far, &by_metadata(Mode::Verify), &above_5_mib()).await;
    assert_eq!(verified.comparison().different, 0, "{verified:?}");
}

/// Each header lost by itself, and each forged.
#[tokio::test]
async fn metadata_comparison_notices_each_header() {
    let (here, there) = (KeepingStore::new().await, KeepingStore::new().await);
    let plain: [(&str, &[u8]); 7] = [
        ("cache-control", b"max-age=1"),
        ("content-disposition", b"inline"),
        ("content-encoding", b"gzip"),
        ("content-language", b"de"),
        ("content-type", b"text/plain"),
        ("expires", b"-1"),
        ("x-amz-meta-a", b""),
    ];
    for (name, _) in plain {
        let without: Vec<_> = plain.into_iter().filter(|(other, _)| *other != name).collect();
        let forged: Vec<_> =
            plain.map(|(other, value)| (other, if other == name { &b"forged"[..] } else { value })).to_vec();
        for (kind, headers) in [("lost", without), ("forged", forged)] {
            let key = format!("{name}-{kind}");
            here.put("source", &key, 1, &plain).await;
            there.put("destination", &key, 1, &headers).await;
        }
    }
    here.put("source", "same", 1, &plain).await;
    there.put("destination", "same", 1, &plain).await;
    let finished = clone_between(&here.engine().await, &there.engine().await, &by_metadata(Mode::Verify)).await;
    assert_eq!((finished.comparison().different, finished.comparison().equal_by_etag), (14, 1));
    assert!(finished.taken.failures.iter().all(|failure| failure.reason == Reason::Different));
}

/// A store makes up a type for an object without one: that is not a difference, and any other type is.
#[tokio::test]
async fn made_up_content_type_is_told_from_another() {
    let (here, there) = (KeepingStore::new().await, KeepingStore::new().await);
    for (key, kind) in [("default", "binary/octet-stream"), ("other", "text/html")] {
        here.put("source", key, 1, &[]).await;
        there.put("destination", key, 1, &[("content-type", kind.as_bytes())]).await;
    }
    let finished = clone_between(&here.engine().await, &there.engine().await, &by_metadata(Mode::Verify)).await;
    assert_eq!(finished.only_failure().key.as_str(), "other");
}

#[tokio::test]
async fn source_checksum_goes_along_if_taken() {
    for taken in [true, false] {
        let (here, there) = (TestBuckets::new().await, TestBuckets::new().await);
        let put = here.client().put_object().bucket("source").key("a").body(b"a".to_vec().into());
        let sent = put.checksum_algorithm(ChecksumAlgorithm::Sha256).send().await.unwrap();
        assert!(sent.checksum_sha256().is_some());
        let proxy = Proxy::before(&there.store.url(), move |request| {
            let hit = !taken && request.headers.contains_key("x-amz-checksum-sha256");
            std::future::ready(if hit { Fate::Refuse(501, "NotImplemented") } else { Fate::Forward })
        })
        .await;
        let finished = clone_between(&here.engine().await, &connect(proxy.url()).await, &source_to_destination()).await;
        finished.is_equal();
        let head = there.client().head_object().bucket("destination").key("a");
        let head = head.checksum_mode(ChecksumMode::Enabled).send().await.unwrap();
        assert_eq!(head.checksum_sha256(), sent.checksum_sha256().filter(|_| taken));
    }
}
