//! Encryption as a client sees it.

use aws_sdk_s3::types::ServerSideEncryption;
use tempfile::tempdir;

use crate::support::{client, code, on_disk, put, read, source};

/// A customer key of 32 equal bytes and its MD5, both in base64 for the headers.
const KEY: &str = "AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE=";
const KEY_MD5: &str = "4Funlf7OsLF0HL+vKU+fkg==";

/// A key of a key service makes the ETag random; everything survives a restart.
#[tokio::test]
async fn requested_encryption_is_stored_and_returned() {
    let dir = tempdir().unwrap();
    let store = on_disk(dir.path()).await;
    store.create_bucket("bucket").unwrap();
    let plain = put(&client(&store), "bucket", "plain", "same").await;
    let mut etags = vec![plain];
    for key in ["one", "two"] {
        let copy = client(&store).copy_object().bucket("bucket").key(key).copy_source(source("bucket", "plain"));
        let copy = copy.server_side_encryption(ServerSideEncryption::AwsKms).ssekms_key_id("k").send().await.unwrap();
        etags.push(copy.copy_object_result.unwrap().e_tag.unwrap());
    }
    assert!(etags[0] != etags[1] && etags[1] != etags[2], "{etags:?}");
    store.stop().await;
    let store = on_disk(dir.path()).await;
    let head = client(&store).head_object().bucket("bucket").key("two").send().await.unwrap();
    assert_eq!(head.server_side_encryption(), Some(&ServerSideEncryption::AwsKms));
    assert_eq!((head.ssekms_key_id(), head.e_tag()), (Some("k"), Some(etags[2].as_str())));
    assert_eq!(read(&client(&store), "bucket", "two").await, b"same");
}

#[tokio::test]
async fn customer_key_object_requires_the_key() {
    let store = crate::support::in_memory().await;
    store.create_bucket("bucket").unwrap();
    let client = client(&store);
    let put = client.put_object().bucket("bucket").key("a").body(b"secret".to_vec().into());
    put.sse_customer_algorithm("AES256").sse_customer_key(KEY).sse_customer_key_md5(KEY_MD5).send().await.unwrap();
    let get = || client.get_object().bucket("bucket").key("a").sse_customer_algorithm("AES256").sse_customer_key(KEY);
    assert_eq!(code(client.get_object().bucket("bucket").key("a").send().await), "InvalidRequest");
    assert_eq!(code(get().sse_customer_key_md5("AAAAAAAAAAAAAAAAAAAAAA==").send().await), "AccessDenied");
    let shown = get().sse_customer_key_md5(KEY_MD5).send().await.unwrap();
    assert_eq!(shown.sse_customer_key_md5(), Some(KEY_MD5));
    let copy = client.copy_object().bucket("bucket").key("b").copy_source(source("bucket", "a"));
    assert_eq!(code(copy.clone().send().await), "InvalidRequest");
    let copy = copy.copy_source_sse_customer_algorithm("AES256").copy_source_sse_customer_key(KEY);
    copy.copy_source_sse_customer_key_md5(KEY_MD5).send().await.unwrap();
    assert_eq!(read(&client, "bucket", "b").await, b"secret");
}
