//! Rows in messages.

use std::fmt;

use serde::{
    Deserialize, Deserializer, Serialize,
    de::{Error, Visitor},
};
use serde_json::{Map, Value};

use super::numbers::Version;
use crate::sync::{Mark, Row, integer_key, text_key};

/// A row with a valid key and version. The table judges its values later, so that one bad row does not fail its batch.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RowOnWire {
    pub key: RowKey,
    pub version: Version,
    pub values: Map<String, Value>,
}

/// The key of a row as stored in its table.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(untagged)]
pub enum RowKey {
    Integer(i64),
    Text(String),
}

/// A row that cannot be sent.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadRow {
    #[error("the key {0} is neither a 64-bit integer nor a text")]
    Key(Value),
    #[error("the version {0} is larger than 9223372036854775807")]
    Version(u64),
}

impl RowKey {
    /// The key as in [`Mark::key`].
    pub fn number(&self) -> u64 {
        match self {
            Self::Integer(key) => integer_key(*key),
            Self::Text(key) => text_key(key),
        }
    }
}

impl<'de> Deserialize<'de> for RowKey {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Reader;
        impl Visitor<'_> for Reader {
            type Value = RowKey;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a key: a 64-bit integer or a text")
            }

            fn visit_i64<E: Error>(self, key: i64) -> Result<RowKey, E> {
                Ok(RowKey::Integer(key))
            }

            fn visit_u64<E: Error>(self, key: u64) -> Result<RowKey, E> {
                let unfit = |_| E::invalid_value(serde::de::Unexpected::Unsigned(key), &self);
                i64::try_from(key).map(RowKey::Integer).map_err(unfit)
            }

            fn visit_str<E: Error>(self, key: &str) -> Result<RowKey, E> {
                Ok(RowKey::Text(key.to_owned()))
            }
        }
        deserializer.deserialize_any(Reader)
    }
}

impl RowOnWire {
    pub fn of(row: Row) -> Result<Self, BadRow> {
        let key = match row.key {
            Value::String(key) => RowKey::Text(key),
            key => key.as_i64().map(RowKey::Integer).ok_or(BadRow::Key(key))?,
        };
        if row.version > Version::MAX {
            return Err(BadRow::Version(row.version));
        }
        Ok(Self { key, version: Version(row.version), values: row.values })
    }

    pub fn mark(&self) -> Mark {
        Mark { version: self.version.0, key: self.key.number() }
    }
}

impl From<RowOnWire> for Row {
    fn from(row: RowOnWire) -> Self {
        let key = match row.key {
            RowKey::Integer(key) => key.into(),
            RowKey::Text(key) => key.into(),
        };
        Self { key, version: row.version.0, values: row.values }
    }
}
