//! How faithful a clone is beyond what costs nothing, and what its copies get that their sources need not have.
//!
//! Always: the default asks for nothing and costs no request. An option is never dropped silently: a store that cannot
//! keep it fails the object, or the clone before its start.

use std::{fmt, str::FromStr};

use serde::{
    Deserialize, Deserializer, Serialize,
    de::{self, IgnoredAny},
};

use crate::Invalid;

/// The options of a [`crate::CloneRequest`] and of the spec made of it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "FidelityJson")]
pub struct Fidelity {
    /// How the copies are encrypted. `None`: as the destination's bucket does by default.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub encryption: Option<Encryption>,
    /// Who may do what with the copies. `None`: as the destination's bucket has it, which is private or its policy's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub acl: Option<Acl>,
    /// Retention and legal hold go along, for a HEAD an object.
    #[serde(skip_serializing_if = "is_default")]
    pub object_lock: ObjectLock,
    /// A website's redirect goes along even where the store copies by itself, for a HEAD an object. Without it only
    /// copies in parts and from store to store carry it: CopyObject does not.
    #[serde(skip_serializing_if = "is_default")]
    pub website_redirects: bool,
    /// When two objects count as equal.
    #[serde(skip_serializing_if = "is_default")]
    pub compare: Compare,
}

/// What the destination's store encrypts copies with.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "algorithm")]
pub enum Encryption {
    /// The store's own keys.
    #[serde(rename = "AES256")]
    Aes256 {},
    /// A key of the key management service.
    #[serde(rename = "aws:kms")]
    Kms {
        /// Id, alias or ARN. `None`: the account's key for S3.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        key_id: Option<KmsKeyId>,
    },
}

/// As it goes into a header: 1 to 2,048 visible characters of ASCII.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct KmsKeyId(String);

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Acl {
    /// The grants of the source's object.
    Copy,
    /// For a bucket of another account.
    BucketOwnerFullControl,
    Private,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ObjectLock {
    /// As the destination's bucket has it by default.
    #[default]
    None,
    /// As the source's object has it, unless that has expired.
    Copy,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Compare {
    /// By what listings tell: size and ETag. Where these do not decide, both objects are asked for their checksums.
    #[default]
    Listing,
    /// Besides, by storage class, metadata, content headers and tags, for a HEAD of each side an object.
    Metadata,
}

/// Without what a job must not keep, which is refused by name.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FidelityJson {
    #[serde(default)]
    encryption: Option<Encryption>,
    #[serde(default)]
    acl: Option<Acl>,
    #[serde(default)]
    object_lock: ObjectLock,
    #[serde(default)]
    website_redirects: bool,
    #[serde(default)]
    compare: Compare,
    #[serde(default, rename = "source_customer_key")]
    _source: NotKept,
    #[serde(default, rename = "destination_customer_key")]
    _destination: NotKept,
}

impl From<FidelityJson> for Fidelity {
    fn from(json: FidelityJson) -> Self {
        let FidelityJson { encryption, acl, object_lock, website_redirects, compare, .. } = json;
        Self { encryption, acl, object_lock, website_redirects, compare }
    }
}

/// A customer's key (SSE-C), which would stand in the job's row.
#[derive(Default)]
struct NotKept;

impl<'de> Deserialize<'de> for NotKept {
    fn deserialize<D: Deserializer<'de>>(json: D) -> Result<Self, D::Error> {
        IgnoredAny::deserialize(json)?;
        Err(de::Error::custom(
            "a customer's key is never kept with a job: clone by `logyard clone` with --source-customer-key-file or \
             --destination-customer-key-file",
        ))
    }
}

impl Fidelity {
    /// Nothing is asked for.
    pub fn is_plain(&self) -> bool {
        *self == Self::default()
    }
}

impl fmt::Display for Fidelity {
    /// `encrypted by aws:kms, ACL copy, object lock copied, …`; empty for none.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let encryption = self.encryption.as_ref().map(|how| match how {
            Encryption::Aes256 {} | Encryption::Kms { key_id: None } => format!("encrypted by {}", how.name()),
            Encryption::Kms { key_id: Some(key) } => format!("encrypted by aws:kms with key {key}"),
        });
        let parts = [
            encryption,
            self.acl.map(|acl| match acl {
                Acl::Copy => "with the source's ACL".to_owned(),
                other => format!("with the ACL {}", other.name()),
            }),
            (self.object_lock == ObjectLock::Copy).then(|| "with the source's Object Lock".to_owned()),
            self.website_redirects.then(|| "with website redirects".to_owned()),
            (self.compare == Compare::Metadata).then(|| "compared by metadata and tags too".to_owned()),
        ];
        f.write_str(&parts.into_iter().flatten().collect::<Vec<_>>().join(", "))
    }
}

impl Encryption {
    /// As S3 spells it.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Aes256 {} => "AES256",
            Self::Kms { .. } => "aws:kms",
        }
    }

    /// From the two texts of a form or a command line; an empty algorithm asks for nothing.
    pub fn read(algorithm: &str, key_id: &str) -> Result<Option<Self>, Invalid> {
        let key = Some(key_id).filter(|key| !key.is_empty()).map(str::parse::<KmsKeyId>).transpose()?;
        match (algorithm, key) {
            ("", None) => Ok(None),
            ("AES256", None) => Ok(Some(Self::Aes256 {})),
            ("aws:kms", key_id) => Ok(Some(Self::Kms { key_id })),
            ("" | "AES256", Some(key)) => {
                Err(Invalid::new("kms_key_id", key.0, "left out, or the encryption must be aws:kms"))
            }
            (other, _) => Err(Invalid::new("encryption", other, "AES256 or aws:kms")),
        }
    }

    pub fn key_id(&self) -> Option<&str> {
        match self {
            Self::Kms { key_id: Some(key) } => Some(&key.0),
            _ => None,
        }
    }
}

impl Acl {
    pub const ALL: [Self; 3] = [Self::Copy, Self::BucketOwnerFullControl, Self::Private];

    /// As commands and JSON spell it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Copy => "copy",
            Self::BucketOwnerFullControl => "bucket-owner-full-control",
            Self::Private => "private",
        }
    }
}

impl FromStr for Acl {
    type Err = Invalid;

    fn from_str(text: &str) -> Result<Self, Invalid> {
        let known = Self::ALL.into_iter().find(|acl| acl.name() == text);
        known.ok_or_else(|| Invalid::new("acl", text, "copy, bucket-owner-full-control or private"))
    }
}

impl TryFrom<String> for KmsKeyId {
    type Error = Invalid;

    fn try_from(text: String) -> Result<Self, Invalid> {
        if (1..=2_048).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic()) {
            Ok(Self(text))
        } else {
            Err(Invalid::new("kms_key_id", text, "the id, alias or ARN of a key, without spaces"))
        }
    }
}

impl FromStr for KmsKeyId {
    type Err = Invalid;

    fn from_str(text: &str) -> Result<Self, Invalid> {
        Self::try_from(text.to_owned())
    }
}

impl From<KmsKeyId> for String {
    fn from(key: KmsKeyId) -> Self {
        key.0
    }
}

impl fmt::Display for KmsKeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(json: &str) -> Result<Fidelity, String> {
        serde_json::from_str(json).map_err(|error| error.to_string())
    }

    #[test]
    fn options_are_read_as_they_are_written_and_none_is_written_as_nothing() {
        assert_eq!(serde_json::to_string(&Fidelity::default()).unwrap(), "{}");
        let json = concat!(
            r#"{"encryption":{"algorithm":"aws:kms","key_id":"alias/k"},"acl":"bucket-owner-full-control","#,
            r#""object_lock":"copy","website_redirects":true,"compare":"metadata"}"#
        );
        let all = read(json).unwrap();
        assert_eq!(serde_json::to_string(&all).unwrap(), json);
        assert_eq!(all.encryption.as_ref().and_then(Encryption::key_id), Some("alias/k"));
        assert!(
            all.to_string().starts_with("encrypted by aws:kms with key alias/k, with the ACL bucket-owner"),
            "{all}"
        );
        assert!(Fidelity::default().to_string().is_empty());
    }

    #[test]
    fn a_customers_key_is_refused_and_not_repeated() {
        let refused = read(r#"{"source_customer_key":"c2VjcmV0"}"#).unwrap_err();
        assert!(refused.contains("--source-customer-key-file") && !refused.contains("c2VjcmV0"), "{refused}");
    }

    #[test]
    fn what_is_no_option_is_refused() {
        assert!(read(r#"{"acl":"public"}"#).unwrap_err().contains("`private`"));
        assert!(read(r#"{"acls":"copy"}"#).unwrap_err().contains("`acls`"));
        assert!(
            read(r#"{"encryption":{"algorithm":"aws:kms","key_id":"a b"}}"#).unwrap_err().contains("without spaces")
        );
        assert_eq!(Encryption::read("AES256", "k").unwrap_err().field, "kms_key_id");
        assert_eq!(Encryption::read("rot13", "").unwrap_err().field, "encryption");
        assert_eq!(Encryption::read("", ""), Ok(None));
    }
}
