//! Stores of other vendors as destinations, each as a named fake: the embedded store behind a proxy that refuses what the
//! vendor refuses, and answers as it answers. What each does is from its documentation and from reports of its users.

use std::{
    collections::{BTreeMap, HashMap},
    sync::{Arc, Mutex},
};

use embedded::Content;
use engine::s3::S3Client;
use hyper::Method;
use model::{Fidelity, Reason, UnreadableTags};

use crate::{
    multipart::{MIB, above_5_mib, in_parts},
    proxy::{Fate, Kind, Proxy, Seen},
    support::{Finished, TestBuckets, clone_with, connect_as_anyone, with},
};

/// One of each: small, with tags and class, in even and uneven parts, and under an odd key.
async fn source() -> TestBuckets {
    let buckets = TestBuckets::new().await;
    buckets.put("small", "s").await;
    buckets.put("a//b", "odd").await;
    let tags = BTreeMap::from([("team".to_owned(), "web".to_owned())]);
    let cold = Content { body: "cold".into(), storage_class: Some("STANDARD_IA".to_owned()), ..Content::default() };
    buckets.store.put_content("source", "cold", &cold).await.unwrap();
    let tagged = Content { body: "tagged".into(), tags, ..Content::default() };
    buckets.store.put_content("source", "tagged", &tagged).await.unwrap();
    in_parts(&buckets, "even", &[5 * MIB, 5 * MIB, 9]).await;
    in_parts(&buckets, "uneven", &[5 * MIB, 6 * MIB, 9]).await;
    buckets
}

struct Vendor {
    store: TestBuckets,
    client: S3Client,
    _proxy: Proxy,
}

impl Vendor {
    async fn new(decide: impl Fn(&Seen) -> Fate + Send + Sync + 'static) -> Self {
        let store = TestBuckets::new().await;
        let proxy = Proxy::before(&store.store.url(), move |seen| std::future::ready(decide(&seen))).await;
        let client = connect_as_anyone(proxy.url()).await;
        Self { store, client, _proxy: proxy }
    }

    async fn clone(&self, from: &TestBuckets, fidelity: Fidelity) -> Finished {
        clone_with(&from.engine().await, &self.client, &with(fidelity), &above_5_mib()).await
    }

    async fn has(&self, from: &TestBuckets, keys: &[&str]) {
        for key in keys {
            assert!(self.store.read("destination", key).await == from.read("source", key).await, "{key}");
        }
        assert_eq!(self.store.keys("destination").await.len(), keys.len());
    }
}

fn query(seen: &Seen) -> &str {
    seen.target.split_once('?').map_or("", |(_, query)| query)
}

fn number(query: &str, name: &str) -> Option<u64> {
    query.split('&').find_map(|pair| pair.strip_prefix(name)?.strip_prefix('=')?.parse().ok())
}

/// Cloudflare R2: no tags, no ACLs; all parts but the last of one size.
fn r2() -> impl Fn(&Seen) -> Fate + Send + Sync {
    let uploads: Arc<Mutex<HashMap<String, BTreeMap<u64, u64>>>> = Arc::default();
    move |seen| {
        let query = query(seen).to_owned();
        if query.contains("tagging") || seen.headers.contains_key("x-amz-tagging") {
            return Fate::Explain(501, "NotImplemented", "Header 'x-amz-tagging' not implemented");
        }
        let Some(id) = query.split('&').find_map(|pair| pair.strip_prefix("uploadId=")) else { return Fate::Forward };
        let mut uploads = uploads.lock().unwrap();
        let sizes = uploads.entry(id.to_owned()).or_default();
        if let (Some(part), Some(length)) = (number(&query, "partNumber"), seen.headers.get("content-length")) {
            sizes.insert(part, length.to_str().unwrap().parse().unwrap());
        }
        let sizes: Vec<u64> = sizes.values().copied().collect();
        let even = sizes
            .split_last()
            .is_none_or(|(last, before)| before.iter().all(|size| size == &sizes[0]) && *last <= sizes[0]);
        if seen.method == Method::POST && !even {
            return Fate::Explain(400, "InvalidPart", "All non-trailing parts must have the same length.");
        }
        Fate::Forward
    }
}

#[tokio::test]
async fn r2_gets_even_parts_and_no_tags() {
    let (from, r2) = (source().await, Vendor::new(r2()).await);
    let fidelity = Fidelity { unreadable_tags: UnreadableTags::Ignore, ..Fidelity::default() };
    let finished = r2.clone(&from, fidelity.clone()).await;
    finished.is_equal();
    assert_eq!(finished.comparison().equal_by_digest, 1, "the uneven one has another ETag there");
    r2.has(&from, &["small", "a//b", "cold", "tagged", "even", "uneven"]).await;
    assert_eq!(crate::multipart::left_behind(&r2.store.client()).await, 0);
}

#[tokio::test]
async fn tags_that_r2_refuses_fail_their_objects() {
    let (from, r2) = (source().await, Vendor::new(r2()).await);
    let finished = r2.clone(&from, Fidelity::default()).await;
    let mut failed: Vec<&str> = finished.taken.failures.iter().map(|failure| failure.key.as_str()).collect();
    failed.sort_unstable();
    assert_eq!(failed, ["even", "tagged", "uneven"], "those with tags");
    assert!(finished.taken.failures.iter().all(|failure| failure.message.contains("x-amz-tagging")), "{finished:?}");
    r2.has(&from, &["small", "a//b", "cold"]).await;
}

/// `MinIO`: no class but its own two, no empty segments in keys.
fn minio(seen: &Seen) -> Fate {
    let path = seen.target.split('?').next().unwrap_or_default();
    let class = seen.headers.get("x-amz-storage-class").map(|class| class.to_str().unwrap().to_owned());
    if path.trim_start_matches('/').contains("//") && seen.kind != Kind::List {
        return Fate::Explain(400, "XMinioInvalidObjectName", "Object name contains unsupported characters.");
    }
    match class.as_deref() {
        None | Some("STANDARD" | "REDUCED_REDUNDANCY") => Fate::Forward,
        Some(_) => Fate::Explain(400, "InvalidStorageClass", "Invalid storage class."),
    }
}

#[tokio::test]
async fn minio_refuses_an_odd_key_and_nothing_else() {
    let (from, minio) = (source().await, Vendor::new(minio).await);
    let fidelity = Fidelity { storage_class_fallback: "none".parse().unwrap(), ..Fidelity::default() };
    let finished = minio.clone(&from, fidelity).await;
    let [failure] = finished.taken.failures.as_slice() else { panic!("{finished:?}") };
    assert_eq!((failure.key.as_str(), failure.reason), ("a//b", Reason::Store));
    assert!(failure.message.contains("unsupported characters"), "{failure:?}");
    minio.has(&from, &["small", "cold", "tagged", "even", "uneven"]).await;
}

/// An ETag as GCS gives objects made of parts: no digest of anything.
fn opaque(text: &str) -> String {
    let mut made = String::new();
    for word in text.split_inclusive(['"', '&', ';', '>', '<']) {
        let (etag, end) = word.split_at(word.len() - usize::from(word.ends_with(['"', '&', ';', '>', '<'])));
        match etag.split_once('-') {
            Some((md5, count)) if md5.len() == 32 && count.bytes().all(|byte| byte.is_ascii_digit()) => {
                made.extend(["-CKi", &md5[..6], "cneSCEAE=", end]);
            }
            _ => made += word,
        }
    }
    made
}

/// Google Cloud Storage, XML API: ETags of parts are no digests, a checksum that trails the body spoils the signature.
fn gcs(seen: &Seen) -> Fate {
    let trailing =
        seen.headers.contains_key("x-amz-trailer") || seen.headers.contains_key("x-amz-sdk-checksum-algorithm");
    if trailing && seen.method == Method::PUT {
        return Fate::Explain(403, "SignatureDoesNotMatch", "The request signature we calculated does not match.");
    }
    if query(seen).contains("tagging") { Fate::Refuse(501, "NotImplemented") } else { Fate::Retag(opaque) }
}

#[tokio::test]
async fn etags_of_gcs_prove_nothing_and_digests_do() {
    let (from, gcs) = (source().await, Vendor::new(gcs).await);
    let finished = gcs.clone(&from, Fidelity::default()).await;
    finished.is_complete();
    let comparison = finished.comparison();
    assert_eq!(comparison.equal_by_etag, 4, "{comparison:?}");
    assert_eq!(comparison.equal_by_digest + comparison.unverified, 2, "what came in parts: {comparison:?}");
    gcs.has(&from, &["small", "a//b", "cold", "tagged", "even", "uneven"]).await;
}

/// Ceph's gateway: an object without tags has no set of tags.
fn ceph(seen: &Seen) -> Fate {
    let asks = seen.method == Method::GET && query(seen).contains("tagging");
    if asks && !["tagged", "even", "uneven"].iter().any(|key| seen.target.contains(key)) {
        return Fate::Explain(404, "NoSuchTagSet", "Unknown");
    }
    Fate::Forward
}

#[tokio::test]
async fn missing_tag_set_of_ceph_is_no_tags() {
    let (from, ceph) = (source().await, Vendor::new(ceph).await);
    let fidelity = Fidelity { compare: model::Compare::Metadata, ..Fidelity::default() };
    ceph.clone(&from, fidelity.clone()).await.is_equal();
    ceph.has(&from, &["small", "a//b", "cold", "tagged", "even", "uneven"]).await;
    let again = ceph.clone(&from, fidelity).await;
    again.is_equal();
    assert_eq!(again.taken.progress.done, 0, "nothing is copied twice");
}
