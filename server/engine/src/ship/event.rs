//! Writes the fields of one record as members of a JSON object, straight from the record's bytes.
//!
//! `-` and empty texts give no member at all, so that nobody downstream has to know what `-` means.

use memchr::{memchr, memrchr};
use model::Time;

use super::{
    cursor::{Cursor, Unclosed},
    error::RecordError,
    field::{Content, Field, key},
    json, text, timestamp,
};

pub struct EventWriter<'a> {
    out: &'a mut Vec<u8>,
    scratch: &'a mut Vec<u8>,
    time: Time,
    replaced: u64,
}

impl<'a> EventWriter<'a> {
    pub fn new(out: &'a mut Vec<u8>, scratch: &'a mut Vec<u8>) -> Self {
        Self { out, scratch, time: Time::default(), replaced: 0 }
    }

    /// The record's time, and how many U+FFFD stand for bytes that were not UTF-8.
    pub fn finish(self) -> (Time, u64) {
        (self.time, self.replaced)
    }

    /// Takes one field from the record and writes what it holds.
    pub fn field(&mut self, field: &Field, cursor: &mut Cursor<'_>) -> Result<(), RecordError> {
        match field.content {
            Content::Timestamp => self.timestamp(field, cursor.word()),
            Content::Word { key } => {
                let held = cursor.word();
                if held.starts_with(b"\"") {
                    return Err(RecordError::field(field.name, held, "a word without quotes"));
                }
                self.text(key, held);
                Ok(())
            }
            Content::Quoted { key } => {
                let held = quoted(field, cursor)?;
                self.text(key, held);
                Ok(())
            }
            Content::List { key } => {
                let held = cursor.list().map_err(|Unclosed| RecordError::Unclosed { field: field.name })?;
                self.text(key, held);
                Ok(())
            }
            Content::Number { key } => self.number(field, key, cursor.word()),
            Content::Endpoint { ip, port } => self.endpoint(field, ip, port, cursor.word()),
            Content::Request => {
                let held = quoted(field, cursor)?;
                self.request(held);
                Ok(())
            }
        }
    }

    fn timestamp(&mut self, field: &Field, held: &[u8]) -> Result<(), RecordError> {
        let wanted = "a time like 2026-03-09T14:00:00.123456Z";
        let timestamp = timestamp::parse(held).ok_or_else(|| RecordError::field(field.name, held, wanted))?;
        self.time = timestamp.time;
        self.key(key!("@timestamp"));
        self.out.push(b'"');
        self.out.extend_from_slice(held);
        self.out.extend_from_slice(if timestamp.has_zone { b"\"" } else { b"Z\"" });
        Ok(())
    }

    fn number(&mut self, field: &Field, key: &str, held: &[u8]) -> Result<(), RecordError> {
        if held == b"-" {
            return Ok(());
        }
        if !json::is_number(held) {
            return Err(RecordError::field(field.name, held, "a number or -"));
        }
        self.key(key);
        self.out.extend_from_slice(held);
        Ok(())
    }

    fn endpoint(&mut self, field: &Field, ip_key: &str, port_key: &str, held: &[u8]) -> Result<(), RecordError> {
        if held == b"-" {
            return Ok(());
        }
        let wrong = || RecordError::field(field.name, held, "an address and a port like 10.0.0.1:80, or -");
        let colon = memrchr(b':', held).ok_or_else(wrong)?;
        let (ip, port) = (&held[..colon], &held[colon + 1..]);
        if ip.is_empty() || !is_port(port) {
            return Err(wrong());
        }
        self.text(ip_key, ip);
        self.key(port_key);
        self.out.extend_from_slice(port);
        Ok(())
    }

    /// `GET http://example.com:80/ HTTP/1.1`, of which any part can be `-` or missing and the URL can hold spaces.
    fn request(&mut self, held: &[u8]) {
        let held = held.strip_suffix(b" ").unwrap_or(held); // a TCP listener writes `- - - `
        let (method, rest) = halves(held, memchr(b' ', held));
        let (url, protocol) = halves(rest, memrchr(b' ', rest));
        let (url, protocol) = if is_protocol(protocol) { (url, protocol) } else { (rest, &[][..]) };
        self.text(key!("request_method"), method);
        self.text(key!("request_url"), url);
        self.text(key!("request_protocol"), protocol);
    }

    /// Writes a text with the log's escapes undone and JSON's put in.
    fn text(&mut self, key: &str, held: &[u8]) {
        if held.is_empty() || held == b"-" {
            return;
        }
        self.key(key);
        if json::is_plain(held) {
            json::write_plain(held, self.out);
        } else if memchr(b'\\', held).is_some() {
            self.scratch.clear();
            text::unescape(held, self.scratch);
            self.replaced += json::write_string(self.scratch, self.out);
        } else {
            self.replaced += json::write_string(held, self.out);
        }
    }

    fn key(&mut self, key: &str) {
        self.out.extend_from_slice(key.as_bytes());
    }
}

/// A text in double quotes, or a bare `-`.
fn quoted<'a>(field: &Field, cursor: &mut Cursor<'a>) -> Result<&'a [u8], RecordError> {
    if cursor.peek() == Some(b'"') {
        return cursor.quoted().map_err(|Unclosed| RecordError::Unclosed { field: field.name });
    }
    let word = cursor.word();
    if word == b"-" { Ok(word) } else { Err(RecordError::field(field.name, word, "a text in double quotes, or -")) }
}

/// What is before and after the byte at `at`; all and nothing without one.
fn halves(text: &[u8], at: Option<usize>) -> (&[u8], &[u8]) {
    at.map_or((text, &[]), |at| (&text[..at], &text[at + 1..]))
}

fn is_port(text: &[u8]) -> bool {
    const LONGEST: usize = 5;
    text.len() <= LONGEST && json::is_number(text) && text.iter().all(u8::is_ascii_digit)
}

/// `HTTP/1.1`, `-` or nothing. Anything else at the end of a request belongs to its URL.
fn is_protocol(text: &[u8]) -> bool {
    match memchr(b'/', text) {
        None => text.is_empty() || text == b"-",
        Some(slash) => slash > 0 && text[..slash].iter().all(u8::is_ascii_uppercase),
    }
}
