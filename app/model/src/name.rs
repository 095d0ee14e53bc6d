//! Names of stores, sinks, pipelines, tables, buckets, keys and schedules, parsed at the edge.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

use crate::Invalid;

macro_rules! text_newtype {
    ($name:ident) => {
        impl $name {
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl FromStr for $name {
            type Err = Invalid;

            fn from_str(text: &str) -> Result<Self, Invalid> {
                Self::try_from(text.to_owned())
            }
        }

        impl From<$name> for String {
            fn from(name: $name) -> String {
                name.0
            }
        }
    };
}

/// Name of a `[[stores]]` entry: 1 to 40 characters of `a-z 0-9 - _`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct StoreName(String);

/// Name of a `[[sinks]]` entry: 1 to 40 characters of `a-z 0-9 - _`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct SinkName(String);

/// Name of a `[[pipelines]]` entry: 1 to 40 characters of `a-z 0-9 - _`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct PipelineName(String);

/// Name of a `[[tables]]` entry: 1 to 40 characters of `a-z 0-9 - _`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct TableName(String);

/// Name of a bucket: 3 to 63 letters, digits, `.`, `-` or `_`. Wider than AWS allows, because other vendors allow more.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct BucketName(String);

/// Key of an S3 object: 1 to 1,024 bytes of any UTF-8. Not a path: `a//b`, `/a` and `a/../b` are three keys.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Key(String);

/// Prefix of the keys of a location; empty for a whole bucket. At most 1,024 bytes. Not a folder: `logs` also
/// covers `logs-old/a`.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Prefix(String);

/// Name of a schedule: 1 to 60 characters on one line, without space at either end.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ScheduleName(String);

text_newtype!(ScheduleName);
text_newtype!(StoreName);
text_newtype!(SinkName);
text_newtype!(PipelineName);
text_newtype!(TableName);
text_newtype!(BucketName);
text_newtype!(Key);
text_newtype!(Prefix);

const KEY_BYTES: usize = 1_024;

/// Names of configuration entries, which appear in URLs and in labels of metrics.
macro_rules! configured_name {
    ($name:ident, $field:literal) => {
        impl TryFrom<String> for $name {
            type Error = Invalid;

            fn try_from(name: String) -> Result<Self, Invalid> {
                let fits = (1..=40).contains(&name.len())
                    && name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-' || b == b'_');
                if fits { Ok(Self(name)) } else { Err(Invalid::new($field, name, "1 to 40 of a-z, 0-9, - and _")) }
            }
        }
    };
}

configured_name!(StoreName, "store");
configured_name!(SinkName, "sink");
configured_name!(PipelineName, "pipeline");
configured_name!(TableName, "table");

impl TryFrom<String> for BucketName {
    type Error = Invalid;

    fn try_from(name: String) -> Result<Self, Invalid> {
        let bytes = name.as_bytes();
        let fits = (3..=63).contains(&bytes.len())
            && bytes.iter().all(|b| b.is_ascii_alphanumeric() || b".-_".contains(b))
            && bytes[0].is_ascii_alphanumeric();
        if fits || is_access_point(&name) {
            Ok(Self(name))
        } else {
            Err(Invalid::new(
                "bucket",
                name,
                "3 to 63 letters, digits, dots or hyphens, starting with a letter or digit; or the ARN of an access point, \
                 such as arn:aws:s3:eu-west-1:123456789012:accesspoint/name",
            ))
        }
    }
}

/// Whether it is the ARN of an access point of one region: `arn:PARTITION:s3:REGION:ACCOUNT:accesspoint/NAME`.
fn is_access_point(text: &str) -> bool {
    let fields: Vec<_> = text.splitn(6, ':').collect();
    let ["arn", partition, "s3", region, account, resource] = fields[..] else { return false };
    let lower = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
    let word = |text: &str| (1..=63).contains(&text.len()) && text.bytes().all(lower);
    word(partition)
        && word(region)
        && account.len() == 12
        && account.bytes().all(|b| b.is_ascii_digit())
        && resource.strip_prefix("accesspoint/").is_some_and(word)
}

impl BucketName {
    /// Whether it is the ARN of an access point instead of the name of a bucket.
    pub fn is_access_point(&self) -> bool {
        self.0.starts_with("arn:")
    }

    /// Splits `BUCKET/PREFIX`, where the bucket may be the ARN of an access point, which holds a slash itself.
    pub(crate) fn split(text: &str) -> (&str, &str) {
        let mut slashes = text.match_indices('/').map(|(at, _)| at);
        let slash = if text.starts_with("arn:") { slashes.nth(1) } else { slashes.next() };
        slash.map_or((text, ""), |slash| (&text[..slash], &text[slash + 1..]))
    }
}

impl TryFrom<String> for Key {
    type Error = Invalid;

    fn try_from(key: String) -> Result<Self, Invalid> {
        if (1..=KEY_BYTES).contains(&key.len()) {
            Ok(Self(key))
        } else {
            Err(Invalid::new("key", key, "1 to 1,024 bytes of UTF-8"))
        }
    }
}

impl TryFrom<String> for Prefix {
    type Error = Invalid;

    fn try_from(prefix: String) -> Result<Self, Invalid> {
        if prefix.len() <= KEY_BYTES {
            Ok(Self(prefix))
        } else {
            Err(Invalid::new("prefix", prefix, "at most 1,024 bytes of UTF-8"))
        }
    }
}

impl TryFrom<String> for ScheduleName {
    type Error = Invalid;

    fn try_from(name: String) -> Result<Self, Invalid> {
        let fits = (1..=60).contains(&name.chars().count()) && !name.contains(char::is_control) && name.trim() == name;
        if fits {
            Ok(Self(name))
        } else {
            Err(Invalid::new("name", name, "1 to 60 characters on one line, with no space before or after"))
        }
    }
}

impl Key {
    /// This key with prefix `from` replaced by `to`. `None` if the key does not start with
    /// `from`, or if the result is empty or over 1,024 bytes.
    pub fn moved(&self, from: &Prefix, to: &Prefix) -> Option<Self> {
        let rest = self.0.strip_prefix(from.as_str())?;
        Self::try_from(format!("{to}{rest}")).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_not_paths() {
        for key in ["/", "//", "a/../b", ".", " ", "\u{1}", "a\nb", "é"] {
            assert_eq!(key.parse::<Key>().unwrap().as_str(), key);
        }
        assert!("".parse::<Key>().is_err());
        assert!("k".repeat(1_025).parse::<Key>().is_err());
    }

    #[test]
    fn key_moves_between_prefixes_or_is_none() {
        let key: Key = "in/a".parse().unwrap();
        let prefix = |text: &str| text.parse::<Prefix>().unwrap();
        assert_eq!(key.moved(&prefix("in/"), &prefix("out/")).unwrap().as_str(), "out/a");
        assert_eq!(key.moved(&prefix("in/a"), &prefix("")), None);
        assert_eq!(key.moved(&prefix("x"), &prefix("")), None);
        assert_eq!(key.moved(&prefix("in/"), &prefix(&"p".repeat(1_024))), None);
    }

    #[test]
    fn schedule_name_must_be_readable() {
        for name in ["", " nightly", "a\nb", "\u{0}"] {
            assert_eq!(name.parse::<ScheduleName>().unwrap_err().field, "name");
        }
        assert!("é".repeat(61).parse::<ScheduleName>().is_err());
        assert_eq!("nightly of prod".parse::<ScheduleName>().unwrap().as_str(), "nightly of prod");
    }

    #[test]
    fn access_point_is_named_by_its_arn() {
        let arn = "arn:aws:s3:eu-west-1:123456789012:accesspoint/logs";
        assert!(arn.parse::<BucketName>().unwrap().is_access_point());
        assert_eq!(BucketName::split(&format!("{arn}/2026/")), (arn, "2026/"));
        assert_eq!((BucketName::split(arn), BucketName::split("b/c/d")), ((arn, ""), ("b", "c/d")));
        for wrong in
            ["arn:aws:s3:::bucket", "arn:aws:s3::123456789012:accesspoint/m.mrap", "arn:aws:s3:r:1:accesspoint/a"]
        {
            assert!(wrong.parse::<BucketName>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn invalid_name_error_says_expected_form() {
        let error = "A B".parse::<BucketName>().unwrap_err();
        assert_eq!(error.field, "bucket");
        assert!(error.to_string().contains("\"A B\""), "{error}");
    }
}
