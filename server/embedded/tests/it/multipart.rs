//! Multipart uploads.

use aws_sdk_s3::{
    Client,
    primitives::ByteStream,
    types::{CompletedMultipartUpload, CompletedPart, StorageClass},
};

use crate::support::{client, code, in_memory, on_disk, put, read, source};

const PART: usize = 5 << 20;

async fn begin(client: &Client, key: &str) -> String {
    let upload = client.create_multipart_upload().bucket("yard").key(key);
    let upload = upload.content_type("text/parts").metadata("k", "v").tagging("team=web");
    upload.storage_class(StorageClass::StandardIa).send().await.unwrap().upload_id.unwrap()
}

async fn upload_part(client: &Client, key: &str, upload: &str, number: i32, body: Vec<u8>) -> CompletedPart {
    let part = client.upload_part().bucket("yard").key(key).upload_id(upload).part_number(number);
    let output = part.body(ByteStream::from(body)).send().await.unwrap();
    CompletedPart::builder().part_number(number).set_e_tag(output.e_tag).build()
}

fn parts(parts: impl IntoIterator<Item = CompletedPart>) -> CompletedMultipartUpload {
    CompletedMultipartUpload::builder().set_parts(Some(parts.into_iter().collect())).build()
}

#[tokio::test]
async fn multipart_object_reads_whole_and_by_part() {
    let dir = tempfile::tempdir().unwrap();
    let store = on_disk(dir.path()).await;
    let client = client(&store);
    client.create_bucket().bucket("yard").send().await.unwrap();
    let upload = begin(&client, "a b").await;
    let second = upload_part(&client, "a b", &upload, 2, vec![b'2'; 1000]).await;
    upload_part(&client, "a b", &upload, 1, vec![b'x'; PART]).await;
    let first = upload_part(&client, "a b", &upload, 1, vec![b'1'; PART]).await;
    assert_eq!(code(client.head_object().bucket("yard").key("a b").send().await), "NotFound");
    let complete = client.complete_multipart_upload().bucket("yard").key("a b").upload_id(&upload);
    let output = complete.multipart_upload(parts([first, second])).send().await.unwrap();
    let etag = output.e_tag.unwrap();
    assert!(etag.ends_with("-2\""), "{etag}");

    let mut whole = vec![b'1'; PART];
    whole.extend([b'2'; 1000]);
    assert!(read(&client, "yard", "a b").await == whole);
    let head = client.head_object().bucket("yard").key("a b").send().await.unwrap();
    assert_eq!((head.e_tag.as_deref(), head.tag_count), (Some(etag.as_str()), Some(1)));
    assert_eq!(head.storage_class, Some(StorageClass::StandardIa));
    assert_eq!(head.content_type.as_deref(), Some("text/parts"));
    assert_eq!((head.parts_count, head.metadata.unwrap().len()), (None, 1));
    let head = client.head_object().bucket("yard").key("a b").part_number(2).send().await.unwrap();
    assert_eq!((head.content_length, head.parts_count), (Some(1000), Some(2)));
    let get = client.get_object().bucket("yard").key("a b").part_number(2).send().await.unwrap();
    assert_eq!(get.body.collect().await.unwrap().to_vec(), [b'2'; 1000]);
    assert_eq!(code(client.head_object().bucket("yard").key("a b").part_number(3).send().await), "416");

    // A whole copy is one part no longer, and its ETag is the MD5 of its content.
    client.copy_object().bucket("yard").key("copy").copy_source(source("yard", "a b")).send().await.unwrap();
    let plain = put(&client, "yard", "plain", whole).await;
    let copy = client.head_object().bucket("yard").key("copy").send().await.unwrap();
    assert_eq!(copy.e_tag, Some(plain));
}

#[tokio::test]
async fn parts_are_copied_by_range() {
    let store = in_memory().await;
    let client = client(&store);
    client.create_bucket().bucket("yard").send().await.unwrap();
    let body: Vec<u8> = (0..2_000_000u32).flat_map(u32::to_le_bytes).collect();
    let etag = put(&client, "yard", "source", body.clone()).await;
    let upload = begin(&client, "copy").await;
    let copy_part = |number: i32, range: String| {
        let part = client.upload_part_copy().bucket("yard").key("copy").upload_id(&upload).part_number(number);
        part.copy_source(source("yard", "source")).copy_source_range(range)
    };
    let mut copied = Vec::new();
    for (number, from, to) in [(1, 0, PART - 1), (2, PART, body.len() - 1)] {
        let copy = copy_part(number, format!("bytes={from}-{to}")).copy_source_if_match(&etag);
        let result = copy.send().await.unwrap().copy_part_result.unwrap();
        copied.push(CompletedPart::builder().part_number(number).set_e_tag(result.e_tag).build());
    }
    let past_the_end = copy_part(3, format!("bytes=0-{}", body.len()));
    assert_eq!(code(past_the_end.send().await), "InvalidArgument");
    let changed = copy_part(3, "bytes=0-1".to_owned()).copy_source_if_match("\"other\"");
    assert_eq!(code(changed.send().await), "PreconditionFailed");
    let complete = client.complete_multipart_upload().bucket("yard").key("copy").upload_id(&upload);
    complete.multipart_upload(parts(copied)).send().await.unwrap();
    assert!(read(&client, "yard", "copy").await == body);
}

#[tokio::test]
async fn upload_completes_only_with_received_parts() {
    let store = in_memory().await;
    let client = client(&store);
    client.create_bucket().bucket("yard").send().await.unwrap();
    let upload = begin(&client, "a").await;
    let one = upload_part(&client, "a", &upload, 1, vec![1; 10]).await;
    let two = upload_part(&client, "a", &upload, 2, vec![2; 10]).await;
    let complete = |list: Vec<CompletedPart>| {
        let complete = client.complete_multipart_upload().bucket("yard").key("a").upload_id(&upload);
        complete.multipart_upload(parts(list)).send()
    };
    assert_eq!(code(complete(vec![two.clone(), one.clone()]).await), "InvalidPartOrder");
    assert_eq!(code(complete(vec![one.clone(), two.clone()]).await), "EntityTooSmall");
    let other = CompletedPart::builder().part_number(1).e_tag("\"other\"").build();
    assert_eq!(code(complete(vec![other]).await), "InvalidPart");
    complete(vec![two]).await.unwrap();
    assert_eq!(code(complete(vec![one]).await), "NoSuchUpload");
    assert_eq!(read(&client, "yard", "a").await, [2; 10]);
}

#[tokio::test]
async fn uploads_and_parts_are_listed_until_aborted() {
    let store = in_memory().await;
    let client = client(&store);
    client.create_bucket().bucket("yard").send().await.unwrap();
    let mut begun = Vec::new();
    for key in ["a", "a", "b/1", "b/2", "c d"] {
        begun.push((key.to_owned(), begin(&client, key).await));
    }
    let mut listed = Vec::new();
    let (mut key, mut id) = (None, None);
    loop {
        let list = client.list_multipart_uploads().bucket("yard").max_uploads(2);
        let page = list.set_key_marker(key).set_upload_id_marker(id).send().await.unwrap();
        let uploads = page.uploads().iter();
        listed.extend(uploads.map(|upload| (upload.key.clone().unwrap(), upload.upload_id.clone().unwrap())));
        (key, id) = (page.next_key_marker.clone(), page.next_upload_id_marker.clone());
        if page.is_truncated != Some(true) {
            break;
        }
    }
    let keys: Vec<_> = listed.iter().map(|(key, _)| key.as_str()).collect();
    assert_eq!(keys, ["a", "a", "b/1", "b/2", "c d"]);
    listed.sort();
    begun.sort();
    assert_eq!(listed, begun);
    let rolled = client.list_multipart_uploads().bucket("yard").delimiter("/").send().await.unwrap();
    assert_eq!((rolled.uploads().len(), rolled.common_prefixes().len()), (3, 1));

    let upload = &begun[4].1;
    for number in [3, 1, 2] {
        upload_part(&client, "c d", upload, number, vec![0; 10]).await;
    }
    let parts = client.list_parts().bucket("yard").key("c d").upload_id(upload).max_parts(2);
    let page = parts.clone().send().await.unwrap();
    assert_eq!(page.parts().iter().filter_map(|part| part.part_number).collect::<Vec<_>>(), [1, 2]);
    let page = parts.part_number_marker(page.next_part_number_marker.unwrap()).send().await.unwrap();
    assert_eq!((page.parts().len(), page.is_truncated), (1, Some(false)));

    let abort = || client.abort_multipart_upload().bucket("yard").key("c d").upload_id(upload);
    abort().send().await.unwrap();
    assert_eq!(code(abort().send().await), "NoSuchUpload");
    assert_eq!(client.list_multipart_uploads().bucket("yard").send().await.unwrap().uploads().len(), 4);
}
