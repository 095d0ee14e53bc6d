//! Copies from one endpoint to another: the bytes go through this process, piece by piece, never as a whole.
//!
//! The write request repeats what a CopyObject would carry. The read is conditional on the listed ETag and checked for its
//! length, so that what is written is one complete version of the object.

use std::{ops::Range, sync::Arc};

use aws_sdk_s3::{
    operation::get_object::GetObjectOutput,
    primitives::{ByteStream, SdkBody},
    types::ChecksumAlgorithm,
};
use bytes::Bytes;
use futures::StreamExt;
use http_body_util::{BodyStream, StreamBody};
use hyper::body::Frame;
use model::{BucketName, Fidelity, Key};

use super::{
    Action, ETag, Listed, ObjectMetadata, S3Client, S3Fault,
    blank::sendable,
    copy::limit,
    encoding::byte_range,
    error::{Failed, S3Error},
    limiter_wait::LimiterWait,
};
use crate::limit::Limiter;

impl S3Client {
    /// Reads `source` here and writes it to `key` of bucket `to` at another store. Each attempt reads it again.
    pub async fn stream(
        &self,
        from: &BucketName,
        source: &Listed,
        other: &Self,
        to: &BucketName,
        key: &Key,
        fidelity: &Fidelity,
    ) -> Result<ETag, Failed> {
        let options = self.write_options(from, source, fidelity).await?;
        let writing = other.context(Action::Put, Some(to));
        let wait = LimiterWait::default();
        let request = || async {
            wait.run(other.retry.turn()).await;
            let read = self.open(from, source, None).await?;
            if read.tag_count().is_some_and(|count| count > 0) {
                self.retry.turn_now();
            }
            let tags = self.tags(from, &source.key, read.tag_count()).await?;
            if tags.is_some() {
                self.retry.turn_now();
                self.still_there(from, source).await?;
            }
            let put = other.client.put_object().bucket(to.as_str()).key(sendable(key));
            let put = ObjectMetadata::of_get(&read, source, tags).onto_put(put);
            let options = options.clone().with_get(&read, fidelity);
            let writing = writing.clone().asking_also(options.permissions());
            let checksum = options.locks().then_some(ChecksumAlgorithm::Crc64Nvme);
            let put = options.onto_put(put).set_checksum_algorithm(checksum);
            let put = put.set_content_length(read.content_length()).body(self.watched(read.body, other, &wait));
            let written = put.send().await.map_err(|error| writing.classify(&error))?;
            let etag = written.e_tag().and_then(ETag::parse);
            etag.ok_or_else(|| writing.unclear("the object was answered with success but no ETag"))
        };
        self.retry.send_limited(&writing, limit(source.size), &wait, request).await
    }

    /// Checks that the version still exists after its tags were read, by a request that takes no condition.
    async fn still_there(&self, bucket: &BucketName, source: &Listed) -> Result<(), S3Error> {
        let context = self.context(Action::Head, Some(bucket));
        let request = self.client.head_object().bucket(bucket.as_str()).key(sendable(&source.key));
        let request = request.set_if_match(source.etag.as_ref().map(ETag::quoted));
        request.send().await.map(|_| ()).map_err(|error| context.classify(&error))
    }

    /// Opens the object or a range of its bytes, if it is still the version listed, and checks the length.
    pub(super) async fn open(
        &self,
        bucket: &BucketName,
        source: &Listed,
        bytes: Option<&Range<u64>>,
    ) -> Result<GetObjectOutput, S3Error> {
        let context = self.context(Action::Get, Some(bucket));
        let request = self.client.get_object().bucket(bucket.as_str()).key(sendable(&source.key));
        let request = request.set_if_match(source.etag.as_ref().map(ETag::quoted)).set_range(bytes.map(byte_range));
        let read = request.send().await.map_err(|error| context.classify(&error))?;
        // A success with nothing inside, as broken proxies answer, would pass for an empty object.
        if source.etag.is_some() && read.e_tag().and_then(ETag::parse) != source.etag {
            return Err(context.unclear("the answer is not of the object that was asked for"));
        }
        let length = read.content_length().and_then(|length| u64::try_from(length).ok());
        match bytes {
            // Of the version that was asked for: it is not as it is stored.
            None if length != Some(source.size) && source.etag.is_some() => {
                let came = read.content_length().unwrap_or_default();
                Err(context.unclear(format!("{came} bytes come of an object that is listed with {}", source.size)))
            }
            None if length != Some(source.size) => Err(context.error(S3Fault::Changed)),
            Some(bytes) if length != Some(bytes.end - bytes.start) => {
                Err(context.unclear("not as many bytes were answered as were asked for"))
            }
            _ => Ok(read),
        }
    }

    /// The same body on its way to `other`: each piece counts as progress, and waits for the ceilings of both.
    pub(super) fn watched(&self, body: ByteStream, other: &Self, wait: &LimiterWait) -> ByteStream {
        let (meter, wait) = (Arc::clone(&self.retry.meter), wait.clone());
        let (here, there) = (self.retry.bandwidth.clone(), other.retry.bandwidth.clone());
        let there = there.filter(|there| here.as_ref().is_none_or(|here| !Arc::ptr_eq(here, there)));
        let ceilings: Arc<[Arc<Limiter>]> = here.into_iter().chain(there).collect();
        let frames = BodyStream::new(body.into_inner()).then(move |frame| {
            let (meter, ceilings, wait) = (Arc::clone(&meter), Arc::clone(&ceilings), wait.clone());
            async move {
                let bytes = frame.as_ref().ok().and_then(Frame::data_ref).map_or(0, Bytes::len) as u64;
                for ceiling in ceilings.iter() {
                    wait.run(ceiling.acquire(bytes)).await;
                }
                meter.move_on(bytes);
                frame
            }
        });
        ByteStream::new(SdkBody::from_body_1_x(StreamBody::new(frames)))
    }
}
