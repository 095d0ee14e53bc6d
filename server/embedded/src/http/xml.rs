//! Makes answers readable that hold characters which XML does not know: controls, U+FFFE and U+FFFF.
//!
//! s3s writes them into XML as they are, which no parser takes, and a carriage return that a parser reads as a
//! newline. AWS writes them as character references, which many parsers take; so it is done here. Only listings
//! without `encoding-type=url`, and echoed keys, ever have any.

use std::fmt::Write;

use http::header;
use s3s::{Body, HttpResponse};

pub fn escape_unknown_characters(mut response: HttpResponse) -> HttpResponse {
    let is_xml = response.headers().get(header::CONTENT_TYPE).is_some_and(|kind| kind == "application/xml");
    // Objects may be XML too, but they come as streams or with a length of their own.
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
