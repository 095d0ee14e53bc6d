//! What an object carries beside its bytes, as another client sees it.

use std::collections::BTreeMap;

use aws_sdk_s3::{Client, primitives::ByteStream, types::StorageClass};

/// What an object carries beside its bytes.
#[derive(Clone, Debug, PartialEq)]
pub struct Carried {
    pub body: Vec<u8>,
    pub metadata: BTreeMap<String, String>,
    pub tags: BTreeMap<String, String>,
    pub headers: [Option<String>; 5],
    pub class: Option<String>,
}

impl Carried {
    /// All that there is to carry.
    pub fn full(name: &str) -> Self {
        let pairs = |pairs: [(&str, &str); 2]| pairs.map(|(name, value)| (name.to_owned(), value.to_owned())).into();
        let headers = ["text/x-trap", "max-age=7", "attachment; filename=\"a b.txt\"", "br", "de-CH"];
        Self {
            body: format!("the bytes of {name}").into_bytes(),
            metadata: pairs([("a-b", "a =+ b"), ("c", "1")]),
            tags: pairs([("team of", "a+b=c/d"), ("e", "")]),
            headers: headers.map(|header| Some(header.to_owned())),
            class: Some("STANDARD_IA".to_owned()),
        }
    }
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
