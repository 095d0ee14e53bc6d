//! Writes the fields of one record as members of a JSON object, straight from the record's bytes.
//!
//! `-` and empty texts give no member, so that downstream systems need not know what `-` means.

mod fast_path;

use memchr::{memchr, memrchr};
use model::Time;

use super::{
    block::find_space,
    cursor::{Cursor, Unclosed},
    draft::Draft,
    error::RecordError,
    field::{Content, Field, MemberKey, key},
    json, text,
    timestamp::Minute,
};

const TIMESTAMP: &MemberKey = key!(text "@timestamp");
const REQUEST_METHOD: &MemberKey = key!(text "request_method");
const REQUEST_URL: &MemberKey = key!(text "request_url");
const REQUEST_PROTOCOL: &MemberKey = key!(text "request_protocol");

pub struct EventWriter<'a> {
    draft: &'a mut Draft,
    scratch: &'a mut Vec<u8>,
    minute: &'a mut Minute,
    time: Time,
    replaced: u64,
}

impl<'a> EventWriter<'a> {
    pub fn new(draft: &'a mut Draft, scratch: &'a mut Vec<u8>, minute: &'a mut Minute) -> Self {
        Self { draft, scratch, minute, time: Time::default(), replaced: 0 }
    }

    /// Returns the record's time and the number of U+FFFD written for invalid UTF-8.
    pub fn finish(self) -> (Time, u64) {
        (self.time, self.replaced)
    }

    /// Parses the field at the start of `record` and writes its members. Returns the rest of the record.
    #[inline]
    pub fn field<'r>(&mut self, field: &Field, record: &'r [u8]) -> Result<&'r [u8], RecordError> {
        if let Some(length) = self.fast_path(&field.content, record) {
            return Ok(&record[length..]);
        }
        let mut cursor = Cursor::new(record);
        self.slow_path(field, &mut cursor)?;
        Ok(cursor.rest())
    }

    /// Handles every case of [`Self::field`]: splits off the field, validates it, then writes it.
    fn slow_path(&mut self, field: &Field, cursor: &mut Cursor<'_>) -> Result<(), RecordError> {
        match &field.content {
            Content::Timestamp => self.timestamp(field, cursor),
            Content::Word { key } => self.word(field, key, cursor),
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
            Content::Number { key } => self.number(field, key, cursor),
            Content::Port { key } => self.port(field, key, cursor),
            Content::Endpoint { ip, port } => self.endpoint(field, ip, port, cursor),
            Content::Request => self.request(field, cursor),
        }
    }

    fn timestamp(&mut self, field: &Field, cursor: &mut Cursor<'_>) -> Result<(), RecordError> {
        let held = cursor.word();
        let wanted = "a time like 2026-03-09T14:00:00.123456Z";
        let timestamp = self.minute.parse(held).ok_or_else(|| RecordError::field(field.name, held, wanted))?;
        self.time = timestamp.time;
        self.draft.key(TIMESTAMP);
        self.draft.append_all(held);
        self.draft.append_all(if timestamp.has_zone { b"\"" } else { b"Z\"" });
        Ok(())
    }

    fn word(&mut self, field: &Field, key: &MemberKey, cursor: &mut Cursor<'_>) -> Result<(), RecordError> {
        let held = cursor.word();
        if held.starts_with(b"\"") {
            return Err(RecordError::field(field.name, held, "a word without quotes"));
        }
        self.text(key, held);
        Ok(())
    }

    fn number(&mut self, field: &Field, key: &MemberKey, cursor: &mut Cursor<'_>) -> Result<(), RecordError> {
        let held = cursor.word();
        if held == b"-" {
            return Ok(());
        }
        if !json::is_number(held) {
            return Err(RecordError::field(field.name, held, "a number or -"));
        }
        self.draft.key(key);
        self.draft.append_all(held);
        Ok(())
    }

    fn port(&mut self, field: &Field, key: &MemberKey, cursor: &mut Cursor<'_>) -> Result<(), RecordError> {
        let held = cursor.word();
        if held == b"-" {
            return Ok(());
        }
        if !is_port(held) {
            return Err(RecordError::field(field.name, held, "a port from 0 to 65535, or -"));
        }
        self.draft.key(key);
        self.draft.append_all(held);
        Ok(())
    }

    fn endpoint(
        &mut self,
        field: &Field,
        ip_key: &MemberKey,
        port_key: &MemberKey,
        cursor: &mut Cursor<'_>,
    ) -> Result<(), RecordError> {
        let held = cursor.word();
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
        self.draft.key(port_key);
        self.draft.append_all(port);
        Ok(())
    }

    /// Parses `GET http://example.com:80/ HTTP/1.1`; any part may be `-` or missing, and the URL may hold spaces.
    fn request(&mut self, field: &Field, cursor: &mut Cursor<'_>) -> Result<(), RecordError> {
        let held = quoted(field, cursor)?;
        let held = held.strip_suffix(b" ").unwrap_or(held); // a TCP listener writes `- - - `
        let (method, rest) = halves(held, find_space(held));
        let (url, protocol) = halves(rest, memrchr(b' ', rest));
        let (url, protocol) = if is_protocol(protocol) { (url, protocol) } else { (rest, &[][..]) };
        self.text(REQUEST_METHOD, method);
        self.text(REQUEST_URL, url);
        self.text(REQUEST_PROTOCOL, protocol);
        Ok(())
    }

    /// Writes a text, replacing the log's escapes by JSON's.
    fn text(&mut self, key: &MemberKey, held: &[u8]) {
        if held.is_empty() || held == b"-" {
            return;
        }
        self.draft.key(key);
        self.replaced += if memchr(b'\\', held).is_some() {
            self.scratch.clear();
            text::unescape(held, self.scratch);
            self.draft.write(|out| json::write_text(self.scratch, out))
        } else {
            self.draft.write(|out| json::write_text(held, out))
        };
    }
}

/// A text in double quotes, or a bare `-`.
fn quoted<'a>(field: &Field, cursor: &mut Cursor<'a>) -> Result<&'a [u8], RecordError> {
    if cursor.rest().starts_with(b"\"") {
        return cursor.quoted().map_err(|Unclosed| RecordError::Unclosed { field: field.name });
    }
    let word = cursor.word();
    if word == b"-" { Ok(word) } else { Err(RecordError::field(field.name, word, "a text in double quotes, or -")) }
}

/// The text before and after the byte at `at`; the whole text and nothing without `at`.
fn halves(text: &[u8], at: Option<usize>) -> (&[u8], &[u8]) {
    at.map_or((text, &[]), |at| (&text[..at], &text[at + 1..]))
}

/// Whether a text is a port: a number up to 65535, without leading zeros.
fn is_port(text: &[u8]) -> bool {
    const LONGEST: usize = 5;
    match text {
        [_] | [b'1'..=b'9', ..] if text.len() <= LONGEST && text.iter().all(u8::is_ascii_digit) => {
            let number = text.iter().fold(0, |number, digit| number * 10 + u32::from(digit - b'0'));
            number <= u16::MAX.into()
        }
        _ => false,
    }
}

/// Whether a text is a protocol: `HTTP/1.1`, `-` or nothing. Anything else at the end of a request belongs to its URL.
fn is_protocol(text: &[u8]) -> bool {
    if text.starts_with(b"HTTP/") {
        return true;
    }
    match memchr(b'/', text) {
        None => text.is_empty() || text == b"-",
        Some(slash) => slash > 0 && text[..slash].iter().all(u8::is_ascii_uppercase),
    }
}
