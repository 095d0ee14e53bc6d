//! Objects: attributes and location of the bytes.

use std::{collections::BTreeMap, fmt, str::FromStr, sync::Arc};

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use super::{Body, Millis};

/// An immutable object. A change replaces it by another, so that open readers are not affected.
#[derive(Debug, Clone)]
pub struct Object {
    pub attributes: Attributes,
    pub body: Body,
}

/// Attributes of an object.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Attributes {
    pub etag: ETag,
    pub modified: Millis,
    /// Content description, shared between copies.
    pub headers: Arc<Headers>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tags: Vec<(String, String)>,
    /// Storage class as in S3; `None` is `STANDARD`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub storage_class: Option<String>,
    /// Sizes of the parts in bytes, in order; empty unless uploaded as multipart.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub parts: Vec<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub checksum: Option<Checksum>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub encryption: Option<Encryption>,
}

/// Encryption requested by a client. The bytes are stored unencrypted: only this machine reaches them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Encryption {
    /// Under a key of the store or of a key service; algorithm as in S3.
    Store { algorithm: String, key_id: Option<String> },
    /// Under a customer key, which is not stored; its MD5 in base64.
    Customer { key_md5: String },
}

/// Content description sent with a put and returned with the object.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Headers {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub content_type: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cache_control: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub content_disposition: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub content_encoding: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub content_language: Option<String>,
    /// Expiry as an HTTP date.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expires: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub website_redirect: Option<String>,
    /// Metadata: `x-amz-meta-*` headers without that prefix.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub metadata: BTreeMap<String, String>,
}

/// A checksum sent by the client and verified.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Checksum {
    /// Algorithm: `CRC32`, `CRC32C`, `CRC64NVME`, `SHA1` or `SHA256`.
    pub algorithm: String,
    /// Value in base64.
    pub value: String,
}

/// An entity tag: the MD5 of the content, or the MD5 of the parts' MD5s with their number.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct ETag {
    pub md5: [u8; 16],
    pub parts: Option<u16>,
}

impl ETag {
    pub fn of_content(md5: [u8; 16]) -> Self {
        Self { md5, parts: None }
    }

    /// A random ETag, as for content encrypted under a key: not a hash.
    #[must_use]
    pub fn under(self, encryption: Option<&Encryption>) -> Self {
        let opaque = match encryption {
            None => false,
            Some(Encryption::Customer { .. }) => true,
            Some(Encryption::Store { algorithm, .. }) => algorithm.starts_with("aws:kms"),
        };
        if opaque { Self { md5: uuid::Uuid::new_v4().into_bytes(), ..self } } else { self }
    }
}

/// Form without quotes: `9a03…` or `9a03…-12`.
impl fmt::Display for ETag {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&hex::encode(self.md5))?;
        self.parts.map_or(Ok(()), |parts| write!(formatter, "-{parts}"))
    }
}

impl fmt::Debug for ETag {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, formatter)
    }
}

#[derive(Debug, thiserror::Error)]
#[error("not an entity tag of this store: {0:?}")]
pub struct NotAnETag(String);

impl FromStr for ETag {
    type Err = NotAnETag;

    fn from_str(text: &str) -> Result<Self, NotAnETag> {
        let wrong = || NotAnETag(text.to_owned());
        let (digest, parts) = match text.split_once('-') {
            Some((digest, parts)) => (digest, Some(parts.parse().map_err(|_| wrong())?)),
            None => (text, None),
        };
        let mut md5 = [0; 16];
        hex::decode_to_slice(digest, &mut md5).map_err(|_| wrong())?;
        Ok(Self { md5, parts })
    }
}

impl Serialize for ETag {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for ETag {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(de::Error::custom)
    }
}
