//! Objects above the threshold: copied in parts, with all that they carry.

use aws_sdk_s3::{
    Client,
    primitives::{ByteStream, DateTime},
    types::{CompletedMultipartUpload, CompletedPart, StorageClass},
};
use engine::clone::Options;

use crate::{
    proxy::{Fate, Kind, Proxy},
    traps::look,
    yard::{Came, Yard, buckets, clone_with, connect, options, other_client},
};

pub const MIB: usize = 1 << 20;

pub fn above_5_mib() -> Options {
    Options { multipart_threshold: "5MiB".parse().unwrap(), ..options() }
}

pub async fn clone_above_5_mib(url: &str) -> Came {
    let store = connect(url).await;
    clone_with(&store, &store, &buckets(), &above_5_mib()).await
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
pub async fn in_parts(yard: &Yard, key: &str, sizes: &[usize]) -> String {
    let client = yard.client();
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
async fn a_large_object_keeps_all_that_it_carries() {
    let yard = Yard::new().await;
    let client = yard.client();
    let expires = DateTime::from_secs(2_000_000_000);
    let put = client.put_object().bucket("source").key("a b").body(ByteStream::from(body(12 * MIB + 7)));
    let put = put.metadata("k", "v").tagging("team=web&a=b%20c").content_type("text/plain").cache_control("no-cache");
    let put = put.content_disposition("inline").content_encoding("br").content_language("de").expires(expires);
    let put = put.storage_class(StorageClass::StandardIa).website_redirect_location("/there");
    put.send().await.unwrap();

    let came = clone_above_5_mib(&yard.store.url()).await;
    came.is_equal();
    assert_eq!((came.taken.progress.done, came.comparison().equal_by_record), (1, 1));
    assert!(look(&client, "source", "a b").await == look(&client, "destination", "a b").await);
    let head = client.head_object().bucket("destination").key("a b").send().await.unwrap();
    assert_eq!(head.website_redirect_location(), Some("/there"));
    assert_eq!(head.expires_string(), Some("Wed, 18 May 2033 03:33:20 GMT"));
    assert_eq!((yard.copies(), yard.requests("UploadPartCopy"), left_behind(&client).await), (0, 3, 0));

    let again = clone_above_5_mib(&yard.store.url()).await;
    again.is_equal();
    // Nothing proves it by now: the copy in parts has an ETag of its own.
    assert_eq!((again.taken.progress.done, yard.requests("UploadPartCopy")), (1, 6));
}

#[tokio::test]
async fn an_object_of_equal_parts_is_cut_as_its_source_was_and_has_its_etag() {
    let yard = Yard::new().await;
    let source = in_parts(&yard, "parts", &[6 * MIB, 6 * MIB, 100]).await;
    let one = in_parts(&yard, "one part", &[7 * MIB]).await;
    let came = clone_above_5_mib(&yard.store.url()).await;
    came.is_equal();
    assert_eq!(came.comparison().equal_by_etag, 2);
    let client = yard.client();
    assert_eq!((etag(&client, "parts").await, etag(&client, "one part").await), (source, one));
    assert!(look(&client, "source", "parts").await == look(&client, "destination", "parts").await);
    assert_eq!(yard.requests("UploadPartCopy"), 4);
}

#[tokio::test]
async fn an_object_of_unequal_parts_is_cut_anew() {
    let yard = Yard::new().await;
    in_parts(&yard, "parts", &[5 * MIB, 6 * MIB, 5 * MIB]).await;
    let came = clone_above_5_mib(&yard.store.url()).await;
    came.is_equal();
    assert_eq!(came.comparison().equal_by_record, 1);
    assert!(yard.read("destination", "parts").await.unwrap() == body(16 * MIB));
}

#[tokio::test]
async fn an_object_whose_parts_the_store_does_not_tell_is_cut_anew() {
    let yard = Yard::new().await;
    in_parts(&yard, "parts", &[6 * MIB, MIB]).await;
    let proxy = Proxy::before(&yard.store.url(), |request| {
        let by_part = request.target.starts_with("/source/") && request.target.contains("partNumber=1");
        std::future::ready(if by_part { Fate::Refuse(501, "NotImplemented") } else { Fate::Forward })
    })
    .await;
    clone_above_5_mib(proxy.url()).await.is_equal();
    assert!(yard.read("destination", "parts").await.unwrap() == body(7 * MIB));
}

#[tokio::test]
async fn what_is_not_above_the_threshold_goes_in_one_request() {
    let yard = Yard::new().await;
    yard.put("at it", body(5 * MIB)).await;
    yard.put("above it", body(5 * MIB + 1)).await;
    clone_above_5_mib(&yard.store.url()).await.is_equal();
    assert_eq!((yard.copies(), yard.requests("CreateMultipartUpload"), yard.requests("UploadPartCopy")), (1, 1, 2));
}

#[tokio::test]
async fn every_part_goes_however_few_may_go_at_once() {
    let yard = Yard::new().await;
    for key in ["a", "b", "c"] {
        yard.put(key, body(17 * MIB)).await;
    }
    let store = connect(&yard.store.url()).await;
    let one_at_once = Options { concurrency: 1, ..above_5_mib() };
    clone_with(&store, &store, &buckets(), &one_at_once).await.is_equal();
    assert_eq!(yard.requests("UploadPartCopy"), 12);
}

#[tokio::test]
async fn a_large_object_goes_from_store_to_store_in_parts() {
    let (here, there) = (Yard::new().await, Yard::new().await);
    let source = in_parts(&here, "parts", &[6 * MIB, 6 * MIB, 100]).await;
    here.put("whole", body(12 * MIB)).await;
    let (from, to) = (here.engine().await, there.engine().await);
    let came = clone_with(&from, &to, &buckets(), &above_5_mib()).await;
    came.is_equal();
    let other = other_client(&there.store.url());
    assert_eq!(etag(&other, "parts").await, source);
    for key in ["parts", "whole"] {
        assert!(look(&here.client(), "source", key).await == look(&other, "destination", key).await, "{key}");
    }
    assert_eq!((there.requests("PutObject"), there.requests("UploadPart"), there.copies()), (0, 6, 0));
}

#[tokio::test]
async fn a_part_whose_reading_breaks_off_is_read_anew() {
    let (here, there) = (Yard::new().await, Yard::new().await);
    here.put("whole", body(12 * MIB)).await;
    let proxy = Proxy::before(&here.store.url(), |request| {
        let get = request.kind == Kind::Other && request.target.contains("x-id=GetObject");
        std::future::ready(if get && request.number < 3 { Fate::Reset } else { Fate::Forward })
    })
    .await;
    let (from, to) = (connect(proxy.url()).await, there.engine().await);
    let came = clone_with(&from, &to, &buckets(), &above_5_mib()).await;
    came.is_equal();
    assert!(came.taken.progress.retries >= 1);
    assert!(there.read("destination", "whole").await.unwrap() == body(12 * MIB));
}
