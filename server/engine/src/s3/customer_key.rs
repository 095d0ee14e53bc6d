//! Objects encrypted under a customer key (SSE-C): each request about them carries the key.
//!
//! Always: a key is in the memory of the process that was given it and in requests, and in no spec, log or error. S3 takes
//! it over HTTPS only.

use std::{fmt, str};

use aws_sdk_s3::{
    Client,
    config::{ConfigBag, Intercept, RuntimeComponents},
};
use aws_smithy_runtime_api::{
    box_error::BoxError,
    client::{interceptors::context::BeforeTransmitInterceptorContextMut, orchestrator::Metadata},
};
use base64::{Engine, prelude::BASE64_STANDARD};
use md5::{Digest, Md5};

use super::S3Client;

/// A key of 256 bits.
#[derive(Clone, PartialEq, Eq)]
pub struct CustomerKey([u8; 32]);

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("it has {0} bytes, and a key must have 32: as they are, or in base64, which makes 44 characters of them")]
pub struct NotAKey(usize);

impl CustomerKey {
    /// Reads a key from the bytes of a file.
    pub fn read(bytes: &[u8]) -> Result<Self, NotAKey> {
        let decoded = str::from_utf8(bytes).ok().and_then(|text| BASE64_STANDARD.decode(text.trim()).ok());
        let key = [Some(bytes.to_vec()), decoded].into_iter().flatten().find_map(|key| key.try_into().ok());
        key.map(Self).ok_or(NotAKey(bytes.len()))
    }

    /// Values of the headers: algorithm, key, MD5 of the key.
    fn headers(&self) -> [(&'static str, String); 3] {
        [
            ("algorithm", "AES256".to_owned()),
            ("key", BASE64_STANDARD.encode(self.0)),
            ("key-MD5", BASE64_STANDARD.encode(Md5::digest(self.0))),
        ]
    }
}

impl fmt::Debug for CustomerKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("CustomerKey(…)")
    }
}

/// Adds the keys to each request that needs them.
#[derive(Debug)]
struct CustomerKeys {
    own: Option<CustomerKey>,
    of_copies: Option<CustomerKey>,
}

impl Intercept for CustomerKeys {
    fn name(&self) -> &'static str {
        "CustomerKeys"
    }

    fn modify_before_signing(
        &self,
        context: &mut BeforeTransmitInterceptorContextMut<'_>,
        _: &RuntimeComponents,
        bag: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let operation = bag.load::<Metadata>().map(Metadata::name).unwrap_or_default();
        let copies = matches!(operation, "CopyObject" | "UploadPartCopy");
        let about_content = matches!(
            operation,
            "HeadObject"
                | "GetObject"
                | "PutObject"
                | "CreateMultipartUpload"
                | "UploadPart"
                | "CompleteMultipartUpload"
        );
        let own = self.own.as_ref().filter(|_| copies || about_content).map(|key| ("x-amz", key));
        let source = self.of_copies.as_ref().filter(|_| copies).map(|key| ("x-amz-copy-source", key));
        for (side, key) in own.into_iter().chain(source) {
            for (name, value) in key.headers() {
                let name = format!("{side}-server-side-encryption-customer-{name}").to_ascii_lowercase();
                context.request_mut().headers_mut().insert(name, value);
            }
        }
        Ok(())
    }
}

impl S3Client {
    /// The same store, whose objects are read and written under `own`; `of_copies` is the key of objects that it copies by
    /// itself.
    #[must_use]
    pub fn under_keys(&self, own: Option<CustomerKey>, of_copies: Option<CustomerKey>) -> Self {
        if own.is_none() && of_copies.is_none() {
            return self.clone();
        }
        let keys = CustomerKeys { own, of_copies };
        Self { client: Client::from_conf(self.client.config().to_builder().interceptor(keys).build()), ..self.clone() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_32_bytes_raw_or_in_base64() {
        let key = CustomerKey::read(&[7; 32]).unwrap();
        let text = format!("{}\n", BASE64_STANDARD.encode([7; 32]));
        assert_eq!(CustomerKey::read(text.as_bytes()), Ok(key.clone()));
        assert_eq!(key.headers()[2].1.len(), 24);
        assert!(!format!("{key:?}").contains('7'));
    }

    #[test]
    fn other_keys_are_refused_without_showing_them() {
        for wrong in [&b"hush"[..], &[7; 31], &[7; 33], b""] {
            let error = CustomerKey::read(wrong).unwrap_err().to_string();
            assert!(error.contains(&format!("{} bytes", wrong.len())) && !error.contains("hush"), "{error}");
        }
    }
}
