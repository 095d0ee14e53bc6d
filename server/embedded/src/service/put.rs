//! `PutObject`.

use std::sync::Arc;

use s3s::{
    S3Request, S3Response,
    dto::{PutObjectInput, PutObjectOutput, ServerSideEncryption},
};

use super::{
    Answer,
    conditions::Conditions,
    describe::{self, headers},
    encryption::{self, encryption},
    error::{bucket, key},
    receive::{Promise, receive, to_dto},
    tagging,
};
use crate::storage::{Attributes, ETag, Millis, Object, Storage};

pub async fn put(storage: &Storage, mut request: S3Request<PutObjectInput>) -> Answer<PutObjectOutput> {
    let promise = Promise::of_object(&mut request);
    let mut input = request.input;
    let bucket = bucket(storage, &input.bucket)?;
    let key = key(&input.key)?;
    let tags = tagging::parse_header(input.tagging.as_deref())?;
    let storage_class = describe::storage_class(input.storage_class.as_ref())?;
    let conditions = Conditions {
        if_match: input.if_match.take(),
        if_none_match: input.if_none_match.take(),
        ..Conditions::default()
    };
    // An early check avoids receiving a body that would be refused; the check at the put decides.
    conditions.allow_write(bucket.get(key.as_str()).as_ref())?;

    let encryption = encryption!(input);
    let received = receive(storage, input.body.take(), &promise).await?;
    let etag = ETag::of_content(received.md5).under(encryption.as_ref());
    let checksum = to_dto(received.checksum.as_ref());
    let attributes = Attributes {
        etag,
        modified: Millis::now(),
        headers: Arc::new(headers!(input, &request.headers)),
        tags,
        storage_class,
        parts: Vec::new(),
        checksum: received.checksum,
        encryption,
    };
    let (algorithm, key_id, customer_key) = encryption::told(&attributes);
    bucket.put(&key, Object { attributes, body: received.body }, |current| conditions.allow_write(current))?;
    Ok(S3Response::new(PutObjectOutput {
        e_tag: Some(describe::etag(etag)),
        server_side_encryption: algorithm.map(ServerSideEncryption::from),
        ssekms_key_id: key_id,
        sse_customer_algorithm: customer_key.as_ref().map(|_| "AES256".to_owned()),
        sse_customer_key_md5: customer_key,
        checksum_crc32: checksum.checksum_crc32,
        checksum_crc32c: checksum.checksum_crc32c,
        checksum_crc64nvme: checksum.checksum_crc64nvme,
        checksum_sha1: checksum.checksum_sha1,
        checksum_sha256: checksum.checksum_sha256,
        ..PutObjectOutput::default()
    }))
}
