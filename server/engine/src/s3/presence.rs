//! Whether an object exists, so that "no" is certain.
//!
//! A GET of its first byte, not a HEAD: a HEAD's 404 has no body, and so a missing key looks like a missing bucket, or like
//! a proxy that knows neither. Both cost the same.

use aws_sdk_s3::error::ProvideErrorMetadata;
use model::{BucketName, Key};

use super::{Action, S3Client, S3Error, S3Fault, blank::sendable, error::Failed, head::LIMIT};

const NO_SUCH_KEY: &str = "NoSuchKey";
/// Error code for the first byte of an empty object.
const EMPTY: &str = "InvalidRange";

impl S3Client {
    /// `Ok(false)` only if the store answers that this bucket has no such key.
    pub async fn holds(&self, bucket: &BucketName, key: &Key) -> Result<bool, Failed> {
        let context = self.context(Action::Head, Some(bucket));
        let request = || async {
            let request = self.client.get_object().bucket(bucket.as_str()).key(sendable(key)).range("bytes=0-0");
            let Err(error) = request.send().await else { return Ok(true) };
            match error.code() {
                Some(NO_SUCH_KEY) => Ok(false),
                Some(EMPTY) => Ok(true),
                _ => {
                    let error: S3Error = context.classify(&error);
                    if *error.fault() == S3Fault::Archived { Ok(true) } else { Err(error) }
                }
            }
        };
        self.retry.send(&context, LIMIT, request).await
    }
}
