//! Writes the fields of one record as members of a JSON object, straight from the record's bytes.
//!
//! `-` and empty texts give no member at all, so that nobody downstream has to know what `-` means.

use memchr::{memchr, memrchr};
use model::Time;

use super::{
    block::{Block, find_space},
    cursor::{Cursor, Unclosed},
    draft::Draft,
    error::RecordError,
    field::{Content, Field, MemberKey, key},
    json, text,
    timestamp::Minute,
};

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

    /// The record's time, and how many U+FFFD stand for bytes that were not UTF-8.
    pub fn finish(self) -> (Time, u64) {
        (self.time, self.replaced)
    }

    /// Takes one field from the record, where [`Cursor::peek`] saw it begin, and writes what it holds.
    ///
    /// Most fields are plain and end within the record's whole blocks. Those are copied while their end is looked for;
    /// all others are cut out first, and judged by rules that know every case.
    pub fn field(&mut self, field: &Field, cursor: &mut Cursor<'_>) -> Result<(), RecordError> {
        match &field.content {
            Content::Timestamp => self.timestamp(field, cursor),
            Content::Word { key } => self.word(field, key, cursor),
            Content::Quoted { key } => self.quoted(field, key, cursor),
            Content::List { key } => {
                let held = cursor.list().map_err(|Unclosed| RecordError::Unclosed { field: field.name })?;
                self.text(key, held);
                Ok(())
            }
            Content::Number { key } => self.number(field, key, cursor),
            Content::Endpoint { ip, port } => self.endpoint(field, ip, port, cursor),
            Content::Request => self.request(field, cursor),
        }
    }

    fn timestamp(&mut self, field: &Field, cursor: &mut Cursor<'_>) -> Result<(), RecordError> {
        let held = cursor.word();
        let wanted = "a time like 2026-03-09T14:00:00.123456Z";
        let timestamp = self.minute.parse(held).ok_or_else(|| RecordError::field(field.name, held, wanted))?;
        self.time = timestamp.time;
        self.draft.key(key!(text "@timestamp"));
        self.draft.append(held);
        self.draft.append(if timestamp.has_zone { b"\"" } else { b"Z\"" });
        Ok(())
    }

    fn word(&mut self, field: &Field, key: &MemberKey, cursor: &mut Cursor<'_>) -> Result<(), RecordError> {
        let rest = cursor.rest();
        if let Some(length) = self.draft.attempt(key, rest, Block::ends_word)
            && rest[length] == b' '
        {
            if !(length == 1 && rest[0] == b'-') {
                self.draft.keep(key, length);
            }
            cursor.take(length);
            return Ok(());
        }
        let held = cursor.word();
        if held.starts_with(b"\"") {
            return Err(RecordError::field(field.name, held, "a word without quotes"));
        }
        self.text(key, held);
        Ok(())
    }

    fn quoted(&mut self, field: &Field, key: &MemberKey, cursor: &mut Cursor<'_>) -> Result<(), RecordError> {
        if let Some((b'"', text)) = cursor.rest().split_first()
            && let Some(length) = self.draft.attempt(key, text, Block::ends_quoted)
            && text[length] == b'"'
        {
            if length > 0 && !(length == 1 && text[0] == b'-') {
                self.draft.keep(key, length);
            }
            cursor.take(length + 2);
            return Ok(());
        }
        let held = quoted(field, cursor)?;
        self.text(key, held);
        Ok(())
    }

    fn number(&mut self, field: &Field, key: &MemberKey, cursor: &mut Cursor<'_>) -> Result<(), RecordError> {
        if let Some(block) = Block::first_of(cursor.rest())
            && let Some(length) = block.number()
            && block.bytes().get(length) == Some(&b' ')
        {
            self.draft.member(key, block, length);
            cursor.take(length);
            return Ok(());
        }
        let held = cursor.word();
        if held == b"-" {
            return Ok(());
        }
        if !json::is_number(held) {
            return Err(RecordError::field(field.name, held, "a number or -"));
        }
        self.draft.key(key);
        self.draft.append(held);
        Ok(())
    }

    fn endpoint(
        &mut self,
        field: &Field,
        ip_key: &MemberKey,
        port_key: &MemberKey,
        cursor: &mut Cursor<'_>,
    ) -> Result<(), RecordError> {
        if let Some(length) = self.plain_endpoint(ip_key, port_key, cursor.rest()) {
            cursor.take(length);
            return Ok(());
        }
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
        self.draft.append(port);
        Ok(())
    }

    /// Of IPv4 with a space behind it; answers how long it is.
    fn plain_endpoint(&mut self, ip_key: &MemberKey, port_key: &MemberKey, rest: &[u8]) -> Option<usize> {
        let block = Block::first_of(rest)?;
        let colon = (block.digits() | block.equal_to(b'.')).trailing_ones() as usize;
        if colon == 0 || rest.get(colon) != Some(&b':') {
            return None;
        }
        let port = &rest[colon + 1..];
        let port_block = Block::first_of(port)?;
        let digits = port_block.digits().trailing_ones() as usize;
        if port.get(digits) != Some(&b' ') || !is_port(&port[..digits]) {
            return None;
        }
        self.draft.member(ip_key, block, colon);
        self.draft.append(b"\"");
        self.draft.member(port_key, port_block, digits);
        Some(colon + 1 + digits)
    }

    /// `GET http://example.com:80/ HTTP/1.1`, of which any part can be `-` or missing and the URL can hold spaces.
    fn request(&mut self, field: &Field, cursor: &mut Cursor<'_>) -> Result<(), RecordError> {
        let plain = cursor.plain_quoted();
        let write = if plain.is_some() { Self::plain } else { Self::text };
        let held = plain.map_or_else(|| quoted(field, cursor), Ok)?;
        let held = held.strip_suffix(b" ").unwrap_or(held); // a TCP listener writes `- - - `
        let (method, rest) = halves(held, find_space(held));
        let (url, protocol) = halves(rest, memrchr(b' ', rest));
        let (url, protocol) = if is_protocol(protocol) { (url, protocol) } else { (rest, &[][..]) };
        write(self, key!(text "request_method"), method);
        write(self, key!(text "request_url"), url);
        write(self, key!(text "request_protocol"), protocol);
        Ok(())
    }

    /// Writes a text that needs no change.
    #[inline]
    fn plain(&mut self, key: &MemberKey, held: &[u8]) {
        if held.is_empty() || held == b"-" {
            return;
        }
        self.draft.key(key);
        self.draft.append(held);
        self.draft.append(b"\"");
    }

    /// Writes a text with the log's escapes undone and JSON's put in.
    fn text(&mut self, key: &MemberKey, held: &[u8]) {
        if held.is_empty() || held == b"-" {
            return;
        }
        if json::is_plain(held) {
            return self.plain(key, held);
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

/// At most five digits, and no zeros before them.
#[inline]
fn is_port(text: &[u8]) -> bool {
    const LONGEST: usize = 5;
    match text {
        [_] | [b'1'..=b'9', ..] => text.len() <= LONGEST && text.iter().all(u8::is_ascii_digit),
        _ => false,
    }
}

/// `HTTP/1.1`, `-` or nothing. Anything else at the end of a request belongs to its URL.
fn is_protocol(text: &[u8]) -> bool {
    if text.starts_with(b"HTTP/") {
        return true;
    }
    match memchr(b'/', text) {
        None => text.is_empty() || text == b"-",
        Some(slash) => slash > 0 && text[..slash].iter().all(u8::is_ascii_uppercase),
    }
}
