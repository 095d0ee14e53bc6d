//! Copies from one endpoint to another: the bytes go through this process, piece by piece, never as a whole.
//!
//! The write request repeats what a CopyObject would carry. The read is conditional on the listed ETag and checked for its
//! length, so that what is written is one complete version of the object. Its bytes are digested while they pass
//! ([`super::digest`]): the store gets the MD5 that the source's ETag promises, and its answer is compared.

use std::{ops::Range, sync::Arc, time::Duration};

use aws_sdk_s3::{
    Config,
    config::{Builder, RequestChecksumCalculation},
    operation::get_object::GetObjectOutput,
    primitives::{ByteStream, SdkBody},
    types::{ChecksumAlgorithm, ChecksumMode},
};
use bytes::Bytes;
use futures::StreamExt;
use http_body_util::{BodyStream, StreamBody};
use hyper::body::Frame;
use model::{BucketName, Fidelity, Key};

use super::{
    Action, ETag, Listed, ObjectMetadata, S3Client, S3Fault,
    blank::sendable,
    carried::Carried,
    checksum::checksums,
    digest::{Copied, Digester, Evidence, Md5Sum, content_md5, hides_digest},
    encoding::byte_range,
    error::{Failed, S3Error},
    limiter_wait::LimiterWait,
};
use crate::limit::Limiter;

/// The checksum that is sent with a body, after it.
pub(super) const CHECKSUM: ChecksumAlgorithm = ChecksumAlgorithm::Crc64Nvme;

/// Lets the SDK calculate a checksum that is asked for: otherwise it does so only for operations that demand one.
pub(super) fn calculating(checksum: Option<&ChecksumAlgorithm>) -> Builder {
    Config::builder().request_checksum_calculation(match checksum {
        Some(_) => RequestChecksumCalculation::WhenSupported,
        None => RequestChecksumCalculation::WhenRequired,
    })
}

/// Longest time in which nothing of a body passes, nor is answered after its last byte: what the network still holds may
/// take minutes on a slow line, and a slow disk its time for the bytes.
pub(super) fn idle_limit(size: u64) -> Duration {
    Duration::from_secs(180 + size / (32 << 20))
}

/// A copy between two stores in one request.
pub struct StreamedCopy<'a> {
    pub source: &'a S3Client,
    pub from: &'a BucketName,
    /// The object as listed.
    pub object: &'a Listed,
    pub destination: &'a S3Client,
    pub to: &'a BucketName,
    pub key: &'a Key,
    pub fidelity: &'a Fidelity,
}

impl StreamedCopy<'_> {
    /// Reads the object and writes it to the other store. Each attempt reads it again. What the other store does not take
    /// is left out, as far as the clone allows that.
    pub async fn send(&self) -> Result<Copied, Failed> {
        let carried = Carried::new(&self.fidelity.storage_class_fallback);
        carried.send(self.destination, self.key, || self.send_carrying(&carried)).await
    }

    async fn send_carrying(&self, carried: &Carried<'_>) -> Result<Copied, Failed> {
        let Self { source, from, object, destination, to, key, fidelity } = self;
        let options = source.write_options(from, object, fidelity).await?;
        let (reading, writing) = (source.context(Action::Get, Some(from)), destination.context(Action::Put, Some(to)));
        let wait = LimiterWait::default();
        let request = || async {
            wait.run(destination.retry.turn()).await;
            let read = source.open(from, object, None, Some(ChecksumMode::Enabled)).await?;
            if read.tag_count().is_some_and(|count| count > 0) {
                source.retry.turn_now();
            }
            let tags = source.tags(from, &object.key, read.tag_count()).await?;
            if tags.is_some() {
                source.retry.turn_now();
                source.still_there(from, object).await?;
            }
            let put = destination.client.put_object().bucket(to.as_str()).key(sendable(key));
            let metadata = ObjectMetadata::of_get(&read, object, tags);
            let (promised, told) = (promised_md5(from, &read), metadata.has_checksum());
            let metadata = carried.limited(metadata.changed_by(fidelity));
            let (raw, checked) = (metadata.raw(), metadata.has_checksum());
            let put = metadata.onto_put(put);
            let options = options.clone().with_get(&read, fidelity);
            let writing = writing.clone().asking_also(options.permissions());
            // A lock needs an MD5 or a checksum; and one that is answered proves a copy whose ETag is no digest. It goes as
            // a content encoding of its own, and some stores take no second one.
            let wanted = options.hides_digest() && read.content_encoding().is_none();
            let wanted = !checked && (wanted || (options.locks() && promised.is_none()));
            let checksum = wanted.then_some(CHECKSUM);
            let put = options.onto_put(put).set_checksum_algorithm(checksum.clone());
            let put = put.set_content_md5(promised.filter(|_| !checked && !wanted).map(content_md5));
            let digester = Digester::new(object.size, promised);
            let body = digester.through(source.watched(read.body, destination, &wait));
            let put = put.set_content_length(read.content_length).body(body).customize();
            let put = put.interceptor(raw).config_override(calculating(checksum.as_ref()));
            let written = put
                .send()
                .await
                .map_err(|error| digester.not_promised(&reading).unwrap_or_else(|| writing.classify(&error)))?;
            let etag = written.e_tag().and_then(ETag::parse);
            let etag = etag.ok_or_else(|| writing.unclear("the object was answered with success but no ETag"))?;
            let hidden = hides_digest(to, written.server_side_encryption(), written.sse_customer_algorithm());
            let answered = digester.is_answered(&writing, &etag, hidden)?;
            let echoed = checksums!(written).into_iter().any(|(_, value)| value.is_some());
            let accepted = (wanted || checked) && echoed;
            Ok(Copied { etag, evidence: Evidence::of(promised.is_some() || told, answered || accepted) })
        };
        let retry = source.retry.with(&destination.retry);
        retry.send_limited(&writing, idle_limit(object.size), &wait, request).await
    }
}

impl S3Client {
    /// Checks that the version still exists after its tags were read, by a request that takes no condition.
    async fn still_there(&self, bucket: &BucketName, source: &Listed) -> Result<(), S3Error> {
        let context = self.context(Action::Head, Some(bucket));
        let request = self.client.head_object().bucket(bucket.as_str()).key(sendable(&source.key));
        let request = request.set_if_match(source.etag.as_ref().map(ETag::quoted));
        request.send().await.map(|_| ()).map_err(|error| context.classify(&error))
    }

    /// Opens the object or a range of its bytes, if it is still the version listed, and checks the length. With `checksums`
    /// a whole body breaks off at its end if the store tells a checksum that its bytes do not have.
    pub(super) async fn open(
        &self,
        bucket: &BucketName,
        source: &Listed,
        bytes: Option<&Range<u64>>,
        checksums: Option<ChecksumMode>,
    ) -> Result<GetObjectOutput, S3Error> {
        let context = self.context(Action::Get, Some(bucket));
        let request = self.client.get_object().bucket(bucket.as_str()).key(sendable(&source.key));
        let request = request.set_if_match(source.etag.as_ref().map(ETag::quoted)).set_range(bytes.map(byte_range));
        let request = request.set_checksum_mode(checksums);
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
        let mut ceilings: Vec<Arc<Limiter>> = self.retry.bandwidths().cloned().collect();
        for there in other.retry.bandwidths() {
            if ceilings.iter().all(|here| !Arc::ptr_eq(here, there)) {
                ceilings.push(Arc::clone(there));
            }
        }
        let ceilings: Arc<[Arc<Limiter>]> = ceilings.into();
        let frames = BodyStream::new(body.into_inner()).then(move |frame| {
            let (meter, ceilings, wait) = (Arc::clone(&meter), Arc::clone(&ceilings), wait.clone());
            async move {
                let bytes = frame.as_ref().ok().and_then(Frame::data_ref).map_or(0, Bytes::len) as u64;
                for ceiling in ceilings.iter() {
                    wait.run(ceiling.acquire(bytes)).await;
                }
                meter.move_on(bytes);
                wait.progress();
                frame
            }
        });
        ByteStream::new(SdkBody::from_body_1_x(StreamBody::new(frames)))
    }
}

/// The MD5 that the object must have by its ETag, if that is a digest.
fn promised_md5(bucket: &BucketName, read: &GetObjectOutput) -> Option<Md5Sum> {
    if hides_digest(bucket, read.server_side_encryption(), read.sse_customer_algorithm()) {
        return None;
    }
    read.e_tag().and_then(ETag::parse)?.md5()
}
