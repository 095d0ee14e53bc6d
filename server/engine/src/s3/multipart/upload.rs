//! A multipart upload, from its begin to its end: completed or aborted.
//!
//! Always: an upload that is dropped before its end is aborted in the background, so that no parts stay behind, which cost
//! money and appear in no listing. Some leftovers are unavoidable: an upload whose begin was never answered, or whose
//! process was killed, and perhaps a part that the store was still copying when its upload was aborted. Logyard does not
//! search for them, as an upload does not name who began it: a lifecycle rule (`AbortIncompleteMultipartUpload`) removes
//! them.

use std::time::Duration;

use aws_sdk_s3::types::{ChecksumAlgorithm, ChecksumType, CompletedMultipartUpload, CompletedPart};
use model::{BucketName, Key};
use tokio::{runtime::Handle, time::timeout};
use tokio_util::sync::CancellationToken;

use super::{Transfer, inspect::SourceInfo, layout::Part};
use crate::s3::{
    Action, ETag, Listed, ObjectMetadata, S3Client,
    blank::sendable,
    carried::Carried,
    copy::limit,
    digest::{Digester, Md5Sum, hides_digest},
    encoding::{byte_range, copy_source},
    error::Failed,
    limiter_wait::LimiterWait,
    retry::Retry,
    running::Running,
    stream::{CHECKSUM, calculating, idle_limit},
};

const BEGIN_WITHIN: Duration = Duration::from_mins(1);

/// Time limit of an abort: shorter than the time that a stop leaves to running tasks.
const ABORT_WITHIN: Duration = Duration::from_secs(2);

/// A part that was written.
pub struct SentPart {
    pub number: i32,
    pub etag: ETag,
    /// The MD5 of its bytes; `None` if the store copied by itself.
    pub digest: Option<Md5Sum>,
    /// Whether the store answered with that digest, or with the checksum that was sent.
    pub answered: bool,
    /// The digest of the object up to the end of this part, if the parts are sent in order.
    pub object: Option<Running>,
}

pub struct Upload {
    store: S3Client,
    bucket: BucketName,
    key: Key,
    id: String,
    /// Checksum that each streamed part must have.
    checksum: Option<ChecksumAlgorithm>,
    /// Whether it is neither completed nor aborted.
    open: bool,
}

impl Upload {
    pub async fn begin(
        store: &S3Client,
        bucket: &BucketName,
        key: &Key,
        seen: &SourceInfo,
        transfer: Transfer,
    ) -> Result<Self, Failed> {
        let context = store.context(Action::Put, Some(bucket)).asking_also(seen.options.permissions());
        let checked = seen.options.locks() || seen.options.hides_digest();
        let checksum = (transfer == Transfer::Streamed && checked).then_some(CHECKSUM);
        let (context, algorithm) = (&context, &checksum);
        let request = |metadata: ObjectMetadata| async move {
            let request = store.client.create_multipart_upload().bucket(bucket.as_str()).key(sendable(key));
            let raw = metadata.raw();
            let request = seen.options.clone().onto_upload(metadata.onto_upload(request));
            let request = request.set_checksum_type(algorithm.as_ref().map(|_| ChecksumType::FullObject));
            let begun = request
                .set_checksum_algorithm(algorithm.clone())
                .customize()
                .interceptor(raw)
                .send()
                .await
                .map_err(|error| context.classify(&error))?;
            let id = begun.upload_id.filter(|id| !id.is_empty());
            id.ok_or_else(|| context.unclear("the upload was answered with success but no id"))
        };
        let carried = Carried::new(seen.options.fallback());
        let send = || {
            let metadata = carried.limited(seen.metadata.clone().without_checksum());
            store.retry.send(context, BEGIN_WITHIN, move || request(metadata.clone()))
        };
        let id = carried.send(store, key, send).await?;
        Ok(Self { store: store.clone(), bucket: bucket.clone(), key: key.clone(), id, checksum, open: true })
    }

    /// Lets the store copy a part by itself, if `source` is still the version described.
    pub async fn copy_part(&self, from: &BucketName, source: &Listed, part: &Part) -> Result<SentPart, Failed> {
        let context = self.store.context(Action::Copy, Some(&self.bucket));
        let request = || async {
            let request = self
                .store
                .client
                .upload_part_copy()
                .copy_source(copy_source(from, &source.key))
                .set_copy_source_if_match(source.etag.as_ref().map(ETag::quoted))
                .copy_source_range(byte_range(&part.bytes))
                .bucket(self.bucket.as_str())
                .key(sendable(&self.key))
                .upload_id(&self.id)
                .part_number(part.number);
            let copied = request.send().await.map_err(|error| context.classify(&error))?;
            let etag = copied.copy_part_result().and_then(|result| result.e_tag()).and_then(ETag::parse);
            let etag =
                etag.ok_or_else(|| context.unclear("the copy of a part was answered with success but no ETag"))?;
            Ok(SentPart { number: part.number, etag, digest: None, answered: false, object: None })
        };
        self.store.retry.let_through(&context, part.length()).await?;
        let sent = self.store.retry.send(&context, limit(part.length()), request).await;
        sent.inspect(|_| self.store.retry.meter.move_on(part.length()))
    }

    /// Streams a part through this process, which follows what `before` has digested. Each attempt reads it again.
    pub async fn stream_part(
        &self,
        other: &S3Client,
        from: &BucketName,
        source: &Listed,
        part: &Part,
        before: Option<&Running>,
    ) -> Result<SentPart, Failed> {
        let context = self.store.context(Action::Put, Some(&self.bucket));
        let wait = LimiterWait::default();
        let request = || async {
            wait.run(other.retry.turn()).await;
            let read = other.open(from, source, Some(&part.bytes), None).await?;
            let digester = Digester::of_part(part.length(), before.cloned());
            let request = self
                .store
                .client
                .upload_part()
                .bucket(self.bucket.as_str())
                .key(sendable(&self.key))
                .upload_id(&self.id)
                .part_number(part.number)
                .set_content_length(read.content_length())
                .set_checksum_algorithm(self.checksum.clone())
                .body(digester.through(other.watched(read.body, &self.store, &wait)));
            let request = request.customize().config_override(calculating(self.checksum.as_ref()));
            let written = request.send().await.map_err(|error| context.classify(&error))?;
            let etag = written.e_tag().and_then(ETag::parse);
            let etag = etag.ok_or_else(|| context.unclear("a part was answered with success but no ETag"))?;
            let hidden = hides_digest(&self.bucket, written.server_side_encryption(), written.sse_customer_algorithm());
            let accepted = self.checksum.is_some() && written.checksum_crc64_nvme().is_some();
            let answered = digester.is_answered(&context, &etag, hidden)? || accepted;
            Ok(SentPart { number: part.number, etag, digest: digester.found(), answered, object: digester.object() })
        };
        self.store.retry.with(&other.retry).send_limited(&context, idle_limit(part.length()), &wait, request).await
    }

    /// Completes the object from its parts, in order; `size` is their total in bytes.
    pub async fn complete(&mut self, parts: &[SentPart], size: u64) -> Result<ETag, Failed> {
        let part =
            |part: &SentPart| CompletedPart::builder().part_number(part.number).e_tag(part.etag.quoted()).build();
        let parts = parts.iter().map(part).collect();
        let parts = CompletedMultipartUpload::builder().set_parts(Some(parts)).build();
        let context = self.store.context(Action::Put, Some(&self.bucket));
        let request = || async {
            let request = self.store.client.complete_multipart_upload().bucket(self.bucket.as_str());
            let request = request.key(sendable(&self.key)).upload_id(&self.id).multipart_upload(parts.clone());
            let completed = request.send().await.map_err(|error| context.classify(&error))?;
            let etag = completed.e_tag().and_then(ETag::parse);
            etag.ok_or_else(|| context.unclear("the upload was completed with success but no ETag"))
        };
        let etag = self.store.retry.send(&context, limit(size), request).await?;
        self.open = false;
        Ok(etag)
    }

    pub async fn abort(mut self) {
        self.removal().await;
        self.open = false;
    }

    /// Aborts the upload, also after a stop. A failure is only logged.
    fn removal(&self) -> impl Future<Output = ()> + Send + use<> {
        let context = self.store.context(Action::Abort, Some(&self.bucket));
        let retry = Retry { stop: CancellationToken::new(), ..self.store.retry.hasty() };
        let request = self.store.client.abort_multipart_upload();
        let request = request.bucket(self.bucket.as_str()).key(sendable(&self.key)).upload_id(&self.id);
        let id = self.id.clone();
        async move {
            let send = || async { request.clone().send().await.map(|_| ()).map_err(|error| context.classify(&error)) };
            match timeout(ABORT_WITHIN, retry.send(&context, ABORT_WITHIN, send)).await {
                Ok(Ok(())) => {}
                // Completed by a request whose answer was lost, or aborted already.
                Ok(Err(failed)) if failed.error.fault().is_answer("NoSuchUpload") => {}
                Ok(Err(failed)) => tracing::warn!(error = %failed.error, upload = id, "an upload is left behind"),
                Err(_) => tracing::warn!(upload = id, "an upload is left behind: no answer to its abort"),
            }
        }
    }
}

impl Drop for Upload {
    fn drop(&mut self) {
        if self.open
            && let Ok(runtime) = Handle::try_current()
        {
            runtime.spawn(self.removal());
        }
    }
}
