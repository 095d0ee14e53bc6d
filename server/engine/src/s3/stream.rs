//! From one endpoint to another: the bytes go through this process, piece by piece, never whole.
//!
//! What a CopyObject would carry is carried by hand. The reading is conditional on the listed ETag and its length must
//! be the one expected, so that what is written is one version of the object, whole.

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
    Action, Carried, ETag, Listed, S3Client, S3Fault,
    blank::sendable,
    copy::limit,
    encoding::byte_range,
    error::{Failed, S3Error},
    held::Held,
};
use crate::limit::Limiter;

impl S3Client {
    /// Reads `source` here and writes it to `key` of bucket `to` at another store. Each attempt reads anew.
    pub async fn stream(
        &self,
        from: &BucketName,
        source: &Listed,
        other: &Self,
        to: &BucketName,
        key: &Key,
        fidelity: &Fidelity,
    ) -> Result<ETag, Failed> {
        let beside = self.beside(from, source, fidelity).await?;
        let writing = other.context(Action::Put, Some(to));
        let held = Held::default();
        let request = || async {
            held.back(other.retry.turn()).await;
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
            let put = Carried::of_get(&read, source, tags).onto_put(put);
            let beside = beside.clone().with_get(&read, fidelity);
            let writing = writing.clone().asking_also(beside.permissions());
            let checksum = beside.locks().then_some(ChecksumAlgorithm::Crc64Nvme);
            let put = beside.onto_put(put).set_checksum_algorithm(checksum);
            let put = put.set_content_length(read.content_length()).body(self.watched(read.body, other, &held));
            let written = put.send().await.map_err(|error| writing.classify(&error))?;
            let etag = written.e_tag().and_then(ETag::parse);
            etag.ok_or_else(|| writing.unclear("the object was answered with success but no ETag"))
        };
        self.retry.send_held(&writing, limit(source.size), &held, request).await
    }

    /// Tags are read by a request that takes no condition: they belong to this version if it is still there afterwards.
    async fn still_there(&self, bucket: &BucketName, source: &Listed) -> Result<(), S3Error> {
        let context = self.context(Action::Head, Some(bucket));
        let request = self.client.head_object().bucket(bucket.as_str()).key(sendable(&source.key));
        let request = request.set_if_match(source.etag.as_ref().map(ETag::quoted));
        request.send().await.map(|_| ()).map_err(|error| context.classify(&error))
    }

    /// The object, or so many of its bytes, if it is still the one listed; its length checked.
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
            None if length != Some(source.size) => Err(context.error(S3Fault::Changed)),
            Some(bytes) if length != Some(bytes.end - bytes.start) => {
                Err(context.unclear("not as many bytes were answered as were asked for"))
            }
            _ => Ok(read),
        }
    }

    /// The same body on its way to `other`, each piece of which counts as a sign of life, and passes when it may.
    pub(super) fn watched(&self, body: ByteStream, other: &Self, held: &Held) -> ByteStream {
        let (meter, held) = (Arc::clone(&self.retry.meter), held.clone());
        let (here, there) = (self.retry.bandwidth.clone(), other.retry.bandwidth.clone());
        let there = there.filter(|there| here.as_ref().is_none_or(|here| !Arc::ptr_eq(here, there)));
        let ceilings: Arc<[Arc<Limiter>]> = here.into_iter().chain(there).collect();
        let frames = BodyStream::new(body.into_inner()).then(move |frame| {
            let (meter, ceilings, held) = (Arc::clone(&meter), Arc::clone(&ceilings), held.clone());
            async move {
                let bytes = frame.as_ref().ok().and_then(Frame::data_ref).map_or(0, Bytes::len) as u64;
                for ceiling in ceilings.iter() {
                    held.back(ceiling.acquire(bytes)).await;
                }
                meter.move_on(bytes);
                frame
            }
        });
        ByteStream::new(SdkBody::from_body_1_x(StreamBody::new(frames)))
    }
}
