//! Multipart uploads: create, upload parts, complete or abort.
//!
//! Always: completing joins the blobs of the parts without copying, and the object appears at the instant at which the
//! upload disappears.

use std::{collections::BTreeMap, sync::Arc};

use md5::{Digest, Md5};
use s3s::{
    S3Error, S3Request, S3Response, S3Result,
    dto::{
        AbortMultipartUploadInput, AbortMultipartUploadOutput, CompleteMultipartUploadInput,
        CompleteMultipartUploadOutput, CompletedPart, CopyPartResult, CreateMultipartUploadInput,
        CreateMultipartUploadOutput, Range, ServerSideEncryption, UploadPartCopyInput, UploadPartCopyOutput,
        UploadPartInput, UploadPartOutput,
    },
    s3_error,
};

use super::{
    Answer,
    conditions::Conditions,
    copy::md5_of,
    describe::{self, headers},
    encryption::{self, encryption},
    error::{bucket, key, no_such_upload, upload_id},
    receive::{LARGEST_PUT, Promise, Received, receive, to_dto},
    source::{self, source_conditions},
    tagging,
};
use crate::storage::{Attributes, Body, Bucket, ETag, Headers, Millis, Object, Part, Storage, Upload, UploadId};

/// Smallest part in bytes, except the last.
const SMALLEST_PART: u64 = 5 << 20;
const MOST_PARTS: u16 = 10_000;

pub fn create(
    storage: &Storage,
    request: S3Request<CreateMultipartUploadInput>,
) -> Answer<CreateMultipartUploadOutput> {
    let mut input = request.input;
    let bucket = bucket(storage, &input.bucket)?;
    let attributes = Attributes {
        etag: ETag::of_content([0; 16]),
        modified: Millis::now(),
        tags: tagging::parse_header(input.tagging.as_deref())?,
        storage_class: describe::storage_class(input.storage_class.as_ref())?,
        headers: Arc::new(headers!(input, &request.headers)),
        parts: Vec::new(),
        checksum: None,
        encryption: encryption!(input),
    };
    let id = bucket.begin_upload(Upload { key: key(&input.key)?, attributes, parts: BTreeMap::new() })?;
    Ok(S3Response::new(CreateMultipartUploadOutput {
        bucket: Some(input.bucket),
        key: Some(input.key),
        upload_id: Some(id.0.simple().to_string()),
        checksum_algorithm: input.checksum_algorithm,
        checksum_type: input.checksum_type,
        ..CreateMultipartUploadOutput::default()
    }))
}

/// The upload with this id, if it belongs to this key.
pub fn find(bucket: &Bucket, key: &str, id: &str) -> S3Result<(UploadId, Upload)> {
    let id = upload_id(id)?;
    let upload = bucket.upload(id).filter(|upload| upload.key.as_str() == key).ok_or_else(no_such_upload)?;
    Ok((id, upload))
}

pub async fn upload_part(storage: &Storage, mut request: S3Request<UploadPartInput>) -> Answer<UploadPartOutput> {
    let promise = Promise::of_part(&mut request);
    let mut input = request.input;
    let bucket = bucket(storage, &input.bucket)?;
    let (id, upload) = find(&bucket, &input.key, &input.upload_id)?;
    let (algorithm, key_id, customer_key) = encryption::told(&upload.attributes);
    let number = part_number(input.part_number)?;
    let received = receive(storage, input.body.take(), &promise).await?;
    let checksum = to_dto(received.checksum.as_ref());
    let part = new_part(received);
    let etag = describe::etag(part.attributes.etag);
    bucket.put_part(id, number, part)?;
    Ok(S3Response::new(UploadPartOutput {
        e_tag: Some(etag),
        server_side_encryption: algorithm.map(ServerSideEncryption::from),
        ssekms_key_id: key_id,
        sse_customer_algorithm: customer_key.as_ref().map(|_| "AES256".to_owned()),
        sse_customer_key_md5: customer_key,
        checksum_crc32: checksum.checksum_crc32,
        checksum_crc32c: checksum.checksum_crc32c,
        checksum_crc64nvme: checksum.checksum_crc64nvme,
        checksum_sha1: checksum.checksum_sha1,
        checksum_sha256: checksum.checksum_sha256,
        ..UploadPartOutput::default()
    }))
}

pub async fn upload_part_copy(storage: &Storage, mut input: UploadPartCopyInput) -> Answer<UploadPartCopyOutput> {
    let bucket = bucket(storage, &input.bucket)?;
    let (id, _) = find(&bucket, &input.key, &input.upload_id)?;
    let number = part_number(input.part_number)?;
    let key_of_source = input.copy_source_sse_customer_key_md5.take();
    let source = source::find(storage, &input.copy_source, &source_conditions!(input), key_of_source.as_deref())?;
    let body = copied_range(&source.object.body, input.copy_source_range.as_deref())?;
    let md5 = md5_of(body.clone()).await?;
    let part = new_part(Received { body, md5, checksum: None });
    let result = CopyPartResult {
        e_tag: Some(describe::etag(part.attributes.etag)),
        last_modified: Some(describe::timestamp(part.attributes.modified)),
        ..CopyPartResult::default()
    };
    bucket.put_part(id, number, part)?;
    Ok(S3Response::new(UploadPartCopyOutput { copy_part_result: Some(result), ..UploadPartCopyOutput::default() }))
}

/// Unlike a range of a GET, this one must have both ends and lie within the source.
fn copied_range(body: &Body, range: Option<&str>) -> S3Result<Body> {
    let bytes = match range {
        None => 0..body.length(),
        Some(range) => match Range::parse(range) {
            Ok(Range::Int { first, last: Some(last) }) if last < body.length() => first..last + 1,
            _ => {
                return Err(s3_error!(
                    InvalidArgument,
                    "The x-amz-copy-source-range value must be of the form bytes=first-last where first and last are \
                     the zero-based offsets of the first and last bytes to copy, within the source"
                ));
            }
        },
    };
    if bytes.end - bytes.start > LARGEST_PUT {
        return Err(s3_error!(InvalidRequest, "A part has at most {LARGEST_PUT} bytes."));
    }
    Ok(body.slice(bytes))
}

fn part_number(number: i32) -> S3Result<u16> {
    let number = u16::try_from(number).ok().filter(|number| (1..=MOST_PARTS).contains(number));
    number.ok_or_else(|| {
        s3_error!(InvalidArgument, "Part number must be an integer between 1 and {MOST_PARTS}, inclusive")
    })
}

fn new_part(received: Received) -> Part {
    let attributes = Attributes {
        etag: ETag::of_content(received.md5),
        modified: Millis::now(),
        headers: Arc::new(Headers::default()),
        tags: Vec::new(),
        storage_class: None,
        parts: Vec::new(),
        checksum: received.checksum,
        encryption: None,
    };
    Part { attributes, body: received.body }
}

pub fn complete(storage: &Storage, mut input: CompleteMultipartUploadInput) -> Answer<CompleteMultipartUploadOutput> {
    let bucket = bucket(storage, &input.bucket)?;
    let (id, upload) = find(&bucket, &input.key, &input.upload_id)?;
    let listed = input.multipart_upload.take().and_then(|upload| upload.parts).unwrap_or_default();
    let parts = chosen_parts(&upload, &listed)?;
    let object = join(&upload, &parts)?;
    if input.mpu_object_size.is_some_and(|size| u64::try_from(size).ok() != Some(object.body.length())) {
        return Err(s3_error!(InvalidRequest, "The parts do not add up to the size that you specified."));
    }
    let conditions =
        Conditions { if_match: input.if_match, if_none_match: input.if_none_match, ..Conditions::default() };
    let etag = object.attributes.etag;
    bucket.complete_upload::<S3Error>(id, &upload.key, object, |current| conditions.allow_write(current))?;
    Ok(S3Response::new(CompleteMultipartUploadOutput {
        location: Some(format!("/{}/{}", input.bucket, input.key)),
        bucket: Some(input.bucket),
        key: Some(input.key),
        e_tag: Some(describe::etag(etag)),
        ..CompleteMultipartUploadOutput::default()
    }))
}

/// The listed parts, checked for order and for the ETags of the received parts.
fn chosen_parts(upload: &Upload, listed: &[CompletedPart]) -> S3Result<Vec<Arc<Part>>> {
    if listed.is_empty() {
        return Err(s3_error!(MalformedXML, "You must specify at least one part"));
    }
    let mut chosen: Vec<Arc<Part>> = Vec::with_capacity(listed.len());
    let mut last = 0;
    for part in listed {
        let number = part_number(part.part_number.unwrap_or_default())?;
        if number <= last {
            return Err(s3_error!(InvalidPartOrder, "The list of parts was not in ascending order."));
        }
        last = number;
        let same = |found: &&Arc<Part>| {
            part.e_tag.as_ref().is_some_and(|etag| etag.value() == found.attributes.etag.to_string())
        };
        let found = upload.parts.get(&number).filter(same).ok_or_else(|| {
            s3_error!(InvalidPart, "Part {number} could not be found, or its ETag is another than you specified.")
        })?;
        if chosen.last().is_some_and(|previous| previous.body.length() < SMALLEST_PART) {
            return Err(s3_error!(EntityTooSmall, "All parts but the last have at least {SMALLEST_PART} bytes."));
        }
        chosen.push(Arc::clone(found));
    }
    Ok(chosen)
}

fn join(upload: &Upload, parts: &[Arc<Part>]) -> S3Result<Object> {
    let mut md5 = Md5::new();
    for part in parts {
        md5.update(part.attributes.etag.md5);
    }
    let count = u16::try_from(parts.len()).map_err(S3Error::internal_error)?;
    let attributes = Attributes {
        etag: ETag { md5: md5.finalize().into(), parts: Some(count) }.under(upload.attributes.encryption.as_ref()),
        modified: Millis::now(),
        parts: parts.iter().map(|part| part.body.length()).collect(),
        ..upload.attributes.clone()
    };
    Ok(Object { attributes, body: Body::new(parts.iter().flat_map(|part| part.body.segments().iter().cloned())) })
}

pub fn abort(storage: &Storage, input: &AbortMultipartUploadInput) -> Answer<AbortMultipartUploadOutput> {
    let bucket = bucket(storage, &input.bucket)?;
    let (id, _) = find(&bucket, &input.key, &input.upload_id)?;
    bucket.abort_upload(id)?;
    Ok(S3Response::new(AbortMultipartUploadOutput::default()))
}
