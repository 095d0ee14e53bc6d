//! Ranges, conditions, checksums, and large bodies.

use aws_sdk_s3::{
    primitives::ByteStream,
    types::{ChecksumAlgorithm, ChecksumMode},
};

use crate::support::{client, code, in_memory, on_disk, put, read};

#[tokio::test]
async fn range_returns_requested_bytes() {
    let store = in_memory().await;
    let client = client(&store);
    client.create_bucket().bucket("yard").send().await.unwrap();
    put(&client, "yard", "a", "0123456789").await;
    put(&client, "yard", "empty", "").await;
    for (range, bytes, content_range) in [
        ("bytes=0-0", "0", "bytes 0-0/10"),
        ("bytes=2-4", "234", "bytes 2-4/10"),
        ("bytes=7-", "789", "bytes 7-9/10"),
        ("bytes=-3", "789", "bytes 7-9/10"),
        ("bytes=5-500", "56789", "bytes 5-9/10"),
    ] {
        let output = client.get_object().bucket("yard").key("a").range(range).send().await.unwrap();
        assert_eq!(output.content_range.as_deref(), Some(content_range));
        assert_eq!(output.body.collect().await.unwrap().to_vec(), bytes.as_bytes());
    }
    for (key, range) in [("a", "bytes=10-"), ("a", "bytes=-0"), ("empty", "bytes=0-")] {
        let get = client.get_object().bucket("yard").key(key).range(range);
        assert_eq!(code(get.send().await), "InvalidRange", "{key} {range}");
    }
    assert_eq!(read(&client, "yard", "empty").await, b"");
}

#[tokio::test]
async fn conditional_reads_follow_the_conditions() {
    let store = in_memory().await;
    let client = client(&store);
    client.create_bucket().bucket("yard").send().await.unwrap();
    let put_if = || client.put_object().bucket("yard").key("a").body(ByteStream::from_static(b"x"));
    assert_eq!(code(put_if().if_match("\"00000000000000000000000000000000\"").send().await), "NoSuchKey");
    put_if().if_none_match("*").send().await.unwrap();
    assert_eq!(code(put_if().if_none_match("*").send().await), "PreconditionFailed");
    let etag = put(&client, "yard", "a", "new").await;
    assert_eq!(code(put_if().if_match("\"00000000000000000000000000000000\"").send().await), "PreconditionFailed");

    let head = || client.head_object().bucket("yard").key("a");
    let modified = head().send().await.unwrap().last_modified.unwrap();
    assert_eq!(code(head().if_none_match(&etag).send().await), "304");
    assert_eq!(code(head().if_modified_since(modified).send().await), "304");
    assert_eq!(code(head().if_match("\"other\"").send().await), "412");
    head().if_match(&etag).if_unmodified_since(modified).send().await.unwrap();
    let get = client.get_object().bucket("yard").key("a").if_none_match(&etag);
    assert_eq!(code(get.send().await), "304");
    put_if().if_match(etag).send().await.unwrap();
}

#[tokio::test]
async fn wrong_checksum_is_refused_and_right_one_stored() {
    let store = in_memory().await;
    let client = client(&store);
    client.create_bucket().bucket("yard").send().await.unwrap();
    let put = || client.put_object().bucket("yard").key("a").body(ByteStream::from_static(b"hello"));
    assert_eq!(code(put().content_md5("AAAAAAAAAAAAAAAAAAAAAA==").send().await), "BadDigest");
    assert_eq!(code(put().content_md5("nonsense").send().await), "InvalidDigest");
    assert_eq!(code(put().checksum_crc32("AAAAAA==").send().await), "BadDigest");
    assert_eq!(store.count("yard").unwrap(), 0);
    put().content_md5("XUFAKrxLKna5cZ2REBfFkg==").send().await.unwrap();
    for algorithm in [
        ChecksumAlgorithm::Crc32,
        ChecksumAlgorithm::Crc32C,
        ChecksumAlgorithm::Crc64Nvme,
        ChecksumAlgorithm::Sha1,
        ChecksumAlgorithm::Sha256,
    ] {
        put().checksum_algorithm(algorithm).send().await.unwrap();
        let get = client.get_object().bucket("yard").key("a").checksum_mode(ChecksumMode::Enabled);
        let output = get.send().await.unwrap();
        let given = [
            output.checksum_crc32.is_some(),
            output.checksum_crc32_c.is_some(),
            output.checksum_crc64_nvme.is_some(),
            output.checksum_sha1.is_some(),
            output.checksum_sha256.is_some(),
        ];
        assert_eq!(given.iter().filter(|given| **given).count(), 1);
        assert_eq!(output.body.collect().await.unwrap().to_vec(), b"hello");
    }
}

#[tokio::test]
async fn large_body_streams_in_chunks() {
    let dir = tempfile::tempdir().unwrap();
    for store in [in_memory().await, on_disk(dir.path()).await] {
        let client = client(&store);
        client.create_bucket().bucket("yard").send().await.unwrap();
        let body: Vec<u8> = (0..500_000u32).flat_map(u32::to_le_bytes).collect();
        put(&client, "yard", "large", body.clone()).await;
        assert!(read(&client, "yard", "large").await == body);
        let get = client.get_object().bucket("yard").key("large").range("bytes=100000-1799999");
        let range = get.send().await.unwrap().body.collect().await.unwrap().to_vec();
        assert!(range == body[100_000..1_800_000]);
    }
}
