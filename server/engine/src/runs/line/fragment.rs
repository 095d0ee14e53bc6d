//! Finds JSON in log messages: complete in one event, or as fragments over several.

use super::{Signal, recognised};
use crate::runs::mapping::Mapping;

/// Most opening braces tried per text, so that a log full of braces does not take quadratic time.
const TRIED: usize = 64;

/// The last complete summary in a message, else the first complete S3 object.
pub(super) fn whole(message: &str, mapping: &Mapping) -> Option<Signal> {
    let mut found = None;
    for json in documents(message) {
        match recognised(json, mapping) {
            Some(signal @ Signal::Summary(_)) => found = Some(signal),
            other => found = found.or(other),
        }
    }
    found
}

/// The message, if it may be a fragment of JSON that began or ends in other events.
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
        // A complete JSON object that was not recognised is not a fragment: printed JSON spreads over lines.
        let alone = text != "{}" && documents(text).next().is_some_and(|json| json.len() == text.len());
        return (!alone).then_some(text);
    }
    // `Summary: {` begins a fragment as well.
    let begins = text.rfind('{').filter(|at| text[at + 1..].trim().is_empty() && *at <= 200);
    begins.map(|at| &text[at..])
}

/// The JSON objects in a text, judged by braces: each from its `{` to the matching `}`.
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

/// Joins fragments, each as a line.
pub(in crate::runs) fn stitched<'a>(pieces: impl Iterator<Item = &'a str>) -> String {
    let mut text = String::new();
    for piece in pieces {
        text.push_str(piece);
        text.push('\n');
    }
    text
}

/// Position after the brace that closes the first one; braces inside quotes do not count.
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
