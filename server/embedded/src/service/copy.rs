//! `CopyObject`: the blobs are shared, so a copy costs one line in the journal.

use std::sync::Arc;

use http::HeaderMap;
use md5::{Digest, Md5};
use s3s::{
    S3Error, S3Request, S3Response, S3Result,
    dto::{CopyObjectInput, CopyObjectOutput, CopyObjectResult, MetadataDirective, TaggingDirective},
    s3_error,
};

use super::{
    Answer,
    conditions::Conditions,
    describe::{self, headers},
    encryption::encryption,
    error::{bucket, key},
    receive::LARGEST_PUT,
    source::{self, Source, source_conditions},
    tagging,
};
use crate::storage::{Attributes, Body, ETag, Headers, Millis, Object, Storage};

pub async fn copy(storage: &Storage, request: S3Request<CopyObjectInput>) -> Answer<CopyObjectOutput> {
    let mut input = request.input;
    let bucket = bucket(storage, &input.bucket)?;
    let key = key(&input.key)?;
    let storage_class = describe::storage_class(input.storage_class.as_ref())?;
    let key_of_source = input.copy_source_sse_customer_key_md5.take();
    let source = source::find(storage, &input.copy_source, &source_conditions!(input), key_of_source.as_deref())?;
    refuse_copy_onto_itself(&input, &source)?;
    let object = &source.object;
    if object.body.length() > LARGEST_PUT {
        return Err(s3_error!(InvalidRequest, "The source is larger than {LARGEST_PUT} bytes; copy it in parts."));
    }
    let encryption = encryption!(input);
    let attributes = Attributes {
        etag: etag_of_copy(object).await?.under(encryption.as_ref()),
        modified: Millis::now(),
        headers: headers_of_copy(&mut input, &request.headers, object),
        tags: match input.tagging_directive.as_ref().map(TaggingDirective::as_str) {
            Some(TaggingDirective::REPLACE) => tagging::parse_header(input.tagging.as_deref())?,
            _ => object.attributes.tags.clone(),
        },
        storage_class,
        parts: Vec::new(),
        checksum: object.attributes.checksum.clone(),
        encryption,
    };
    let result = CopyObjectResult {
        e_tag: Some(describe::etag(attributes.etag)),
        last_modified: Some(describe::timestamp(attributes.modified)),
        ..CopyObjectResult::default()
    };
    let body = object.body.clone();
    bucket.put(&key, Object { attributes, body }, |current| Conditions::default().allow_write(current))?;
    Ok(S3Response::new(CopyObjectOutput { copy_object_result: Some(result), ..CopyObjectOutput::default() }))
}

fn replaces_metadata(input: &CopyObjectInput) -> bool {
    input.metadata_directive.as_ref().is_some_and(|directive| directive.as_str() == MetadataDirective::REPLACE)
}

/// The website redirect is not copied, as on AWS.
fn headers_of_copy(input: &mut CopyObjectInput, given: &HeaderMap, object: &Object) -> Arc<Headers> {
    let redirect = input.website_redirect_location.take();
    if replaces_metadata(input) {
        return Arc::new(Headers { website_redirect: redirect, ..headers!(input, given) });
    }
    let headers = &object.attributes.headers;
    if headers.website_redirect == redirect {
        return Arc::clone(headers);
    }
    Arc::new(Headers { website_redirect: redirect, ..Headers::clone(headers) })
}

fn refuse_copy_onto_itself(input: &CopyObjectInput, source: &Source) -> S3Result<()> {
    let changes = replaces_metadata(input)
        || input.storage_class.is_some()
        || input.website_redirect_location.is_some()
        || input.server_side_encryption.is_some();
    if source.bucket == input.bucket && source.key == input.key && !changes {
        return Err(s3_error!(
            InvalidRequest,
            "This copy request is illegal because it is trying to copy an object to itself without changing the \
             object's metadata, storage class, website redirect location or encryption attributes."
        ));
    }
    Ok(())
}

/// MD5 of the content: stored for a plain object, computed for one with parts or encrypted under a key, as on AWS.
async fn etag_of_copy(object: &Object) -> S3Result<ETag> {
    match object.attributes.etag {
        plain @ ETag { parts: None, .. } if object.attributes.encryption.is_none() => Ok(plain),
        _ => Ok(ETag::of_content(md5_of(object.body.clone()).await?)),
    }
}

/// Computes the MD5 of a body chunk by chunk.
pub async fn md5_of(body: Body) -> S3Result<[u8; 16]> {
    let mut md5 = Md5::new();
    let mut reader = body.reader();
    while let Some(bytes) = reader.next().await.map_err(S3Error::internal_error)? {
        md5.update(&bytes);
    }
    Ok(md5.finalize().into())
}
