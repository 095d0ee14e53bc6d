//! Escapes characters that XML does not allow: controls, U+FFFE and U+FFFF.
//!
//! s3s writes them unescaped, which no parser accepts, and a carriage return unescaped, which a parser reads as a
//! newline. AWS writes character references, which many parsers accept, and so does this module. Only listings without
//! `encoding-type=url`, and echoed keys, contain such characters.

use std::fmt::Write;

use http::header;
use s3s::{Body, HttpResponse};

pub fn escape_unknown_characters(mut response: HttpResponse) -> HttpResponse {
    let is_xml = response.headers().get(header::CONTENT_TYPE).is_some_and(|kind| kind == "application/xml");
    // Objects may be XML too, but they are streams or have a length.
    let is_ours = is_xml && !response.headers().contains_key(header::CONTENT_LENGTH);
    if is_ours
        && let Some(bytes) = response.body().bytes()
        && let Ok(text) = str::from_utf8(&bytes)
        && text.contains(is_unknown)
    {
        *response.body_mut() = Body::from(escape(text));
    }
    response
}

fn is_unknown(character: char) -> bool {
    matches!(character, '\0'..='\x08' | '\x0b'..='\x1f' | '\u{FFFE}' | '\u{FFFF}')
}

fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len() + 64);
    for character in text.chars() {
        if is_unknown(character) {
            // Writing to a string cannot fail.
            let _ = write!(escaped, "&#x{:X};", u32::from(character));
        } else {
            escaped.push(character);
        }
    }
    escaped
}
