//! Walks over a record field by field and hands out their bytes as they stand, without copying.
//!
//! Several spaces count as one, and none is needed after a closing quote: both occur.

use memchr::{memchr, memchr2};

pub struct Cursor<'a> {
    rest: &'a [u8],
}

/// A quote was opened and the record ended before it closed.
#[derive(Debug)]
pub struct Unclosed;

impl<'a> Cursor<'a> {
    pub fn new(record: &'a [u8]) -> Self {
        Self { rest: record }
    }

    /// The first byte of the next field; `None` at the end of the record.
    pub fn peek(&mut self) -> Option<u8> {
        loop {
            match self.rest {
                [b' ', rest @ ..] => self.rest = rest,
                [byte, ..] => return Some(*byte),
                [] => return None,
            }
        }
    }

    /// Up to the next space. Empty at the end of the record.
    pub fn word(&mut self) -> &'a [u8] {
        self.peek();
        let end = memchr(b' ', self.rest).unwrap_or(self.rest.len());
        self.take(end)
    }

    /// What stands between this quote and the next that is not escaped. To be called where [`Self::peek`] saw a quote.
    pub fn quoted(&mut self) -> Result<&'a [u8], Unclosed> {
        let length = closing_quote(&self.rest[1..]).ok_or(Unclosed)?;
        let text = &self.rest[1..=length];
        self.rest = &self.rest[length + 2..];
        Ok(text)
    }

    /// Quoted texts joined by commas, quotes and commas included; or a plain word.
    pub fn list(&mut self) -> Result<&'a [u8], Unclosed> {
        self.peek();
        let mut end = 0;
        while self.rest.get(end) == Some(&b'"') {
            end += closing_quote(&self.rest[end + 1..]).ok_or(Unclosed)? + 2;
            if self.rest[end..].starts_with(b",\"") {
                end += 1;
            }
        }
        if end == 0 { Ok(self.word()) } else { Ok(self.take(end)) }
    }

    fn take(&mut self, length: usize) -> &'a [u8] {
        let (taken, rest) = self.rest.split_at(length);
        self.rest = rest;
        taken
    }
}

/// Where the first quote is that no backslash escapes.
fn closing_quote(text: &[u8]) -> Option<usize> {
    let mut from = 0;
    loop {
        let found = from + memchr2(b'"', b'\\', text.get(from..)?)?;
        if text[found] == b'"' {
            return Some(found);
        }
        from = found + 2;
    }
}

/// True if a text leaves a quote open: the number of quotes that no backslash escapes is odd.
pub fn leaves_quote_open(text: &[u8]) -> bool {
    if memchr(b'\\', text).is_none() {
        return memchr::memchr_iter(b'"', text).count() % 2 == 1;
    }
    let mut open = false;
    let mut rest = text;
    while let Some(quote) = closing_quote(rest) {
        open = !open;
        rest = &rest[quote + 1..];
    }
    open
}
