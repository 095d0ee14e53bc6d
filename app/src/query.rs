//! The query of a URL, read and written exactly: pages keep their whole state in it, and a prefix may contain any
//! character.
//!
//! The router's own map decodes values twice in the browser, so that `%2541` would become `A`. This type decodes once, on
//! the server and in the browser.

use std::fmt::Write;

/// Names with their values, in order; a name may occur more than once.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Query(Vec<(String, String)>);

impl Query {
    /// Reads `a=1&b=2`, with or without a leading `?`. Text that cannot be decoded is kept as it is.
    pub fn read(text: &str) -> Self {
        let text = text.strip_prefix('?').unwrap_or(text);
        let pairs = text.split('&').filter(|pair| !pair.is_empty()).map(|pair| {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            (decode(name), decode(value))
        });
        Self(pairs.collect())
    }

    /// The first value of that name; empty values count as absent, as forms send every field.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(n, v)| n == name && !v.is_empty()).map(|(_, v)| v.as_str())
    }

    pub fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.0.iter().filter(move |(n, v)| n == name && !v.is_empty()).map(|(_, v)| v.as_str())
    }

    /// Adds a value unless it is empty.
    #[must_use]
    pub fn with(mut self, name: &str, value: &str) -> Self {
        if !value.is_empty() {
            self.0.push((name.to_owned(), value.to_owned()));
        }
        self
    }

    #[must_use]
    pub fn without(mut self, name: &str) -> Self {
        self.0.retain(|(n, _)| n != name);
        self
    }

    pub fn pairs(&self) -> &[(String, String)] {
        &self.0
    }

    /// `path?a=1&b=2`, or the path alone.
    pub fn on(&self, path: &str) -> String {
        let mut url = path.to_owned();
        for (index, (name, value)) in self.0.iter().enumerate() {
            url.push(if index == 0 { '?' } else { '&' });
            encode(name, &mut url);
            url.push('=');
            encode(value, &mut url);
        }
        url
    }
}

/// Percent-encodes everything except letters, digits and `-._~`, which is safe in every part of a URL.
fn encode(text: &str, into: &mut String) {
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            into.push(char::from(byte));
        } else {
            let _ = write!(into, "%{byte:02X}");
        }
    }
}

/// A value, percent-encoded for a URL.
pub fn encoded(text: &str) -> String {
    let mut into = String::with_capacity(text.len());
    encode(text, &mut into);
    into
}

fn decode(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut decoded = Vec::with_capacity(bytes.len());
    let mut index = 0;
    while index < bytes.len() {
        let hex = text.get(index + 1..index + 3).and_then(|hex| u8::from_str_radix(hex, 16).ok());
        match (bytes[index], hex) {
            (b'%', Some(byte)) => {
                decoded.push(byte);
                index += 2;
            }
            (b'+', _) => decoded.push(b' '),
            (byte, _) => decoded.push(byte),
        }
        index += 1;
    }
    String::from_utf8(decoded).unwrap_or_else(|_| text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_round_trip() {
        for value in ["a b", "100%", "%41", "a+b", "é/ü", "a&b=c", "?#", "\u{1}"] {
            let url = Query::default().with("prefix", value).on("/clones/new");
            let (_, query) = url.split_once('?').unwrap();
            assert_eq!(Query::read(query).get("prefix"), Some(value), "{url}");
        }
    }

    #[test]
    fn repeated_name_keeps_all_values() {
        let query = Query::read("?state=failed&state=running&text=");
        assert_eq!(query.all("state").collect::<Vec<_>>(), ["failed", "running"]);
        assert_eq!(query.get("text"), None);
    }

    #[test]
    fn invalid_encoding_is_kept() {
        assert_eq!(Query::read("a=100%&b=%zz&c=%e9").pairs()[0].1, "100%");
        assert_eq!(Query::read("b=%zz").get("b"), Some("%zz"));
        assert_eq!(Query::read("c=%e9").get("c"), Some("%e9"));
    }
}
