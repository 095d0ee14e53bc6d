//! Buckets and plain objects.

use aws_sdk_s3::types::{Delete, ObjectIdentifier};

use crate::support::{client, code, in_memory, put, read, source};

#[tokio::test]
async fn object_reads_back_unchanged() {
    let store = in_memory().await;
    let client = client(&store);
    client.create_bucket().bucket("yard").send().await.unwrap();
    let etag = put(&client, "yard", "a/b", "hello").await;
    assert_eq!(etag, "\"5d41402abc4b2a76b9719d911017c592\"");
    assert_eq!(read(&client, "yard", "a/b").await, b"hello");

    let head = client.head_object().bucket("yard").key("a/b").send().await.unwrap();
    assert_eq!(head.content_length, Some(5));
    assert_eq!(head.e_tag.as_deref(), Some(etag.as_str()));

    let listed = client.list_objects_v2().bucket("yard").send().await.unwrap();
    let [object] = listed.contents() else { panic!("one object: {listed:?}") };
    assert_eq!((object.key(), object.size(), object.e_tag()), (Some("a/b"), Some(5), Some(etag.as_str())));
}

#[tokio::test]
async fn copy_has_bytes_and_etag_of_source() {
    let store = in_memory().await;
    let client = client(&store);
    for bucket in ["yard", "other"] {
        client.create_bucket().bucket(bucket).send().await.unwrap();
    }
    let etag = put(&client, "yard", "a b+c", "hello").await;
    let copy = client.copy_object().bucket("other").key("copy").copy_source(source("yard", "a b+c"));
    let result = copy.send().await.unwrap().copy_object_result.unwrap();
    assert_eq!(result.e_tag.as_deref(), Some(etag.as_str()));
    assert_eq!(read(&client, "other", "copy").await, b"hello");
    assert_eq!(store.requests().get("CopyObject"), Some(&1));
}

#[tokio::test]
async fn missing_things_answer_s3_errors() {
    let store = in_memory().await;
    let client = client(&store);
    assert_eq!(code(client.list_objects_v2().bucket("missing").send().await), "NoSuchBucket");
    assert_eq!(code(client.get_object().bucket("missing").key("a").send().await), "NoSuchBucket");
    client.create_bucket().bucket("yard").send().await.unwrap();
    assert_eq!(code(client.get_object().bucket("yard").key("a").send().await), "NoSuchKey");
    assert_eq!(code(client.head_object().bucket("yard").key("a").send().await), "NotFound");
    assert_eq!(code(client.head_bucket().bucket("missing").send().await), "NotFound");
    let copy = client.copy_object().bucket("yard").key("b").copy_source(source("yard", "a"));
    assert_eq!(code(copy.send().await), "NoSuchKey");
    client.delete_object().bucket("yard").key("a").send().await.unwrap();
}

#[tokio::test]
async fn only_empty_buckets_can_be_deleted() {
    let store = in_memory().await;
    let client = client(&store);
    client.create_bucket().bucket("yard").send().await.unwrap();
    assert_eq!(code(client.create_bucket().bucket("yard").send().await), "BucketAlreadyOwnedByYou");
    assert_eq!(code(client.create_bucket().bucket("Not_A_Bucket").send().await), "InvalidBucketName");
    put(&client, "yard", "a", "").await;
    assert_eq!(code(client.delete_bucket().bucket("yard").send().await), "BucketNotEmpty");
    client.delete_object().bucket("yard").key("a").send().await.unwrap();
    client.get_bucket_location().bucket("yard").send().await.unwrap();
    client.delete_bucket().bucket("yard").send().await.unwrap();
    assert_eq!(client.list_buckets().send().await.unwrap().buckets().len(), 0);
}

#[tokio::test]
async fn one_request_deletes_many_keys() {
    let store = in_memory().await;
    let client = client(&store);
    client.create_bucket().bucket("yard").send().await.unwrap();
    let keys = ["a", " spaced ", "a&b<c>\"'", "é", "missing", "line\nbreak", "return\r"];
    for key in keys.iter().filter(|key| **key != "missing") {
        put(&client, "yard", key, "x").await;
    }
    let named = keys.iter().map(|key| ObjectIdentifier::builder().key(*key).build().unwrap());
    let delete = Delete::builder().set_objects(Some(named.collect())).build().unwrap();
    let output = client.delete_objects().bucket("yard").delete(delete).send().await.unwrap();
    let deleted: Vec<_> = output.deleted().iter().filter_map(|object| object.key()).collect();
    assert_eq!(deleted, keys);
    assert_eq!(store.count("yard").unwrap(), 0);
}

#[tokio::test]
async fn bulk_delete_refuses_keys_invalid_in_xml() {
    let store = in_memory().await;
    let client = client(&store);
    store.create_bucket("yard").unwrap();
    for key in ["a", "b\u{1}"] {
        store.put("yard", key, "body").await.unwrap();
    }
    let keys = ["a", "b\u{1}"].map(|key| ObjectIdentifier::builder().key(key).build().unwrap());
    let delete = Delete::builder().set_objects(Some(keys.into())).build().unwrap();
    assert_eq!(code(client.delete_objects().bucket("yard").delete(delete).send().await), "MalformedXML");
    assert_eq!(store.count("yard").unwrap(), 2);
}
