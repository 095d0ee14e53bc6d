//! Makes answers with control characters in them readable.
//!
//! s3s writes them into XML as they are, which no parser takes, and a carriage return that a parser reads as a
//! newline. AWS writes them as character references, which many parsers take; so it is done here. Only listings
//! without `encoding-type=url`, and echoed keys, ever have any.

use std::fmt::Write;

use http::header;
use s3s::{Body, HttpResponse};

pub fn escape_control_characters(mut response: HttpResponse) -> HttpResponse {
    let is_xml = response.headers().get(header::CONTENT_TYPE).is_some_and(|kind| kind == "application/xml");
    // Objects may be XML too, but they come as streams or with a length of their own.
    let is_ours = is_xml && !response.headers().contains_key(header::CONTENT_LENGTH);
    if is_ours
        && let Some(bytes) = response.body().bytes()
        && bytes.iter().any(|byte| is_control(*byte))
        && let Ok(text) = str::from_utf8(&bytes)
    {
        *response.body_mut() = Body::from(escape(text));
    }
    response
}

fn is_control(byte: u8) -> bool {
    byte < b' ' && byte != b'\n' && byte != b'\t'
}

fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len() + 64);
    for character in text.chars() {
        match u8::try_from(character) {
            Ok(byte) if is_control(byte) => {
                // Writing to a string cannot fail.
                let _ = write!(escaped, "&#x{byte:X};");
            }
            _ => escaped.push(character),
        }
    }
    escaped
}
