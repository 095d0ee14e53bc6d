//! `ListParts` and `ListMultipartUploads`.

use s3s::{
    S3Response,
    dto::{
        CommonPrefix, ListMultipartUploadsInput, ListMultipartUploadsOutput, ListPartsInput, ListPartsOutput,
        MultipartUpload, Part as ListedPart, StorageClass,
    },
};

use super::{
    Answer,
    describe::{STANDARD, etag, owner, timestamp},
    error::bucket,
    listing::{Encoding, page_size},
    multipart::find,
    receive::to_dto,
};
use crate::storage::{Part, Storage, Upload, UploadId, common_prefix};

pub fn parts(storage: &Storage, input: ListPartsInput) -> Answer<ListPartsOutput> {
    let bucket = bucket(storage, &input.bucket)?;
    let (_, upload) = find(&bucket, &input.key, &input.upload_id)?;
    let size = page_size(input.max_parts)?;
    let marker = input.part_number_marker.unwrap_or_default();
    let mut rest = upload.parts.iter().filter(|(number, _)| i32::from(**number) > marker).peekable();
    let parts: Vec<_> = rest
        .by_ref()
        .take(usize::try_from(size).unwrap_or_default())
        .map(|(number, part)| write_part(*number, part))
        .collect();
    let truncated = size > 0 && rest.peek().is_some();
    Ok(S3Response::new(ListPartsOutput {
        next_part_number_marker: parts.last().filter(|_| truncated).and_then(|part| part.part_number),
        is_truncated: Some(truncated),
        max_parts: Some(size),
        part_number_marker: Some(marker),
        parts: Some(parts),
        storage_class: Some(class(&upload)),
        owner: Some(owner()),
        bucket: Some(input.bucket),
        key: Some(input.key),
        upload_id: Some(input.upload_id),
        ..ListPartsOutput::default()
    }))
}

fn write_part(number: u16, part: &Part) -> ListedPart {
    let checksum = to_dto(part.attributes.checksum.as_ref());
    ListedPart {
        part_number: Some(i32::from(number)),
        e_tag: Some(etag(part.attributes.etag)),
        last_modified: Some(timestamp(part.attributes.modified)),
        size: i64::try_from(part.body.length()).ok(),
        checksum_crc32: checksum.checksum_crc32,
        checksum_crc32c: checksum.checksum_crc32c,
        checksum_crc64nvme: checksum.checksum_crc64nvme,
        checksum_sha1: checksum.checksum_sha1,
        checksum_sha256: checksum.checksum_sha256,
    }
}

fn class(upload: &Upload) -> StorageClass {
    StorageClass::from(upload.attributes.storage_class.clone().unwrap_or_else(|| STANDARD.to_owned()))
}

/// An upload, or a common prefix of several.
enum Listed {
    Upload(UploadId, Box<Upload>),
    Prefix(String),
}

impl Listed {
    /// Markers for the next page: key and upload id.
    fn markers(&self) -> (String, String) {
        match self {
            Self::Upload(id, upload) => (upload.key.as_str().to_owned(), write_id(*id)),
            Self::Prefix(prefix) => (prefix.clone(), String::new()),
        }
    }
}

fn write_id(id: UploadId) -> String {
    id.0.simple().to_string()
}

pub fn uploads(storage: &Storage, input: ListMultipartUploadsInput) -> Answer<ListMultipartUploadsOutput> {
    let encoding = Encoding::asked(input.encoding_type.as_ref())?;
    let size = page_size(input.max_uploads)?;
    let bucket = bucket(storage, &input.bucket)?;
    let mut listed = after_markers(roll_up(bucket.uploads(), &input), &input);
    let limit = usize::try_from(size).unwrap_or_default();
    let truncated = size > 0 && listed.len() > limit;
    listed.truncate(limit);
    let next = listed.last().filter(|_| truncated).map(Listed::markers);
    let mut uploads = Vec::new();
    let mut prefixes = Vec::new();
    for entry in listed {
        match entry {
            Listed::Upload(id, upload) => uploads.push(MultipartUpload {
                upload_id: Some(write_id(id)),
                key: Some(encoding.write(upload.key.as_str())),
                initiated: Some(timestamp(upload.attributes.modified)),
                storage_class: Some(class(&upload)),
                owner: Some(owner()),
                ..MultipartUpload::default()
            }),
            Listed::Prefix(prefix) => prefixes.push(CommonPrefix { prefix: Some(encoding.write(&prefix)) }),
        }
    }
    let (next_key, next_upload) = next.unzip();
    Ok(S3Response::new(ListMultipartUploadsOutput {
        uploads: Some(uploads),
        common_prefixes: Some(prefixes),
        is_truncated: Some(truncated),
        next_key_marker: encoding.write_given(next_key),
        next_upload_id_marker: next_upload,
        key_marker: encoding.write_given(input.key_marker),
        upload_id_marker: input.upload_id_marker,
        max_uploads: Some(size),
        bucket: Some(input.bucket),
        prefix: encoding.write_given(input.prefix),
        delimiter: encoding.write_given(input.delimiter),
        encoding_type: encoding.to_dto(),
        ..ListMultipartUploadsOutput::default()
    }))
}

/// Uploads of the prefix, with those below a delimiter combined into one entry.
fn roll_up(uploads: Vec<(UploadId, Upload)>, input: &ListMultipartUploadsInput) -> Vec<Listed> {
    let prefix = input.prefix.as_deref().unwrap_or_default();
    let delimiter = input.delimiter.as_deref().unwrap_or_default();
    let mut listed: Vec<Listed> = Vec::new();
    for (id, upload) in uploads.into_iter().filter(|(_, upload)| upload.key.as_str().starts_with(prefix)) {
        match common_prefix(upload.key.as_str(), prefix, delimiter) {
            None => listed.push(Listed::Upload(id, Box::new(upload))),
            Some(rolled) if matches!(listed.last(), Some(Listed::Prefix(last)) if last == rolled) => {}
            Some(rolled) => listed.push(Listed::Prefix(rolled.to_owned())),
        }
    }
    listed
}

/// Whether an upload comes after the markers: a later key, or the same key and a later upload.
fn after_markers(listed: Vec<Listed>, input: &ListMultipartUploadsInput) -> Vec<Listed> {
    let Some(key) = input.key_marker.as_deref().filter(|key| !key.is_empty()) else { return listed };
    let upload = input.upload_id_marker.as_deref().unwrap_or_default();
    let mut seen = upload.is_empty();
    let mut kept = Vec::new();
    for entry in listed {
        let (entry_key, entry_upload) = entry.markers();
        match entry_key.as_str().cmp(key) {
            std::cmp::Ordering::Less => {}
            std::cmp::Ordering::Greater => kept.push(entry),
            std::cmp::Ordering::Equal if upload.is_empty() => {}
            std::cmp::Ordering::Equal if seen => kept.push(entry),
            std::cmp::Ordering::Equal => seen = entry_upload == upload,
        }
    }
    kept
}
