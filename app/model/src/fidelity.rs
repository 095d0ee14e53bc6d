//! Fidelity of a clone: attributes to copy at extra cost, attributes that copies get regardless of their source, and who
//! moves their bytes.
//!
//! Always: the default costs no extra request. An option is never dropped silently: a store that cannot
//! keep it fails the object, or the clone before its start.

use std::fmt;

use serde::{
    Deserialize, Deserializer, Serialize,
    de::{self, IgnoredAny},
};

use crate::{ClassFallback, ClassRule, Encryption, HeaderChanges, named::named};

/// The options of a [`crate::CloneRequest`] and of the spec made of it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "FidelityJson")]
pub struct Fidelity {
    /// Encryption of the copies; `None` for the default of the destination bucket.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub encryption: Option<Encryption>,
    /// ACL of the copies; `None` for the default of the destination bucket.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub acl: Option<Acl>,
    /// Copies retention and legal hold, at one HEAD per object.
    #[serde(skip_serializing_if = "is_default")]
    pub object_lock: ObjectLock,
    /// Copies website redirects also with server-side copies, at one HEAD per object. Without it only
    /// multipart copies and copies between stores keep them: CopyObject does not.
    #[serde(skip_serializing_if = "is_default")]
    pub website_redirects: bool,
    /// Criterion for two objects to be equal.
    #[serde(skip_serializing_if = "is_default")]
    pub compare: Compare,
    /// How the clone treats objects whose tags it cannot copy.
    #[serde(skip_serializing_if = "is_default")]
    pub unreadable_tags: UnreadableTags,
    /// Storage class of the copies.
    #[serde(skip_serializing_if = "ClassRule::is_keep")]
    pub storage_class: ClassRule,
    /// Treatment of objects whose storage class the destination refuses, at one more request for each.
    #[serde(skip_serializing_if = "is_default")]
    pub storage_class_fallback: ClassFallback,
    /// Headers that copies get or lose, at one HEAD per object where the store copies by itself.
    #[serde(skip_serializing_if = "HeaderChanges::is_empty")]
    pub set_headers: HeaderChanges,
    #[serde(skip_serializing_if = "is_default")]
    pub copy_by: CopyBy,
}

/// Whether the store copies objects by itself, or Logyard streams them from the source to the destination.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CopyBy {
    /// The store where one credential reads the source and writes the destination, and the store can; else Logyard.
    #[default]
    Auto,
    /// The store by itself; where it cannot, the object fails.
    Store,
    /// Logyard, from one connection to the other.
    Stream,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Acl {
    /// The grants of the source's object.
    Copy,
    /// For a bucket of another account.
    BucketOwnerFullControl,
    BucketOwnerRead,
    Private,
    AuthenticatedRead,
    /// Anyone may read the copies.
    PublicRead,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ObjectLock {
    /// The default of the destination bucket.
    #[default]
    None,
    /// The retention of the source object, unless it has expired.
    Copy,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Compare {
    /// By size and ETag of the listings; where these do not decide, by checksums of both objects.
    #[default]
    Listing,
    /// Also by storage class, metadata, content headers and tags, at one HEAD per object and endpoint.
    Metadata,
    /// By size, and by ETag, checksum or digest. Where none of these decides, Logyard reads both objects and compares them
    /// byte by byte.
    Content,
}

/// How a clone treats an object whose tags it may not read at the source, or cannot write at the destination.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum UnreadableTags {
    /// The object fails.
    #[default]
    Fail,
    /// Copies it without tags, and logs that.
    Warn,
    /// Copies it without tags.
    Ignore,
}

/// The options for parsing; secrets that a job must not store are refused by name.
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
    #[serde(default)]
    unreadable_tags: UnreadableTags,
    #[serde(default)]
    storage_class: ClassRule,
    #[serde(default)]
    storage_class_fallback: ClassFallback,
    #[serde(default)]
    set_headers: HeaderChanges,
    #[serde(default)]
    copy_by: CopyBy,
    #[serde(default, rename = "source_customer_key")]
    _source: NotKept,
    #[serde(default, rename = "destination_customer_key")]
    _destination: NotKept,
}

impl From<FidelityJson> for Fidelity {
    fn from(json: FidelityJson) -> Self {
        let FidelityJson {
            encryption,
            acl,
            object_lock,
            website_redirects,
            compare,
            unreadable_tags,
            storage_class,
            storage_class_fallback,
            set_headers,
            copy_by,
            ..
        } = json;
        Self {
            encryption,
            acl,
            object_lock,
            website_redirects,
            compare,
            unreadable_tags,
            storage_class,
            storage_class_fallback,
            set_headers,
            copy_by,
        }
    }
}

/// A customer key (SSE-C), which must not be stored with the job.
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
    /// Whether all options have their default.
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
            match self.compare {
                Compare::Listing => None,
                Compare::Metadata => Some("compared by metadata and tags too".to_owned()),
                Compare::Content => Some("compared by content where no digest decides".to_owned()),
            },
            (self.unreadable_tags != UnreadableTags::Fail).then(|| "without tags that cannot go along".to_owned()),
            match &self.storage_class {
                ClassRule::Keep => None,
                ClassRule::All(None) => Some("with the destination's default storage class".to_owned()),
                ClassRule::All(Some(_)) => Some(format!("with storage class {}", self.storage_class)),
                ClassRule::Map(_) => Some(format!("with storage classes {}", self.storage_class)),
            },
            match &self.storage_class_fallback {
                ClassFallback::Fail => None,
                ClassFallback::To(None) => Some("without storage classes that are refused".to_owned()),
                class @ ClassFallback::To(_) => Some(format!("with storage class {class} where another is refused")),
            },
            (!self.set_headers.is_empty()).then(|| {
                let changes: Vec<_> = self.set_headers.iter().map(|change| format!("\"{change}\"")).collect();
                format!("with headers {}", changes.join(" and "))
            }),
            match self.copy_by {
                CopyBy::Auto => None,
                CopyBy::Store => Some("copied by the store only".to_owned()),
                CopyBy::Stream => Some("streamed through this process".to_owned()),
            },
        ];
        f.write_str(&parts.into_iter().flatten().collect::<Vec<_>>().join(", "))
    }
}

named!(
    Acl,
    "acl",
    Copy = "copy",
    BucketOwnerFullControl = "bucket-owner-full-control",
    BucketOwnerRead = "bucket-owner-read",
    Private = "private",
    AuthenticatedRead = "authenticated-read",
    PublicRead = "public-read",
);
named!(Compare, "compare", Listing = "listing", Metadata = "metadata", Content = "content");
named!(UnreadableTags, "unreadable_tags", Fail = "fail", Warn = "warn", Ignore = "ignore");
named!(CopyBy, "copy_by", Auto = "auto", Store = "store", Stream = "stream");

pub(crate) fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(json: &str) -> Result<Fidelity, String> {
        serde_json::from_str(json).map_err(|error| error.to_string())
    }

    #[test]
    fn options_round_trip_and_defaults_are_omitted() {
        assert_eq!(serde_json::to_string(&Fidelity::default()).unwrap(), "{}");
        let json = concat!(
            r#"{"encryption":{"algorithm":"aws:kms","key_id":"alias/k"},"acl":"bucket-owner-full-control","#,
            r#""object_lock":"copy","website_redirects":true,"compare":"metadata","unreadable_tags":"warn","#,
            r#""storage_class":{"GLACIER":"STANDARD"},"storage_class_fallback":"none","#,
            r#""set_headers":{"expires":null},"copy_by":"stream"}"#
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
    fn customer_key_is_refused_and_not_repeated() {
        let refused = read(r#"{"source_customer_key":"c2VjcmV0"}"#).unwrap_err();
        assert!(refused.contains("--source-customer-key-file") && !refused.contains("c2VjcmV0"), "{refused}");
    }

    #[test]
    fn invalid_option_is_refused() {
        assert!(read(r#"{"acl":"public"}"#).unwrap_err().contains("`private`"));
        assert!(read(r#"{"unreadable_tags":"drop"}"#).unwrap_err().contains("`ignore`"));
        assert_eq!("drop".parse::<UnreadableTags>().unwrap_err().field, "unreadable_tags");
        assert!(read(r#"{"acls":"copy"}"#).unwrap_err().contains("`acls`"));
        assert!(
            read(r#"{"encryption":{"algorithm":"aws:kms","key_id":"a b"}}"#).unwrap_err().contains("without spaces")
        );
    }
}
