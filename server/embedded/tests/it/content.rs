//! Direct access and HTTP clients see the same objects.

use std::collections::BTreeMap;

use aws_sdk_s3::types::{CompletedMultipartUpload, CompletedPart};
use embedded::{Content, Headers};

use crate::support::{client, in_memory, read};

fn full() -> Content {
    Content {
        body: "all of it".into(),
        headers: Headers {
            content_type: Some("text/x".to_owned()),
            content_encoding: Some("aes128gcm, gzip".to_owned()),
            metadata: BTreeMap::from([("k".to_owned(), "v".to_owned())]),
            ..Headers::default()
        },
        tags: BTreeMap::from([("team".to_owned(), "web".to_owned())]),
        storage_class: Some("STANDARD_IA".to_owned()),
        parts: Vec::new(),
    }
}

#[tokio::test]
async fn direct_and_http_writes_see_each_other() {
    let store = in_memory().await;
    let client = client(&store);
    store.create_bucket("yard").unwrap();
    store.put_content("yard", "past", &full()).await.unwrap();
    let head = client.head_object().bucket("yard").key("past").send().await.unwrap();
    assert_eq!((head.content_type.as_deref(), head.tag_count), (Some("text/x"), Some(1)));
    assert_eq!(head.metadata.unwrap()["k"], "v");
    assert_eq!(head.storage_class.unwrap().as_str(), "STANDARD_IA");
    assert_eq!(read(&client, "yard", "past").await, b"all of it");

    let put = client.put_object().bucket("yard").key("http").body(b"all of it".to_vec().into());
    let put = put.content_type("text/x").content_encoding("aes128gcm, gzip").metadata("k", "v").tagging("team=web");
    put.storage_class("STANDARD_IA".into()).send().await.unwrap();
    let both = store.contents("yard").await.unwrap();
    assert_eq!((&both["http"], &both["past"]), (&full(), &full()));
    assert_eq!(store.content("yard", "nowhere").await.unwrap(), None);
}

#[tokio::test]
async fn direct_multipart_object_has_upload_etag() {
    const PART: usize = 5 << 20;
    let store = in_memory().await;
    let client = client(&store);
    store.create_bucket("yard").unwrap();
    let body = vec![b'x'; PART + 7];
    let parts = vec![PART as u64, 7];
    store.put_content("yard", "past", &Content { body: body.clone().into(), parts, ..full() }).await.unwrap();

    // The key is invalid in XML: an answer that echoes it must still be parseable.
    let key = "\u{FFFF}\u{1}";
    let upload = client.create_multipart_upload().bucket("yard").key(key).send().await.unwrap();
    let mut parts = Vec::new();
    for (number, piece) in (1..).zip(body.chunks(PART)) {
        let part = client.upload_part().bucket("yard").key(key).set_upload_id(upload.upload_id.clone());
        let part = part.part_number(number).body(piece.to_vec().into()).send().await.unwrap();
        parts.push(CompletedPart::builder().part_number(number).set_e_tag(part.e_tag).build());
    }
    let parts = CompletedMultipartUpload::builder().set_parts(Some(parts)).build();
    let complete = client.complete_multipart_upload().bucket("yard").key(key).set_upload_id(upload.upload_id);
    let completed = complete.multipart_upload(parts).send().await.unwrap();
    let head = client.head_object().bucket("yard").key("past").send().await.unwrap();
    assert_eq!(head.e_tag, completed.e_tag);
    let content = store.content("yard", key).await.unwrap().unwrap();
    assert_eq!(content.parts, [PART as u64, 7]);
}
