//! Headers that copies get whatever their source has.

use std::{collections::BTreeMap, fmt, str::FromStr};

use serde::{Deserialize, Serialize};

use crate::Invalid;

const METADATA: &str = "x-amz-meta-";

/// Content headers that an object has in S3.
const CONTENT: [&str; 6] =
    ["cache-control", "content-disposition", "content-encoding", "content-language", "content-type", "expires"];

/// Most bytes of user metadata that S3 takes.
const MOST_BYTES: usize = 2_048;

/// Values by header name in lower case: content headers and user metadata (`x-amz-meta-…`). `None` removes a header. JSON:
/// an object, `null` to remove.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "BTreeMap<String, Option<String>>", into = "BTreeMap<String, Option<String>>")]
pub struct HeaderChanges(BTreeMap<String, Option<String>>);

/// One change, as on a line: `Cache-Control: max-age=60`, or `Cache-Control:` to remove it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HeaderChange {
    name: String,
    value: Option<String>,
}

impl HeaderChanges {
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Change of a content header, by its name in lower case; `None`: as it is at the source.
    pub fn content(&self, name: &str) -> Option<Option<&str>> {
        self.0.get(name).map(Option::as_deref)
    }

    /// Changes of user metadata, by name without `x-amz-meta-`.
    pub fn metadata(&self) -> impl Iterator<Item = (&str, Option<&str>)> {
        self.0.iter().filter_map(|(name, value)| Some((name.strip_prefix(METADATA)?, value.as_deref())))
    }

    /// Parses lines; empty ones count for nothing.
    pub fn lines(text: &str) -> Result<Self, Invalid> {
        let lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
        Self::of(lines.map(str::parse).collect::<Result<_, _>>()?)
    }

    /// Collects changes that name each header once.
    pub fn of(changes: Vec<HeaderChange>) -> Result<Self, Invalid> {
        let mut all = BTreeMap::new();
        for HeaderChange { name, value } in changes {
            if all.contains_key(&name) {
                return Err(Invalid::new("set_headers", name, "a header that is named once"));
            }
            all.insert(name, value);
        }
        let names_and_values = |(name, value): (&String, &Option<String>)| {
            name.strip_prefix(METADATA).map_or(0, str::len) + value.as_ref().map_or(0, String::len)
        };
        let metadata: usize = all.iter().filter(|(name, _)| name.starts_with(METADATA)).map(names_and_values).sum();
        if metadata > MOST_BYTES {
            let expected = "at most 2,048 bytes of user metadata, names and values together";
            return Err(Invalid::new("set_headers", format!("{metadata} bytes"), expected));
        }
        Ok(Self(all))
    }

    /// Each change as a line.
    pub fn iter(&self) -> impl Iterator<Item = HeaderChange> {
        self.0.iter().map(|(name, value)| HeaderChange { name: name.clone(), value: value.clone() })
    }
}

impl HeaderChange {
    fn new(name: &str, value: Option<&str>) -> Result<Self, Invalid> {
        let lower = name.to_ascii_lowercase();
        let token =
            |name: &str| !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.~".contains(&b));
        if !CONTENT.contains(&lower.as_str()) && !lower.strip_prefix(METADATA).is_some_and(token) {
            return Err(Invalid::new(
                "set_headers",
                name,
                "Cache-Control, Content-Disposition, Content-Encoding, Content-Language, Content-Type, Expires, or \
                 x-amz-meta- and a name",
            ));
        }
        let value = value.map(str::trim).filter(|value| !value.is_empty());
        let printable = |value: &str| value.len() <= MOST_BYTES && value.bytes().all(|b| (b' '..=b'~').contains(&b));
        match value {
            Some(value) if !printable(value) => {
                Err(Invalid::new("set_headers", value, "a value of at most 2,048 printable ASCII characters"))
            }
            value => Ok(Self { name: lower, value: value.map(str::to_owned) }),
        }
    }
}

impl FromStr for HeaderChange {
    type Err = Invalid;

    fn from_str(text: &str) -> Result<Self, Invalid> {
        let (name, value) = text.split_once(':').ok_or_else(|| {
            Invalid::new("set_headers", text, "a header and its value, such as `Cache-Control: max-age=60`")
        })?;
        Self::new(name.trim(), Some(value))
    }
}

impl fmt::Display for HeaderChange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.value {
            Some(value) => write!(f, "{}: {value}", self.name),
            None => write!(f, "{}:", self.name),
        }
    }
}

impl TryFrom<BTreeMap<String, Option<String>>> for HeaderChanges {
    type Error = Invalid;

    fn try_from(json: BTreeMap<String, Option<String>>) -> Result<Self, Invalid> {
        let change = |(name, value): (String, Option<String>)| HeaderChange::new(&name, value.as_deref());
        Self::of(json.into_iter().map(change).collect::<Result<_, _>>()?)
    }
}

impl From<HeaderChanges> for BTreeMap<String, Option<String>> {
    fn from(changes: HeaderChanges) -> Self {
        changes.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_and_json_say_the_same() {
        let changes = HeaderChanges::lines("Cache-Control: max-age=60\n\n x-amz-meta-Owner: a: b\nExpires:\n").unwrap();
        assert_eq!(changes.content("cache-control"), Some(Some("max-age=60")));
        assert_eq!((changes.content("expires"), changes.content("content-type")), (Some(None), None));
        assert_eq!(changes.metadata().collect::<Vec<_>>(), [("owner", Some("a: b"))]);
        let json = serde_json::to_string(&changes).unwrap();
        assert_eq!(json, r#"{"cache-control":"max-age=60","expires":null,"x-amz-meta-owner":"a: b"}"#);
        assert_eq!(serde_json::from_str::<HeaderChanges>(&json).unwrap(), changes);
        let lines: Vec<_> = changes.iter().map(|change| change.to_string()).collect();
        assert_eq!(HeaderChanges::lines(&lines.join("\n")).unwrap(), changes);
    }

    #[test]
    fn other_headers_and_control_characters_are_refused() {
        for line in
            ["Host: a", "x-amz-meta-: a", "x-amz-acl: public-read", "Cache-Control", "Expires: \u{e9}", "a b: c"]
        {
            assert_eq!(HeaderChanges::lines(line).unwrap_err().field, "set_headers", "{line}");
        }
        assert!(HeaderChanges::lines("Expires: 0\nexpires: 1").unwrap_err().to_string().contains("named once"));
        let long = format!("x-amz-meta-a: {}\nx-amz-meta-b: {}", "x".repeat(1_100), "x".repeat(1_100));
        assert!(HeaderChanges::lines(&long).unwrap_err().to_string().contains("2,048 bytes"));
        assert!(serde_json::from_str::<HeaderChanges>(r#"{"x-amz-meta-a":"1\r\nb: 2"}"#).is_err());
    }
}
