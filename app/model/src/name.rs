//! Names of things in S3 and of the stores they lie in, parsed at the edge.

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

/// The name of a `[[stores]]` entry: 1 to 40 of `a-z 0-9 - _`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct StoreName(String);

/// The name of a `[[sinks]]` entry, by the same rule.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct SinkName(String);

/// The name of a `[[pipelines]]` entry, by the same rule.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct PipelineName(String);

/// The name of a `[[tables]]` entry, by the same rule.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct TableName(String);

/// The name of a bucket: 3 to 63 of letters, digits, `.`, `-`, `_`. Wider than AWS, as other vendors are.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct BucketName(String);

/// A key of an S3 object: 1 to 1,024 bytes of UTF-8, any of them. Not a path: `a//b`, `/a` and `a/../b` are three keys.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Key(String);

/// What the keys of a location start with; empty for a whole bucket. At most 1,024 bytes. Not a folder: `logs` also
/// covers `logs-old/a`.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Prefix(String);

/// What a schedule is called: 1 to 60 characters on one line, no space at either end.
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

/// Names given in the configuration: they stand in URLs and in labels of measurements.
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
        if fits {
            Ok(Self(name))
        } else {
            Err(Invalid::new(
                "bucket",
                name,
                "3 to 63 letters, digits, dots or hyphens, starting with a letter or digit",
            ))
        }
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
    /// This key under another prefix: `from` is cut off, `to` put before. `None` if the key does not start with
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
    fn a_key_moves_between_prefixes_or_says_that_it_cannot() {
        let key: Key = "in/a".parse().unwrap();
        let prefix = |text: &str| text.parse::<Prefix>().unwrap();
        assert_eq!(key.moved(&prefix("in/"), &prefix("out/")).unwrap().as_str(), "out/a");
        assert_eq!(key.moved(&prefix("in/a"), &prefix("")), None);
        assert_eq!(key.moved(&prefix("x"), &prefix("")), None);
        assert_eq!(key.moved(&prefix("in/"), &prefix(&"p".repeat(1_024))), None);
    }

    #[test]
    fn a_schedule_is_called_by_something_that_can_be_read() {
        for name in ["", " nightly", "a\nb", "\u{0}"] {
            assert_eq!(name.parse::<ScheduleName>().unwrap_err().field, "name");
        }
        assert!("é".repeat(61).parse::<ScheduleName>().is_err());
        assert_eq!("nightly of prod".parse::<ScheduleName>().unwrap().as_str(), "nightly of prod");
    }

    #[test]
    fn a_refused_name_says_what_would_be_right() {
        let error = "A B".parse::<BucketName>().unwrap_err();
        assert_eq!(error.field, "bucket");
        assert!(error.to_string().contains("\"A B\""), "{error}");
    }
}
