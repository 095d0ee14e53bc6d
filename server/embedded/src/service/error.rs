//! S3 errors for storage errors, and look-ups that return them.

use std::sync::Arc;

use http::StatusCode;
use s3s::{S3Error, S3ErrorCode, S3Result, s3_error};

use crate::storage::{Bucket, Key, Object, Storage, StorageError, UploadId};

impl From<StorageError> for S3Error {
    fn from(error: StorageError) -> Self {
        match error {
            StorageError::BucketGone => s3_error!(NoSuchBucket, "The specified bucket does not exist."),
            StorageError::UploadGone => no_such_upload(),
            other => S3Error::with_source(S3ErrorCode::InternalError, Box::new(other)),
        }
    }
}

pub fn no_such_upload() -> S3Error {
    s3_error!(NoSuchUpload, "The specified upload does not exist. It may have been aborted or completed.")
}

pub fn no_such_key() -> S3Error {
    s3_error!(NoSuchKey, "The specified key does not exist.")
}

pub fn bucket(storage: &Storage, name: &str) -> S3Result<Arc<Bucket>> {
    storage.bucket(name).ok_or_else(|| s3_error!(NoSuchBucket, "The specified bucket does not exist."))
}

pub fn object(storage: &Storage, bucket_name: &str, key: &str) -> S3Result<Arc<Object>> {
    bucket(storage, bucket_name)?.get(key).ok_or_else(no_such_key)
}

pub fn key(key: &str) -> S3Result<Key> {
    Key::new(key).ok_or_else(|| s3_error!(KeyTooLongError, "A key has 1 to {} bytes.", Key::LONGEST))
}

pub fn upload_id(text: &str) -> S3Result<UploadId> {
    text.parse().map(UploadId).map_err(|_| no_such_upload())
}

/// An S3 error code that s3s does not define; status 400 unless another is set.
pub fn custom(code: &'static str, message: &'static str) -> S3Error {
    let mut error = S3Error::with_message(S3ErrorCode::Custom(code.into()), message);
    error.set_status_code(StatusCode::BAD_REQUEST);
    error
}
