//! `DeleteObject`, one object a request, if it is still the version that was listed.
//!
//! Not `DeleteObjects`: its XML cannot carry keys with control characters, and one answer for a thousand keys must be taken
//! apart again. The mirror checks each key at the source anyway, so a batch would save only half of the requests, and
//! those are free.
//!
//! The condition on the ETag closes the gap between listing and deleting. Stores that do not support it either ignore it
//! or answer 501, and then get the request without it: the condition is an additional check.

use model::BucketName;

use super::{Action, ETag, Listed, S3Client, S3Error, blank::sendable, error::Failed, head::LIMIT};

/// Status of a store that does not support the condition.
const UNKNOWN: &str = "NotImplemented";

impl S3Client {
    /// Deletes an object as listed; a bucket with versions hides it behind a marker. `S3Fault::Changed`: it was replaced,
    /// and still exists. `S3Fault::NotFound`: it was deleted before, or by an attempt whose answer was lost.
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
