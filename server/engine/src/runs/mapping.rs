//! The mapping from a shipper's summary to counters: one JSON pointer each. The default is the shape that the shipping
//! functions have always logged, which is also Logyard's own.

use std::fmt;

use model::Invalid;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// A JSON pointer of RFC 6901: `/lines/sent`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Pointer(String);

/// One pointer per counter. The configuration needs only those that differ from the default. A counter that a summary
/// lacks is unknown, not zero.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Mapping {
    pub encountered: Pointer,
    pub parsed: Pointer,
    /// Parsed and deliberately not sent.
    pub filtered: Pointer,
    /// Written to the receiver.
    pub sent: Pointer,
    /// Acknowledged by the receiver.
    pub acknowledged: Pointer,
    /// Reported by the receiver as known already.
    pub duplicate: Pointer,
    pub connections_created: Pointer,
    pub connections_destroyed: Pointer,
    /// A count or `{total, lastFew}`, like the next three.
    pub parsing_failures: Pointer,
    pub sending_failures: Pointer,
    pub socket_failures: Pointer,
    pub reading_failures: Pointer,
    /// The log object's bucket, where the summary names it.
    pub bucket: Pointer,
    pub key: Pointer,
}

impl Pointer {
    pub fn as_str(&self) -> &str {
        &self.0
    }

    pub(super) fn of<'a>(&self, json: &'a Value) -> Option<&'a Value> {
        json.pointer(&self.0)
    }

    fn known(text: &str) -> Self {
        Self(text.to_owned())
    }
}

impl TryFrom<String> for Pointer {
    type Error = Invalid;

    fn try_from(text: String) -> Result<Self, Invalid> {
        if text.starts_with('/') && text.len() <= 200 {
            Ok(Self(text))
        } else {
            Err(Invalid::new("pointer", text, "a JSON pointer of at most 200 bytes, such as /lines/sent"))
        }
    }
}

impl From<Pointer> for String {
    fn from(pointer: Pointer) -> Self {
        pointer.0
    }
}

impl fmt::Display for Pointer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Default for Mapping {
    fn default() -> Self {
        Self {
            encountered: Pointer::known("/lines/encountered"),
            parsed: Pointer::known("/lines/parsed"),
            filtered: Pointer::known("/lines/filtered"),
            sent: Pointer::known("/lines/sent"),
            acknowledged: Pointer::known("/lines/acknowledged"),
            duplicate: Pointer::known("/lines/duplicate"),
            connections_created: Pointer::known("/connections/created"),
            connections_destroyed: Pointer::known("/connections/destroyed"),
            parsing_failures: Pointer::known("/failures/parsing"),
            sending_failures: Pointer::known("/failures/sending"),
            socket_failures: Pointer::known("/failures/sockets"),
            reading_failures: Pointer::known("/failures/reading"),
            bucket: Pointer::known("/bucket"),
            key: Pointer::known("/key"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mapping_overrides_defaults_and_rejects_unknown_fields() {
        let mapping: Mapping = serde_json::from_str(r#"{"sent": "/stats/ok"}"#).unwrap();
        assert_eq!((mapping.sent.as_str(), mapping.parsed.as_str()), ("/stats/ok", "/lines/parsed"));
        assert!(serde_json::from_str::<Mapping>(r#"{"send": "/stats/ok"}"#).is_err());
        let error = serde_json::from_str::<Mapping>(r#"{"sent": "stats.ok"}"#).unwrap_err().to_string();
        assert!(error.contains("stats.ok") && error.contains("/lines/sent"), "{error}");
    }
}
