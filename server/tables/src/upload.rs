//! Rows as they came, made ready to be written.

use std::collections::{BTreeMap, HashMap};

use engine::sync::{Mark, Refusal, Row, integer_key};
use serde_json::{Map, Value};

/// A row with the key that its table has.
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

/// Rows that bring the same columns, and can be written by the same statement.
pub struct Group {
    pub columns: Vec<String>,
    pub rows: Vec<Keyed>,
}

/// Of each key the newest row, in groups; and what cannot be written whatever the database says.
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
                let held = newest.entry(key).or_insert_with(|| keyed.clone());
                if held.version < version {
                    *held = keyed;
                }
            }
            (key, _, faulty) => {
                let mark = Mark { version: row.version, key: integer_key(key.unwrap_or_default()) };
                let refusal = faulty.unwrap_or_else(|| match key {
                    None => format!("the key {} is not an integer of 64 bits", row.key),
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
        // In one order everywhere, so that two writers do not wait for each other in a circle.
        rows.sort_unstable_by_key(|row| row.key);
        Group { columns, rows }
    };
    (groups.into_iter().map(group).collect(), refused)
}

/// The bytes of `{"base64": "…"}`; `None` of any other value.
pub fn bytes(value: &Value) -> Option<Result<Vec<u8>, Refusal>> {
    use base64::{Engine as _, prelude::BASE64_STANDARD};
    let object = value.as_object()?;
    let text = object.get("base64").and_then(Value::as_str).filter(|_| object.len() == 1);
    let Some(text) = text else { return Some(Err("an object is no value, but for {\"base64\": \"…\"}".to_owned())) };
    Some(BASE64_STANDARD.decode(text).map_err(|error| format!("the base64 cannot be read: {error}")))
}

/// As bytes travel.
pub fn base64(bytes: &[u8]) -> Value {
    use base64::{Engine as _, prelude::BASE64_STANDARD};
    serde_json::json!({ "base64": BASE64_STANDARD.encode(bytes) })
}
