//! Encryption of copies by the destination store.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

use crate::Invalid;

/// How the destination store encrypts copies.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "algorithm")]
pub enum Encryption {
    /// The store's own keys.
    #[serde(rename = "AES256")]
    Aes256 {},
    /// A key of the key management service.
    #[serde(rename = "aws:kms")]
    Kms {
        /// Id, alias or ARN; `None` for the account's key for S3.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        key_id: Option<KmsKeyId>,
    },
}

/// Key id for a header: 1 to 2,048 visible ASCII characters.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct KmsKeyId(String);

impl Encryption {
    /// Name in S3.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Aes256 {} => "AES256",
            Self::Kms { .. } => "aws:kms",
        }
    }

    /// Parses the two texts of a form or command line; an empty algorithm means none.
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_of_a_form_are_read() {
        assert_eq!(Encryption::read("AES256", "k").unwrap_err().field, "kms_key_id");
        assert_eq!(Encryption::read("rot13", "").unwrap_err().field, "encryption");
        assert_eq!(Encryption::read("", ""), Ok(None));
    }
}
