//! CopyObject: the store copies by itself, with metadata, content headers and tags. It loses website redirect, ACL and
//! Object Lock, which are in [`super::write_options`].

use std::time::Duration;

use aws_sdk_s3::types::TaggingDirective;
use model::{BucketName, Key};

use super::{
    Action, Copied, ETag, Listed, S3Client, S3Error, S3Fault, WriteOptions, blank::sendable, carried::Carried,
    encoding::copy_source, error::Failed,
};

/// Time limit of a request by which the store copies by itself, as nothing shows before it has: five minutes, and the time
/// that a slow disk needs for the bytes.
pub(super) fn limit(size: u64) -> Duration {
    Duration::from_secs(300 + size / (8 << 20))
}

impl S3Client {
    /// Copies `source` of bucket `from`, if it is still the version listed, to `key` of bucket `to`. This store's
    /// credentials must read the source and write the destination. Success is an ETag: a 200 without one is an error. A
    /// throttled request calls `slow_down`; if that returns true, the caller retries the copy, and it is not retried here.
    /// A refusal that may be about tags or the storage class is followed by a copy without tags, or with another class, if the
    /// clone allows that.
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
        let carried = Carried::new(options.fallback());
        let request = |tags: Option<TaggingDirective>, class: Option<String>| async move {
            let request = self
                .client
                .copy_object()
                .copy_source(copy_source(from, &source.key))
                .set_copy_source_if_match(source.etag.as_ref().map(ETag::quoted))
                .set_tagging_directive(tags)
                .bucket(to.as_str())
                .key(sendable(key));
            let sent = options.clone().onto_copy(request, class.as_deref()).send().await;
            let copied = sent.map_err(|error| context.classify(&error))?;
            let etag = copied.copy_object_result().and_then(|result| result.e_tag()).and_then(ETag::parse);
            etag.map(Copied::by_store)
                .ok_or_else(|| -> S3Error { context.unclear("the copy was answered with success but no ETag") })
        };
        self.retry.let_through(context, source.size).await?;
        let handed_back = |error: &S3Error| matches!(error.fault(), S3Fault::Throttled { .. }) && slow_down();
        let send = || {
            let tags = (!carried.carries_tags()).then_some(TaggingDirective::Replace);
            let class = carried.class(options.class());
            let request = move || request(tags.clone(), class.clone());
            self.retry.send_unless(context, limit(source.size), handed_back, request)
        };
        let copied = carried.send(self, key, send).await;
        copied.inspect_err(|failed| {
            if matches!(failed.error.fault(), S3Fault::Throttled { .. }) {
                self.retry.bandwidths().for_each(|bandwidth| bandwidth.give_back(source.size));
            }
        })
    }
}
