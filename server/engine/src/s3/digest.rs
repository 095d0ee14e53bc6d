//! The MD5 of bytes on their way through this process, and what it proves of both ends.
//!
//! Always: a body whose bytes are not those that the source's ETag promises does not reach its end. Its last piece becomes
//! an error, so that nothing is written, and the attempt counts as failed.

use std::{
    io,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use aws_sdk_s3::primitives::{ByteStream, SdkBody};
use aws_sdk_s3::types::ServerSideEncryption;
use aws_smithy_runtime_api::box_error::BoxError;
use base64::{Engine, prelude::BASE64_STANDARD};
use bytes::Bytes;
use futures::{StreamExt, stream};
use http_body_util::{BodyStream, StreamBody};
use hyper::body::Frame;
use md5::{Digest, Md5};
use model::BucketName;

use super::{ETag, S3Error, S3Fault, classify::Context, running::Running};

/// The 16 bytes of an MD5.
pub(super) type Md5Sum = [u8; 16];

/// The evidence that a copy has the content of its source.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Evidence {
    /// The bytes had the digest that the source promised, and the destination answered with theirs.
    Digest,
    /// It was written, and nothing compared its content.
    Written,
}

/// An object that was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Copied {
    pub etag: ETag,
    pub evidence: Evidence,
}

impl Copied {
    /// The store copied by itself, and answered with no more than an ETag.
    pub(super) fn by_store(etag: ETag) -> Self {
        Self { etag, evidence: Evidence::Written }
    }
}

impl Evidence {
    pub(super) fn of(source: bool, destination: bool) -> Self {
        if source && destination { Self::Digest } else { Self::Written }
    }
}

/// Whether an ETag of this bucket is no digest, by the encryption that the store answers with: a key service's or the
/// customer's key makes it differ after each copy. Directory buckets give none at all.
pub(super) fn hides_digest(
    bucket: &BucketName,
    encryption: Option<&ServerSideEncryption>,
    customer: Option<&str>,
) -> bool {
    let key_service = encryption.is_some_and(|how| how.as_str().starts_with("aws:kms"));
    key_service || customer.is_some() || bucket.as_str().ends_with("--x-s3")
}

/// The `Content-MD5` of a digest.
pub(super) fn content_md5(sum: Md5Sum) -> String {
    BASE64_STANDARD.encode(sum)
}

/// The digest in the ETag of an object made of parts with these digests.
pub(super) fn of_parts(parts: &[Md5Sum]) -> String {
    let mut md5 = Md5::new();
    for part in parts {
        md5.update(part);
    }
    format!("{}-{}", hex::encode(md5.finalize()), parts.len())
}

/// Digests one body. Cheap to clone.
#[derive(Clone)]
pub(super) struct Digester(Arc<Mutex<State>>);

struct State {
    md5: Md5,
    /// Bytes still to come.
    left: u64,
    expected: Option<Md5Sum>,
    found: Option<Md5Sum>,
    /// Of the object up to here, if this body is a part of it.
    object: Option<Running>,
}

#[derive(Debug, thiserror::Error)]
#[error("the bytes are not those that the ETag of the source promises")]
struct NotPromised;

impl Digester {
    /// For a body of this length in bytes, and the digest that it must have if the source tells one.
    pub fn new(length: u64, expected: Option<Md5Sum>) -> Self {
        let found = (length == 0).then(|| Md5::new().finalize().into());
        Self(Arc::new(Mutex::new(State { md5: Md5::new(), left: length, expected, found, object: None })))
    }

    /// Digests a part of this length. `object` has digested all parts before it, if they are sent in order.
    pub fn of_part(length: u64, object: Option<Running>) -> Self {
        let digester = Self::new(length, None);
        digester.state().object = object;
        digester
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The running digest given to [`Self::of_part`], after this part.
    pub fn object(&self) -> Option<Running> {
        self.state().object.clone()
    }

    /// The body, digested while it passes. Its last piece comes only after the body has been read to its very end, where
    /// the SDK compares a checksum: who knows the length asks for no more.
    pub fn through(&self, body: ByteStream) -> ByteStream {
        let frames = stream::unfold((self.clone(), BodyStream::new(body.into_inner())), |(digester, mut body)| async {
            let frame = match body.next().await? {
                Ok(frame) => digester.check(frame, &mut body).await,
                Err(error) => Err(error),
            };
            Some((frame, (digester, body)))
        });
        // Who writes it may ask once more after its end.
        ByteStream::new(SdkBody::from_body_1_x(StreamBody::new(frames.fuse())))
    }

    async fn check(&self, frame: Frame<Bytes>, body: &mut BodyStream<SdkBody>) -> Result<Frame<Bytes>, BoxError> {
        let Some(bytes) = frame.data_ref() else { return Ok(frame) };
        self.pass(bytes)?;
        if self.found().is_some() {
            while let Some(rest) = body.next().await {
                rest?;
            }
        }
        Ok(frame)
    }

    fn pass(&self, bytes: &Bytes) -> io::Result<()> {
        let mut state = self.state();
        state.md5.update(bytes);
        if let Some(object) = &mut state.object {
            object.update(bytes);
        }
        state.left = state.left.saturating_sub(bytes.len() as u64);
        if state.left > 0 || state.found.is_some() {
            return Ok(());
        }
        let found = state.md5.finalize_reset().into();
        state.found = Some(found);
        if state.expected.is_some_and(|expected| expected != found) {
            Err(io::Error::other(NotPromised))
        } else {
            Ok(())
        }
    }

    /// The digest; `None` before the last byte has passed.
    pub fn found(&self) -> Option<Md5Sum> {
        self.state().found
    }

    /// Returns an error if the bytes of the body do not have the digest that the source promises.
    pub fn not_promised(&self, context: &Context) -> Option<S3Error> {
        let (found, expected) = {
            let state = self.state();
            (state.found?, state.expected?)
        };
        (found != expected).then(|| {
            let (found, expected) = (hex::encode(found), hex::encode(expected));
            context.error(S3Fault::Altered {
                what: format!("the bytes read have the MD5 {found}, the ETag of the source says {expected}"),
            })
        })
    }

    /// Whether the store answered with the digest of the bytes that were sent. `false` if its ETag is no digest; an error if
    /// it is another digest.
    pub fn is_answered(&self, context: &Context, etag: &ETag, hidden: bool) -> Result<bool, S3Error> {
        let (Some(found), Some(answered), false) = (self.found(), etag.md5(), hidden) else { return Ok(false) };
        if found == answered {
            return Ok(true);
        }
        let (found, answered) = (hex::encode(found), hex::encode(answered));
        Err(context.error(S3Fault::Altered {
            what: format!("the bytes sent have the MD5 {found}, the store answered with the ETag {answered}"),
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const EMPTY: &str = "d41d8cd98f00b204e9800998ecf8427e";

    async fn read(digester: &Digester, body: &'static [u8]) -> Result<Bytes, aws_sdk_s3::primitives::ByteStreamError> {
        digester
            .through(ByteStream::from_static(body))
            .collect()
            .await
            .map(aws_sdk_s3::primitives::AggregatedBytes::into_bytes)
    }

    fn sum(text: &str) -> Md5Sum {
        ETag::parse(text).unwrap().md5().unwrap()
    }

    #[tokio::test]
    async fn promised_bytes_pass() {
        let abc = sum("900150983cd24fb0d6963f7d28e17f72");
        let digester = Digester::new(3, Some(abc));
        assert_eq!(digester.found(), None);
        assert_eq!(read(&digester, b"abc").await.unwrap(), "abc");
        assert_eq!(digester.found(), Some(abc));
        assert!(digester.not_promised(&Context::for_tests()).is_none());
        assert_eq!(Digester::new(0, Some(sum(EMPTY))).found(), Some(sum(EMPTY)));
    }

    #[tokio::test]
    async fn other_bytes_break_off() {
        let digester = Digester::new(3, Some(sum("900150983cd24fb0d6963f7d28e17f72")));
        assert!(read(&digester, b"abd").await.is_err());
        let error = digester.not_promised(&Context::for_tests()).unwrap().to_string();
        assert!(error.contains("4911e516e5aa21d327512e0c8b197616"), "{error}");
    }

    #[tokio::test]
    async fn answered_digest_must_be_that_of_the_bytes() {
        let digester = Digester::new(3, None);
        read(&digester, b"abc").await.unwrap();
        let (context, etag) = (Context::for_tests(), |text| ETag::parse(text).unwrap());
        let abc = etag("900150983cd24fb0d6963f7d28e17f72");
        assert!(digester.is_answered(&context, &abc, false).unwrap());
        assert!(digester.is_answered(&context, &etag(EMPTY), false).is_err());
        assert!(!digester.is_answered(&context, &etag(EMPTY), true).unwrap(), "under a key it says nothing");
        assert!(!digester.is_answered(&context, &etag("odd"), false).unwrap());
    }

    /// As S3 makes it of two parts, each `abc`.
    #[test]
    fn digest_of_parts_is_that_of_their_digests() {
        let abc = sum("900150983cd24fb0d6963f7d28e17f72");
        assert_eq!(of_parts(&[abc, abc]), "043a916d6cfeecedf5e04f0312ba762d-2");
    }

    #[test]
    fn only_keys_and_directory_buckets_hide_digests() {
        let (plain, directory) = ("logs".parse().unwrap(), "logs--use1-az4--x-s3".parse().unwrap());
        assert!(hides_digest(&plain, Some(&ServerSideEncryption::AwsKms), None));
        assert!(hides_digest(&plain, Some(&ServerSideEncryption::AwsKmsDsse), None));
        assert!(!hides_digest(&plain, Some(&ServerSideEncryption::Aes256), None));
        assert!(hides_digest(&plain, None, Some("AES256")));
        assert!(hides_digest(&directory, None, None));
    }
}
