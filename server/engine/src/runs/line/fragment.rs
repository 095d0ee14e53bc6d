//! JSON in what a function logs: whole in one event, or in pieces over several.

use super::{Sign, recognised};
use crate::runs::mapping::Mapping;

/// Beginnings of which JSON is tried to be stitched: a log full of braces must not cost its square.
const TRIED: usize = 64;

/// The last summary, else the first object of S3, that is whole in a message.
pub(super) fn whole(message: &str, mapping: &Mapping) -> Option<Sign> {
    let mut found = None;
    for json in documents(message) {
        match recognised(json, mapping) {
            Some(sign @ Sign::Summary(_)) => found = Some(sign),
            other => found = found.or(other),
        }
    }
    found
}

/// Whether a message may be a part of printed JSON that other events begin or end.
pub(super) fn piece(message: &str) -> Option<&str> {
    let text = message.trim();
    let first = text.chars().next()?;
    let fits = match first {
        '{' | '[' | '}' | ']' | '"' => true,
        '-' | '0'..='9' | 't' | 'f' | 'n' => {
            serde_json::from_str::<serde_json::Value>(text.trim_end_matches(',')).is_ok()
        }
        _ => false,
    };
    if fits && text.len() <= super::SUMMARY {
        // What is balanced in itself, and was not recognised, belongs to nothing; printed JSON spreads over lines.
        let alone = text != "{}" && documents(text).next().is_some_and(|json| json.len() == text.len());
        return (!alone).then_some(text);
    }
    // `Summary: {` begins one as well.
    let begins = text.rfind('{').filter(|at| text[at + 1..].trim().is_empty() && *at <= 200);
    begins.map(|at| &text[at..])
}

/// The JSON objects that stand in a text, as far as braces tell: each from its `{` to the brace that closes it.
pub(in crate::runs) fn documents(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = text;
    let mut tried = 0;
    std::iter::from_fn(move || {
        while tried < TRIED {
            tried += 1;
            let from = &rest[rest.find('{')?..];
            match balanced(from) {
                Some(end) => {
                    rest = &from[end..];
                    return Some(&from[..end]);
                }
                None => rest = &from[1..],
            }
        }
        None
    })
}

/// What pieces that follow one another come to, each ending a line.
pub(in crate::runs) fn stitched<'a>(pieces: impl Iterator<Item = &'a str>) -> String {
    let mut text = String::new();
    for piece in pieces {
        text.push_str(piece);
        text.push('\n');
    }
    text
}

/// Behind the brace that closes the first one; braces inside of quotes do not count.
fn balanced(text: &str) -> Option<usize> {
    let (mut depth, mut quoted, mut escaped) = (0_usize, false, false);
    for (at, byte) in text.bytes().enumerate() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if quoted => escaped = true,
            b'"' => quoted = !quoted,
            b'{' if !quoted => depth += 1,
            b'}' if !quoted => {
                depth -= 1;
                if depth == 0 {
                    return Some(at + 1);
                }
            }
            _ => {}
        }
    }
    None
}
