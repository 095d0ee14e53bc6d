//! `DeleteObject`, one object a request, if it is still the one that was listed.
//!
//! Not `DeleteObjects`: its XML cannot carry keys with control characters, and one answer for a thousand keys has to be
//! taken apart again. Whoever deletes asks the source about each key anyway, so a batch would spare only half of the
//! requests, and those are free.
//!
//! The condition on the ETag closes the gap between listing and deleting. Stores that do not know it either ignore it
//! or say so (501), and are then asked without: it is a second lock, not the first.

use model::BucketName;

use super::{Action, ETag, Listed, S3Client, S3Error, blank::sendable, error::Failed, head::LIMIT};

/// What a store answers to a condition that it does not know.
const UNKNOWN: &str = "NotImplemented";

impl S3Client {
    /// Deletes an object as listed; in a bucket with versions it is hidden behind a marker. `S3Fault::Changed`: it has
    /// been replaced, and is there still. `S3Fault::NotFound`: it was gone before, or by an attempt whose answer was lost.
    pub async fn delete(&self, bucket: &BucketName, object: &Listed) -> Result<(), Failed> {
        match self.delete_if(bucket, object, object.etag.as_ref()).await {
            Err(refused) if object.etag.is_some() && refused.error.fault().is_answer(UNKNOWN) => {
                self.delete_if(bucket, object, None).await
            }
            answer => answer,
        }
    }

    async fn delete_if(&self, bucket: &BucketName, object: &Listed, etag: Option<&ETag>) -> Result<(), Failed> {
        let context = self.context(Action::Delete, Some(bucket));
        let request = || async {
            let request = self.client.delete_object().bucket(bucket.as_str()).key(sendable(&object.key));
            let sent = request.set_if_match(etag.map(ETag::quoted)).send().await;
            sent.map(drop).map_err(|error| -> S3Error { context.classify(&error) })
        };
        self.retry.send(&context, LIMIT, request).await
    }
}
