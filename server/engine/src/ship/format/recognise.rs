//! Recognises the format of a record by its beginning, and the start of a new record inside a broken one.

use memchr::memchr;

use super::Format;
use crate::ship::{
    block::{BLOCK, Block, find_space},
    cursor::skip_spaces,
};

/// Number of words before the request, the first quoted field.
const WORDS_BEFORE_REQUEST_CLASSIC: usize = 11;
const WORDS_BEFORE_REQUEST_ALB: usize = 12;

pub fn recognise(record: &[u8]) -> Option<Format> {
    let mut words = Words(record);
    if is_timestamp(words.rest()) {
        words.next()?;
        words.next()?;
        // A balancer's client is `ip:port`; a connection's port is a field of its own.
        return Some(if starts_with_number(words.rest())? { Format::AlbConnection } else { Format::Classic });
    }
    let first = words.next()?;
    if is_timestamp(words.rest()) {
        return Some(Format::Alb);
    }
    let second = words.next()?;
    (first == b"tls" && is_version(second) && is_timestamp(words.rest())).then_some(Format::Nlb)
}

/// Whether a record begins here. `text` must reach at least to the first double quote or the end of the line.
///
/// Stricter than [`recognise`], because clients control the user agent, line feeds included: a record of a request must
/// have all its words before its first quote. A client cannot write that quote, as its quotes are escaped.
pub fn begins(text: &[u8]) -> bool {
    let text = without_mark(text);
    let Some(quote) = memchr(b'"', text) else {
        return matches!(recognise(text), Some(Format::Nlb | Format::AlbConnection));
    };
    let head = &text[..quote];
    match recognise(head) {
        Some(Format::Classic) => head.ends_with(b" ") && Words(head).count() == WORDS_BEFORE_REQUEST_CLASSIC,
        Some(Format::Alb) => head.ends_with(b" ") && Words(head).count() == WORDS_BEFORE_REQUEST_ALB,
        Some(Format::Nlb | Format::AlbConnection) => true,
        None => false,
    }
}

/// The text without the byte-order mark before it: some editors and shells write one at the start of a file.
pub fn without_mark(text: &[u8]) -> &[u8] {
    text.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(text)
}

/// Whether a text begins like `2026-03-09T14:00:00`.
#[inline]
fn is_timestamp(text: &[u8]) -> bool {
    let to_minutes = Block::first_of(text);
    to_minutes.digits() == 0b1101_1011_0110_1111
        && to_minutes.equal_to(b'-') == 0b0000_0000_1001_0000
        && to_minutes.bytes()[10] == b'T'
        && to_minutes.bytes()[13] == b':'
        && matches!(text.get(BLOCK..), Some([b':', b'0'..=b'9', b'0'..=b'9', ..]))
}

/// Whether the first word consists of digits; `None` without a word.
#[inline]
fn starts_with_number(text: &[u8]) -> Option<bool> {
    let digits = Block::first_of(text).digits().trailing_ones() as usize;
    match text.get(digits) {
        None => (digits > 0).then_some(true),
        Some(b' ') => Some(true),
        Some(byte) if digits < BLOCK || !byte.is_ascii_digit() => Some(false),
        Some(_) => Words(text).next().map(|word| word.iter().all(u8::is_ascii_digit)),
    }
}

/// Whether a word looks like a version, such as `2.0`.
fn is_version(word: &[u8]) -> bool {
    word.first().is_some_and(u8::is_ascii_digit) && word.iter().all(|byte| byte.is_ascii_digit() || *byte == b'.')
}

/// Iterates over words separated by one or more spaces.
struct Words<'a>(&'a [u8]);

impl<'a> Words<'a> {
    /// The text from the next word on; empty if there is none.
    #[inline]
    fn rest(&mut self) -> &'a [u8] {
        self.0 = skip_spaces(self.0);
        self.0
    }
}

impl<'a> Iterator for Words<'a> {
    type Item = &'a [u8];

    #[inline]
    fn next(&mut self) -> Option<&'a [u8]> {
        let text = self.rest();
        let (word, rest) = text.split_at(find_space(text).unwrap_or(text.len()));
        self.0 = rest;
        (!word.is_empty()).then_some(word)
    }
}
