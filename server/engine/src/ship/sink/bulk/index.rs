//! Names of indexes made from each event: `elb-{date}`, `elb-{elb}-{month}`.
//!
//! Always: a name is one that Elasticsearch and `OpenSearch` accept, whatever the event holds, and the same for the same
//! event: sent twice, it is a duplicate in its index.

use std::{fmt, str::FromStr};

use memchr::memmem;
use model::Invalid;

/// Longest name, in bytes.
const LONGEST: usize = 255;
/// Where an event does not have the field.
const NONE: &str = "none";
const EXPECTED: &str = "the name of an index, which begins with a-z or 0-9 and may hold {year}, {month}, {date} and \
                        {FIELD}, such as elb-{date}";

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IndexPattern {
    pieces: Vec<Piece>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Piece {
    Text(String),
    /// The first characters of the event's time, with points between: 4 a year, 7 a month, 10 a day.
    Time(usize),
    /// `"elb":`, as the field is written in an event.
    Field(String),
}

impl IndexPattern {
    /// The name for an event.
    pub fn name(&self, event: &[u8]) -> String {
        let mut name = String::new();
        for piece in &self.pieces {
            match piece {
                Piece::Text(text) => name.push_str(text),
                Piece::Time(length) => match held(event, b"\"@timestamp\":").and_then(|time| time.get(..*length)) {
                    Some(time) => {
                        name.extend(time.iter().map(|byte| accepted(if *byte == b'-' { b'.' } else { *byte })));
                    }
                    None => name.push_str(NONE),
                },
                Piece::Field(key) => match held(event, key.as_bytes()) {
                    Some(value) => name.extend(value.iter().map(|byte| accepted(*byte))),
                    None => name.push_str(NONE),
                },
            }
        }
        name.truncate(LONGEST); // ASCII alone
        name
    }

    /// The pattern of all its names, for an index template: `elb-*`.
    pub fn wildcard(&self) -> String {
        let mut text = String::new();
        for piece in &self.pieces {
            match piece {
                Piece::Text(piece) => text.push_str(piece),
                _ if text.ends_with('*') => {}
                Piece::Time(_) | Piece::Field(_) => text.push('*'),
            }
        }
        text
    }
}

/// The value of a member of an event, without quotes. A quote inside a text is escaped, so that a key cannot be part of one.
fn held<'a>(event: &'a [u8], key: &[u8]) -> Option<&'a [u8]> {
    let begins = |at: &usize| matches!(event.get(at.wrapping_sub(1)), Some(b'{' | b','));
    let at = memmem::find_iter(event, key).find(begins)?;
    let value = &event[at + key.len()..];
    let (value, ends): (_, fn(&u8) -> bool) = match value.strip_prefix(b"\"") {
        Some(text) => (text, |byte| *byte == b'"'),
        None => (value, |byte| matches!(byte, b',' | b'}')),
    };
    let value = &value[..value.iter().position(ends)?];
    (!value.is_empty()).then_some(value)
}

/// The character of a name for a byte: what an index may not be called becomes a hyphen.
fn accepted(byte: u8) -> char {
    match byte.to_ascii_lowercase() {
        byte @ (b'a'..=b'z' | b'0'..=b'9' | b'.' | b'_' | b'-') => byte.into(),
        _ => '-',
    }
}

impl FromStr for IndexPattern {
    type Err = Invalid;

    fn from_str(text: &str) -> Result<Self, Invalid> {
        let wrong = || Invalid::new("index", text, EXPECTED);
        let (mut pieces, mut rest) = (Vec::new(), text);
        while !rest.is_empty() {
            let (before, after) = rest.split_once('{').unwrap_or((rest, ""));
            if before.bytes().any(|byte| u32::from(accepted(byte)) != u32::from(byte)) {
                return Err(wrong());
            }
            if !before.is_empty() {
                pieces.push(Piece::Text(before.to_owned()));
            }
            if before.len() == rest.len() {
                break;
            }
            let (name, after) = after.split_once('}').ok_or_else(wrong)?;
            pieces.push(match name {
                "year" => Piece::Time(4),
                "month" => Piece::Time(7),
                "date" => Piece::Time(10),
                _ if !name.is_empty()
                    && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_@".contains(&byte)) =>
                {
                    Piece::Field(format!("\"{name}\":"))
                }
                _ => return Err(wrong()),
            });
            rest = after;
        }
        let begins = |text: &str| text.starts_with(|first: char| first.is_ascii_lowercase() || first.is_ascii_digit());
        match pieces.first() {
            Some(Piece::Text(first)) if begins(first) && text.len() <= LONGEST => Ok(Self { pieces }),
            _ => Err(wrong()),
        }
    }
}

impl fmt::Display for IndexPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.wildcard())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const EVENT: &[u8] = br#"{"format":"alb","type":"https","@timestamp":"2026-03-09T14:00:00.1Z","elb":"app/Shop \"x\"/1","elb_status_code":200,"log":{"bucket":"b","key":"k","offset":0}"#;

    fn name(pattern: &str) -> String {
        pattern.parse::<IndexPattern>().unwrap().name(EVENT)
    }

    #[test]
    fn index_is_named_by_time_and_field() {
        assert_eq!(name("elb-{date}"), "elb-2026.03.09");
        assert_eq!(name("elb-{month}"), "elb-2026.03");
        assert_eq!(name("elb-{year}-{elb_status_code}"), "elb-2026-200");
        assert_eq!(name("logs-{type}"), "logs-https");
        assert_eq!(name("logs-{format}"), "logs-alb", "the first member of an event");
        assert_eq!(name("logs-{missing}-x"), "logs-none-x");
        assert_eq!(name("l-{elb}"), "l-app-shop--", "what an index may not be called becomes a hyphen");
        assert_eq!("elb-{elb}{date}-x".parse::<IndexPattern>().unwrap().wildcard(), "elb-*-x");
    }

    #[test]
    fn name_is_never_too_long() {
        let event = format!(r#"{{"format":"alb","elb":"{}"}}"#, "x".repeat(400));
        assert_eq!("e-{elb}".parse::<IndexPattern>().unwrap().name(event.as_bytes()).len(), LONGEST);
    }

    #[test]
    fn invalid_pattern_is_refused_with_expected_form() {
        for text in ["", "{date}", "Elb-{date}", "elb {date}", "elb-{", "elb-{}", "elb-{a b}", "-elb", "a/b"] {
            let refusal = text.parse::<IndexPattern>().unwrap_err();
            assert!(refusal.to_string().contains("such as elb-{date}"), "{text}: {refusal}");
        }
    }
}
