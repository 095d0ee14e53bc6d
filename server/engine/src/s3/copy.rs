//! CopyObject: the store copies by itself, with metadata, content headers and tags. It loses website redirect, ACL and
//! Object Lock, which are in [`super::write_options`].

use std::time::Duration;

use aws_sdk_s3::types::{StorageClass, TaggingDirective};
use model::{BucketName, Key};

use super::{
    Action, Copied, ETag, Listed, S3Client, S3Error, S3Fault, WriteOptions, blank::sendable, encoding::copy_source,
    error::Failed,
};

const MD5_OF_NOTHING: &str = "1B2M2Y8AsgTpgAmY7PhCfg==";

/// Time limit of a request by which the store copies by itself, as nothing shows before it has: five minutes, and the time
/// that a slow disk needs for the bytes.
pub(super) fn limit(size: u64) -> Duration {
    Duration::from_secs(300 + size / (8 << 20))
}

impl S3Client {
    /// Copies `source` of bucket `from`, if it is still the version listed, to `key` of bucket `to`. This store's
    /// credentials must read the source and write the destination. Success is an ETag: a 200 without one is an error. A
    /// throttled request calls `slow_down`; if that returns true, the caller retries the copy, and it is not retried here.
    /// A refusal that may be about tags is followed by a copy without tags, if the clone allows that.
    pub async fn copy(
        &self,
        from: &BucketName,
        source: &Listed,
        to: &BucketName,
        key: &Key,
        options: &WriteOptions,
        slow_down: &(dyn Fn() -> bool + Sync),
    ) -> Result<Copied, Failed> {
        let context = &self.context(Action::Copy, Some(to)).asking_also(options.permissions());
        let request = |tags: Option<TaggingDirective>| async move {
            let request = self
                .client
                .copy_object()
                .copy_source(copy_source(from, &source.key))
                .set_copy_source_if_match(source.etag.as_ref().map(ETag::quoted))
                .set_storage_class(source.class.as_deref().map(StorageClass::from))
                .set_tagging_directive(tags)
                .bucket(to.as_str())
                .key(sendable(key));
            let request = options.clone().onto_copy(request);
            let sent = if options.locks() {
                // Some stores want it with every lock, even of a request without a body.
                let checked = request.customize().mutate_request(|request| {
                    request.headers_mut().insert("content-md5", MD5_OF_NOTHING);
                });
                checked.send().await
            } else {
                request.send().await
            };
            let copied = sent.map_err(|error| context.classify(&error))?;
            let etag = copied.copy_object_result().and_then(|result| result.e_tag()).and_then(ETag::parse);
            etag.map(Copied::by_store)
                .ok_or_else(|| -> S3Error { context.unclear("the copy was answered with success but no ETag") })
        };
        self.retry.let_through(context, source.size).await?;
        let handed_back = |error: &S3Error| matches!(error.fault(), S3Fault::Throttled { .. }) && slow_down();
        let send = |tags: Option<TaggingDirective>| {
            self.retry.send_unless(context, limit(source.size), handed_back, move || request(tags.clone()))
        };
        let copied = match send(None).await {
            Err(refused) if self.may_drop_tags(&refused.error) => {
                self.unless_tags(key, refused, send(Some(TaggingDirective::Replace)).await)
            }
            copied => copied,
        };
        copied.inspect_err(|failed| {
            if matches!(failed.error.fault(), S3Fault::Throttled { .. }) {
                self.retry.bandwidths().for_each(|bandwidth| bandwidth.give_back(source.size));
            }
        })
    }
}
