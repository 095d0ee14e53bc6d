//! Checks before a clone that keeps Object Lock whether it can.

use aws_sdk_s3::types::ObjectLockEnabled;
use model::{BucketName, Key};

use super::{Action, S3Client, S3Error, S3Fault, blank::sendable, head::LIMIT};

impl S3Client {
    /// Whether objects of the bucket can be locked; also true if the settings cannot be read.
    pub async fn can_lock(&self, bucket: &BucketName) -> Result<(), S3Error> {
        let context = self.context(Action::ReadLockSettings, Some(bucket));
        let request = || async {
            let answer = self.client.get_object_lock_configuration().bucket(bucket.as_str()).send().await;
            let settings = answer.map_err(|error| context.classify(&error))?;
            let enabled = settings.object_lock_configuration().and_then(|settings| settings.object_lock_enabled());
            match enabled {
                Some(ObjectLockEnabled::Enabled) => Ok(()),
                _ => Err(context.error(S3Fault::NoObjectLock)),
            }
        };
        match self.retry.send(&context, LIMIT, request).await.map_err(S3Error::from) {
            Err(error) if error.denied() => Ok(()),
            answer => answer,
        }
    }

    /// A HEAD omits a lock that the credentials may not read. So requests of their own read the lock of one object: an error
    /// is a missing permission, or concerns the whole store.
    pub async fn tells_locks(&self, bucket: &BucketName, key: &Key) -> Result<(), S3Error> {
        let (context, key) = (self.context(Action::ReadRetention, Some(bucket)), sendable(key));
        let request = || async {
            let request = self.client.get_object_retention().bucket(bucket.as_str()).key(&key);
            request.send().await.map(drop).map_err(|error| context.classify(&error))
        };
        unless_none(self.retry.send(&context, LIMIT, request).await.map_err(S3Error::from))?;
        let context = self.context(Action::ReadLegalHold, Some(bucket));
        let request = || async {
            let request = self.client.get_object_legal_hold().bucket(bucket.as_str()).key(&key);
            request.send().await.map(drop).map_err(|error| context.classify(&error))
        };
        unless_none(self.retry.send(&context, LIMIT, request).await.map_err(S3Error::from))
    }
}

/// A missing lock at an object, a bucket or a store is not an error.
fn unless_none(answer: Result<(), S3Error>) -> Result<(), S3Error> {
    answer.or_else(|error| if error.denied() || error.fatal() { Err(error) } else { Ok(()) })
}
