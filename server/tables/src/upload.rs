//! Prepares uploaded rows for writing.

use std::collections::{BTreeMap, HashMap};

use engine::sync::{Mark, Refusal, Row, integer_key};
use serde_json::{Map, Value};

/// A row with a valid key and version.
#[derive(Clone, Debug)]
pub struct Keyed {
    pub key: i64,
    pub version: i64,
    pub values: Map<String, Value>,
}

impl Keyed {
    pub fn mark(&self) -> Mark {
        Mark { version: self.version.cast_unsigned(), key: integer_key(self.key) }
    }
}

/// Rows with the same columns, which one statement can write.
pub struct Group {
    pub columns: Vec<String>,
    pub rows: Vec<Keyed>,
}

/// Groups the newest row of each key by columns; returns the rows that fail `check` with the reason.
pub fn prepare(
    rows: Vec<Row>,
    check: impl Fn(&str, &Value) -> Result<(), Refusal>,
) -> (Vec<Group>, Vec<(Mark, Refusal)>) {
    let mut newest: HashMap<i64, Keyed> = HashMap::with_capacity(rows.len());
    let mut refused = Vec::new();
    for row in rows {
        let key = row.key.as_i64();
        let version = i64::try_from(row.version).ok();
        let faulty = row.values.iter().find_map(|(column, value)| check(column, value).err());
        match (key, version, faulty) {
            (Some(key), Some(version), None) => {
                let keyed = Keyed { key, version, values: row.values };
                let kept = newest.entry(key).or_insert_with(|| keyed.clone());
                if kept.version < version {
                    *kept = keyed;
                }
            }
            (key, _, faulty) => {
                let mark = Mark { version: row.version, key: integer_key(key.unwrap_or_default()) };
                let refusal = faulty.unwrap_or_else(|| match key {
                    None => format!("the key {} is not a 64-bit integer", row.key),
                    Some(_) => format!("the version {} is above {}", row.version, i64::MAX),
                });
                refused.push((mark, refusal));
            }
        }
    }
    let mut groups: BTreeMap<Vec<String>, Vec<Keyed>> = BTreeMap::new();
    for row in newest.into_values() {
        let mut columns: Vec<_> = row.values.keys().cloned().collect();
        columns.sort_unstable();
        groups.entry(columns).or_default().push(row);
    }
    let group = |(columns, mut rows): (_, Vec<Keyed>)| {
        // One order everywhere prevents deadlocks between two writers.
        rows.sort_unstable_by_key(|row| row.key);
        Group { columns, rows }
    };
    (groups.into_iter().map(group).collect(), refused)
}

/// The bytes of `{"base64": "…"}`; `None` for any other value.
pub fn bytes(value: &Value) -> Option<Result<Vec<u8>, Refusal>> {
    use base64::{Engine as _, prelude::BASE64_STANDARD};
    let object = value.as_object()?;
    let text = object.get("base64").and_then(Value::as_str).filter(|_| object.len() == 1);
    let Some(text) = text else {
        return Some(Err("an object is not a value, except {\"base64\": \"…\"}".to_owned()));
    };
    Some(BASE64_STANDARD.decode(text).map_err(|error| format!("invalid base64: {error}")))
}

/// Bytes as a value: `{"base64": "…"}`.
pub fn base64(bytes: &[u8]) -> Value {
    use base64::{Engine as _, prelude::BASE64_STANDARD};
    serde_json::json!({ "base64": BASE64_STANDARD.encode(bytes) })
}
