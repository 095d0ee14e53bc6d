//! Copies: attributes kept and replaced, and refusals.

use aws_sdk_s3::{
    primitives::{ByteStream, DateTime},
    types::{MetadataDirective, StorageClass, TaggingDirective},
};

use crate::support::{client, code, in_memory, put, read, source};

#[tokio::test]
async fn copy_keeps_metadata_and_tags_but_not_class() {
    let store = in_memory().await;
    let client = client(&store);
    client.create_bucket().bucket("yard").send().await.unwrap();
    client
        .put_object()
        .bucket("yard")
        .key("a")
        .body(ByteStream::from_static(b"body"))
        .content_type("text/x-special")
        .cache_control("no-store")
        .content_disposition("attachment; filename=\"a.txt\"")
        .content_encoding("identity")
        .content_language("mi")
        .expires(DateTime::from_secs(1_900_000_000))
        .metadata("plain", "value")
        .metadata("place", "=?UTF-8?B?V2jEgW5nxIFyZWk=?=")
        .metadata("coffee", "=?UTF-8?Q?caf=C3=A9?=")
        .tagging("team=web&note=a%20b%2Bc")
        .storage_class(StorageClass::StandardIa)
        .send()
        .await
        .unwrap();
    client.copy_object().bucket("yard").key("b").copy_source(source("yard", "a")).send().await.unwrap();

    let original = client.head_object().bucket("yard").key("a").send().await.unwrap();
    assert_eq!(original.storage_class, Some(StorageClass::StandardIa));
    assert_eq!(original.tag_count, Some(2));
    let copy = client.get_object().bucket("yard").key("b").send().await.unwrap();
    assert_eq!(copy.content_type.as_deref(), Some("text/x-special"));
    assert_eq!(copy.cache_control.as_deref(), Some("no-store"));
    assert_eq!(copy.content_disposition.as_deref(), Some("attachment; filename=\"a.txt\""));
    assert_eq!(copy.content_encoding.as_deref(), Some("identity"));
    assert_eq!(copy.content_language.as_deref(), Some("mi"));
    assert_eq!(copy.expires_string.as_deref(), Some("Sun, 17 Mar 2030 17:46:40 GMT"));
    assert_eq!(copy.metadata, original.metadata);
    let metadata = copy.metadata.unwrap();
    assert_eq!(metadata["plain"], "value");
    assert_eq!(metadata["place"], "=?UTF-8?B?V2jEgW5nxIFyZWk=?=");
    assert_eq!(metadata["coffee"], "=?UTF-8?Q?caf=C3=A9?=");
    assert_eq!((copy.tag_count, copy.storage_class), (Some(2), None));
    let tags = client.get_object_tagging().bucket("yard").key("b").send().await.unwrap();
    let tags: Vec<_> = tags.tag_set().iter().map(|tag| (tag.key(), tag.value())).collect();
    assert_eq!(tags, [("team", "web"), ("note", "a b+c")]);
}

#[tokio::test]
async fn copy_replaces_requested_attributes() {
    let store = in_memory().await;
    let client = client(&store);
    client.create_bucket().bucket("yard").send().await.unwrap();
    let original = client.put_object().bucket("yard").key("a").content_type("text/old").metadata("old", "1");
    original.tagging("old=1").send().await.unwrap();
    let copy = client.copy_object().bucket("yard").key("b").copy_source(source("yard", "a"));
    copy.metadata_directive(MetadataDirective::Replace)
        .content_type("text/new")
        .metadata("new", "2")
        .tagging_directive(TaggingDirective::Replace)
        .tagging("new=2")
        .storage_class(StorageClass::GlacierIr)
        .send()
        .await
        .unwrap();
    let copy = client.head_object().bucket("yard").key("b").send().await.unwrap();
    assert_eq!(copy.content_type.as_deref(), Some("text/new"));
    assert_eq!(copy.metadata.unwrap().into_iter().collect::<Vec<_>>(), [("new".to_owned(), "2".to_owned())]);
    assert_eq!(copy.storage_class, Some(StorageClass::GlacierIr));
    let tags = client.get_object_tagging().bucket("yard").key("b").send().await.unwrap();
    assert_eq!(tags.tag_set()[0].key(), "new");
}

#[tokio::test]
async fn copy_onto_itself_must_change_something() {
    let store = in_memory().await;
    let client = client(&store);
    client.create_bucket().bucket("yard").send().await.unwrap();
    put(&client, "yard", "a", "body").await;
    let onto_itself = || client.copy_object().bucket("yard").key("a").copy_source(source("yard", "a"));
    assert_eq!(code(onto_itself().send().await), "InvalidRequest");
    onto_itself().metadata_directive(MetadataDirective::Replace).metadata("k", "v").send().await.unwrap();
    onto_itself().storage_class(StorageClass::StandardIa).send().await.unwrap();
    let head = client.head_object().bucket("yard").key("a").send().await.unwrap();
    assert_eq!((head.storage_class, head.metadata.unwrap().len()), (Some(StorageClass::StandardIa), 1));
    assert_eq!(read(&client, "yard", "a").await, b"body");
}

#[tokio::test]
async fn changed_source_is_not_copied() {
    let store = in_memory().await;
    let client = client(&store);
    client.create_bucket().bucket("yard").send().await.unwrap();
    let old = put(&client, "yard", "a", "old").await;
    let new = put(&client, "yard", "a", "new").await;
    let copy = || client.copy_object().bucket("yard").key("b").copy_source(source("yard", "a"));
    assert_eq!(code(copy().copy_source_if_match(&old).send().await), "PreconditionFailed");
    assert_eq!(code(copy().copy_source_if_none_match(&new).send().await), "PreconditionFailed");
    assert_eq!(store.count("yard").unwrap(), 1);
    copy().copy_source_if_match(new).copy_source_if_none_match(old).send().await.unwrap();
    assert_eq!(read(&client, "yard", "b").await, b"new");
}

#[tokio::test]
async fn archived_source_is_not_copied() {
    let store = in_memory().await;
    let client = client(&store);
    client.create_bucket().bucket("yard").send().await.unwrap();
    client.put_object().bucket("yard").key("a").storage_class(StorageClass::Glacier).send().await.unwrap();
    let copy = client.copy_object().bucket("yard").key("b").copy_source(source("yard", "a"));
    assert_eq!(code(copy.send().await), "InvalidObjectState");
    assert_eq!(code(client.get_object().bucket("yard").key("a").send().await), "InvalidObjectState");
    client.head_object().bucket("yard").key("a").send().await.unwrap();
}
