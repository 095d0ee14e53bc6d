//! Objects above the threshold: copied in parts, with all that they carry.

use aws_sdk_s3::{
    Client,
    primitives::{ByteStream, DateTime},
    types::{CompletedMultipartUpload, CompletedPart, StorageClass},
};
use engine::clone::Options;

use crate::{
    proxy::{Fate, Kind, Proxy},
    support::{Finished, TestBuckets, clone_with, connect, options, other_client, source_to_destination},
    traps::look,
};

pub const MIB: usize = 1 << 20;

pub fn above_5_mib() -> Options {
    Options { multipart_threshold: "5MiB".parse().unwrap(), ..options() }
}

pub async fn clone_above_5_mib(url: &str) -> Finished {
    let store = connect(url).await;
    clone_with(&store, &store, &source_to_destination(), &above_5_mib()).await
}

/// Bytes that differ from one MiB to the next, so that parts in the wrong place are seen.
pub fn body(size: usize) -> Vec<u8> {
    let mut body = vec![0; size];
    for (block, number) in body.chunks_mut(MIB).zip(1..) {
        block.fill(number);
    }
    body
}

/// Into the source, in parts of these sizes. Answers its ETag.
pub async fn in_parts(buckets: &TestBuckets, key: &str, sizes: &[usize]) -> String {
    let client = buckets.client();
    let upload = client.create_multipart_upload().bucket("source").key(key);
    let upload = upload.content_type("text/parts").metadata("k", "v").tagging("team=web&a=b%20c").send().await.unwrap();
    let whole = body(sizes.iter().sum());
    let mut rest = whole.as_slice();
    let mut parts = Vec::new();
    for (size, number) in sizes.iter().zip(1..) {
        let (bytes, after) = rest.split_at(*size);
        rest = after;
        let part = client.upload_part().bucket("source").key(key).set_upload_id(upload.upload_id.clone());
        let part = part.part_number(number).body(ByteStream::from(bytes.to_vec())).send().await.unwrap();
        parts.push(CompletedPart::builder().part_number(number).set_e_tag(part.e_tag).build());
    }
    let complete = client.complete_multipart_upload().bucket("source").key(key).set_upload_id(upload.upload_id);
    let parts = CompletedMultipartUpload::builder().set_parts(Some(parts)).build();
    complete.multipart_upload(parts).send().await.unwrap().e_tag.unwrap()
}

/// Uploads begun at the destination and not ended.
pub async fn left_behind(client: &Client) -> usize {
    client.list_multipart_uploads().bucket("destination").send().await.unwrap().uploads().len()
}

async fn etag(client: &Client, key: &str) -> String {
    client.head_object().bucket("destination").key(key).send().await.unwrap().e_tag.unwrap()
}

#[tokio::test]
async fn multipart_copy_keeps_all_metadata() {
    let buckets = TestBuckets::new().await;
    let client = buckets.client();
    let expires = DateTime::from_secs(2_000_000_000);
    let put = client.put_object().bucket("source").key("a b").body(ByteStream::from(body(12 * MIB + 7)));
    let put = put.metadata("k", "v").tagging("team=web&a=b%20c").content_type("text/plain").cache_control("no-cache");
    let put = put.content_disposition("inline").content_encoding("br").content_language("de").expires(expires);
    let put = put.storage_class(StorageClass::StandardIa).website_redirect_location("/there");
    put.send().await.unwrap();

    let finished = clone_above_5_mib(&buckets.store.url()).await;
    // The ETag of a copy in parts is none that could be compared with that of a whole object.
    finished.is_unverified(1);
    assert_eq!(finished.taken.progress.done, 1);
    assert!(look(&client, "source", "a b").await == look(&client, "destination", "a b").await);
    let head = client.head_object().bucket("destination").key("a b").send().await.unwrap();
    assert_eq!(head.website_redirect_location(), Some("/there"));
    assert_eq!(head.expires_string(), Some("Wed, 18 May 2033 03:33:20 GMT"));
    assert_eq!((buckets.copies(), buckets.requests("UploadPartCopy"), left_behind(&client).await), (0, 3, 0));

    let again = clone_above_5_mib(&buckets.store.url()).await;
    again.is_unverified(1);
    // Nothing is on record of it by now.
    assert_eq!((again.taken.progress.done, buckets.requests("UploadPartCopy")), (1, 6));
}

#[tokio::test]
async fn equal_parts_give_the_same_etag() {
    let buckets = TestBuckets::new().await;
    let source = in_parts(&buckets, "parts", &[6 * MIB, 6 * MIB, 100]).await;
    let one = in_parts(&buckets, "one part", &[7 * MIB]).await;
    let finished = clone_above_5_mib(&buckets.store.url()).await;
    finished.is_equal();
    assert_eq!(finished.comparison().equal_by_etag, 2);
    let client = buckets.client();
    assert_eq!((etag(&client, "parts").await, etag(&client, "one part").await), (source, one));
    assert!(look(&client, "source", "parts").await == look(&client, "destination", "parts").await);
    assert_eq!(buckets.requests("UploadPartCopy"), 4);
}

#[tokio::test]
async fn uneven_parts_are_kept() {
    let buckets = TestBuckets::new().await;
    let source = in_parts(&buckets, "parts", &[5 * MIB, 6 * MIB, 5 * MIB]).await;
    let finished = clone_above_5_mib(&buckets.store.url()).await;
    finished.is_equal();
    assert_eq!(etag(&buckets.client(), "parts").await, source);
    assert!(buckets.read("destination", "parts").await.unwrap() == body(16 * MIB));
}

#[tokio::test]
async fn unknown_parts_are_split_again() {
    let buckets = TestBuckets::new().await;
    in_parts(&buckets, "parts", &[6 * MIB, MIB]).await;
    let proxy = Proxy::before(&buckets.store.url(), |request| {
        let by_part = request.target.starts_with("/source/") && request.target.contains("partNumber=1");
        std::future::ready(if by_part { Fate::Refuse(501, "NotImplemented") } else { Fate::Forward })
    })
    .await;
    clone_above_5_mib(proxy.url()).await.is_unverified(1);
    assert!(buckets.read("destination", "parts").await.unwrap() == body(7 * MIB));
}

#[tokio::test]
async fn object_at_threshold_takes_one_request() {
    let buckets = TestBuckets::new().await;
    buckets.put("at it", body(5 * MIB)).await;
    buckets.put("above it", body(5 * MIB + 1)).await;
    clone_above_5_mib(&buckets.store.url()).await.is_unverified(1);
    assert_eq!(
        (buckets.copies(), buckets.requests("CreateMultipartUpload"), buckets.requests("UploadPartCopy")),
        (1, 1, 2)
    );
}

#[tokio::test]
async fn all_parts_are_copied_with_few_slots() {
    let buckets = TestBuckets::new().await;
    for key in ["a", "b", "c"] {
        buckets.put(key, body(17 * MIB)).await;
    }
    let store = connect(&buckets.store.url()).await;
    let one_at_once = Options { concurrency: 1, ..above_5_mib() };
    clone_with(&store, &store, &source_to_destination(), &one_at_once).await.is_unverified(3);
    assert_eq!(buckets.requests("UploadPartCopy"), 12);
}

#[tokio::test]
async fn large_object_is_streamed_in_parts() {
    let (here, there) = (TestBuckets::new().await, TestBuckets::new().await);
    let source = in_parts(&here, "parts", &[6 * MIB, 6 * MIB, 100]).await;
    here.put("whole", body(12 * MIB)).await;
    let (from, to) = (here.engine().await, there.engine().await);
    let finished = clone_with(&from, &to, &source_to_destination(), &above_5_mib()).await;
    finished.is_equal();
    assert_eq!((finished.comparison().equal_by_etag, finished.comparison().equal_by_digest), (1, 1));
    let other = other_client(&there.store.url());
    assert_eq!(etag(&other, "parts").await, source);
    for key in ["parts", "whole"] {
        assert!(look(&here.client(), "source", key).await == look(&other, "destination", key).await, "{key}");
    }
    assert_eq!((there.requests("PutObject"), there.requests("UploadPart"), there.copies()), (0, 6, 0));
}

#[tokio::test]
async fn broken_read_of_a_part_is_retried() {
    let (here, there) = (TestBuckets::new().await, TestBuckets::new().await);
    here.put("whole", body(12 * MIB)).await;
    let proxy = Proxy::before(&here.store.url(), |request| {
        let get = request.kind == Kind::Other && request.target.contains("x-id=GetObject");
        std::future::ready(if get && request.number < 3 { Fate::Reset } else { Fate::Forward })
    })
    .await;
    let (from, to) = (connect(proxy.url()).await, there.engine().await);
    let finished = clone_with(&from, &to, &source_to_destination(), &above_5_mib()).await;
    finished.is_equal();
    assert!(finished.taken.progress.retries >= 1);
    assert!(there.read("destination", "whole").await.unwrap() == body(12 * MIB));
}
