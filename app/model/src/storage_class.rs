//! The name of a storage class.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

use crate::Invalid;

/// A storage class as S3 and other stores name theirs: 1 to 64 capital letters, digits, `_` and `-`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct StorageClass(String);

impl StorageClass {
    /// The class of an object for which a store names none.
    pub const STANDARD: &str = "STANDARD";

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for StorageClass {
    type Err = Invalid;

    fn from_str(text: &str) -> Result<Self, Invalid> {
        Self::try_from(text.to_owned())
    }
}

impl TryFrom<String> for StorageClass {
    type Error = Invalid;

    fn try_from(name: String) -> Result<Self, Invalid> {
        let plain = |b: u8| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'_' || b == b'-';
        if (1..=64).contains(&name.len()) && name.bytes().all(plain) {
            return Ok(Self(name));
        }
        Err(Invalid::new(
            "storage_class",
            name,
            "the name of a storage class, such as STANDARD, STANDARD_IA or GLACIER_IR",
        ))
    }
}

impl From<StorageClass> for String {
    fn from(class: StorageClass) -> Self {
        class.0
    }
}

impl fmt::Display for StorageClass {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn class_is_a_name_in_capitals() {
        for name in ["STANDARD", "GLACIER_IR", "X-1"] {
            assert_eq!(name.parse::<StorageClass>().unwrap().as_str(), name);
        }
        for name in ["", "standard", "A B", &"A".repeat(65)] {
            assert!(name.parse::<StorageClass>().unwrap_err().to_string().contains("STANDARD_IA"), "{name}");
        }
    }
}
