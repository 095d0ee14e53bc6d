//! `HeadObject` and `GetObject`: conditions, ranges, parts.

use std::ops::Range;

use futures::{StreamExt, stream};
use http::{HeaderMap, HeaderValue, StatusCode};
use s3s::{
    S3Error, S3Response, S3Result,
    dto::{
        ChecksumMode, ChecksumType, GetObjectInput, GetObjectOutput, HeadObjectInput, HeadObjectOutput,
        ServerSideEncryption, StorageClass, StreamingBlob,
    },
    s3_error,
};

use super::{
    Answer,
    conditions::Conditions,
    describe::{etag, parse_http_date, timestamp},
    encryption,
    error::{self, object},
    receive::to_dto,
};
use crate::storage::{Attributes, Object, Storage};

/// Requested range of bytes.
struct Selection {
    bytes: Range<u64>,
    /// `Content-Range` such as `bytes 0-9/100`; `None` for the whole object.
    content_range: Option<String>,
    /// Number of parts, only for a request of a part.
    parts_count: Option<i32>,
}

/// Fields common to both outputs.
macro_rules! describe {
    ($output:ident, $object:expr, $selection:expr, $checksum_mode:expr) => {{
        let attributes = &$object.attributes;
        let headers = &attributes.headers;
        let whole = $selection.content_range.is_none() && $checksum_mode.is_some();
        let checksum = to_dto(attributes.checksum.as_ref().filter(|_| whole));
        let (algorithm, key_id, customer_key) = encryption::told(attributes);
        $output {
            accept_ranges: Some("bytes".to_owned()),
            cache_control: headers.cache_control.clone(),
            checksum_type: attributes
                .checksum
                .as_ref()
                .filter(|_| whole)
                .map(|_| ChecksumType::from_static(ChecksumType::FULL_OBJECT)),
            checksum_crc32: checksum.checksum_crc32,
            checksum_crc32c: checksum.checksum_crc32c,
            checksum_crc64nvme: checksum.checksum_crc64nvme,
            checksum_sha1: checksum.checksum_sha1,
            checksum_sha256: checksum.checksum_sha256,
            content_disposition: headers.content_disposition.clone(),
            content_encoding: headers.content_encoding.clone(),
            content_language: headers.content_language.clone(),
            content_length: i64::try_from($selection.bytes.end - $selection.bytes.start).ok(),
            content_range: $selection.content_range.clone(),
            content_type: headers.content_type.clone(),
            e_tag: Some(etag(attributes.etag)),
            expires: headers.expires.as_deref().and_then(parse_http_date),
            last_modified: Some(timestamp(attributes.modified)),
            metadata: Some(headers.metadata.clone().into_iter().collect()),
            parts_count: $selection.parts_count,
            server_side_encryption: algorithm.map(ServerSideEncryption::from),
            ssekms_key_id: key_id,
            sse_customer_algorithm: customer_key.as_ref().map(|_| "AES256".to_owned()),
            sse_customer_key_md5: customer_key,
            storage_class: attributes.storage_class.clone().map(StorageClass::from),
            website_redirect_location: headers.website_redirect.clone(),
            ..$output::default()
        }
    }};
}

macro_rules! conditions {
    ($input:expr) => {
        Conditions {
            if_match: $input.if_match.take(),
            if_none_match: $input.if_none_match.take(),
            if_modified_since: $input.if_modified_since.take(),
            if_unmodified_since: $input.if_unmodified_since.take(),
        }
    };
}

pub fn head(storage: &Storage, mut input: HeadObjectInput) -> Answer<HeadObjectOutput> {
    let object = object(storage, &input.bucket, &input.key)?;
    encryption::allow(&object.attributes, input.sse_customer_key_md5.as_deref())?;
    conditions!(input).allow_read(&object.attributes)?;
    let selection = select(&object, input.range, input.part_number)?;
    let output = describe!(HeadObjectOutput, object, selection, checksum_mode(input.checksum_mode.as_ref()));
    Ok(answer(output, &selection, &object.attributes))
}

pub async fn get(storage: &Storage, mut input: GetObjectInput) -> Answer<GetObjectOutput> {
    let object = object(storage, &input.bucket, &input.key)?;
    encryption::allow(&object.attributes, input.sse_customer_key_md5.as_deref())?;
    refuse_archived(&object.attributes)?;
    conditions!(input).allow_read(&object.attributes)?;
    let selection = select(&object, input.range, input.part_number)?;
    let mut output = describe!(GetObjectOutput, object, selection, checksum_mode(input.checksum_mode.as_ref()));
    output.body = Some(body(&object, &selection).await?);
    Ok(answer(output, &selection, &object.attributes))
}

/// Refuses the body of an archived object until it is restored.
pub fn refuse_archived(attributes: &Attributes) -> S3Result<()> {
    match attributes.storage_class.as_deref() {
        Some(class @ ("GLACIER" | "DEEP_ARCHIVE")) => {
            Err(s3_error!(InvalidObjectState, "The object is archived as {class} and not restored."))
        }
        _ => Ok(()),
    }
}

fn checksum_mode(mode: Option<&ChecksumMode>) -> Option<()> {
    mode.filter(|mode| mode.as_str() == ChecksumMode::ENABLED).map(|_| ())
}

fn select(object: &Object, range: Option<s3s::dto::Range>, part: Option<i32>) -> S3Result<Selection> {
    let length = object.body.length();
    let parts = &object.attributes.parts;
    let (bytes, parts_count) = match (range, part) {
        (Some(_), Some(_)) => {
            return Err(s3_error!(InvalidRequest, "Cannot specify both Range header and partNumber query parameter"));
        }
        (None, None) => return Ok(Selection { bytes: 0..length, content_range: None, parts_count: None }),
        (Some(range), None) => (range.check(length)?, None),
        // An object without parts counts as its own first part.
        (None, Some(1)) if parts.is_empty() => {
            return Ok(Selection { bytes: 0..length, content_range: None, parts_count: None });
        }
        (None, Some(number)) => (part_range(parts, number)?, i32::try_from(parts.len()).ok()),
    };
    let content_range = Some(format!("bytes {}-{}/{length}", bytes.start, bytes.end.saturating_sub(1)));
    Ok(Selection { bytes, content_range, parts_count })
}

fn part_range(parts: &[u64], number: i32) -> S3Result<Range<u64>> {
    let index = usize::try_from(number - 1).ok().filter(|index| *index < parts.len());
    let Some(index) = index else {
        let mut error = error::custom("InvalidPartNumber", "The requested partnumber is not satisfiable");
        error.set_status_code(StatusCode::RANGE_NOT_SATISFIABLE);
        return Err(error);
    };
    let start = parts[..index].iter().sum();
    Ok(start..start + parts[index])
}

/// Sends small bodies in one piece, and streams others.
async fn body(object: &Object, selection: &Selection) -> S3Result<StreamingBlob> {
    let body = object.body.slice(selection.bytes.clone());
    let length = body.length();
    let mut reader = body.reader();
    let first = reader.next().await.map_err(S3Error::internal_error)?.unwrap_or_default();
    if first.len() as u64 == length {
        return Ok(StreamingBlob::from(s3s::Body::from(first)));
    }
    Ok(StreamingBlob::wrap(stream::iter([Ok(first)]).chain(reader.stream())))
}

/// Sets the tag count on HEAD and the status of a part, for which s3s has no fields.
fn answer<T>(output: T, selection: &Selection, attributes: &Attributes) -> S3Response<T> {
    let mut headers = HeaderMap::new();
    if !attributes.tags.is_empty() {
        headers.insert("x-amz-tagging-count", HeaderValue::from(attributes.tags.len()));
    }
    let mut response = S3Response::with_headers(output, headers);
    response.status = selection.content_range.as_ref().map(|_| StatusCode::PARTIAL_CONTENT);
    response
}
