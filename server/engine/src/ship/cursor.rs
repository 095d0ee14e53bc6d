//! Splits a record into fields without copying.
//!
//! Several spaces count as one, and the space after a closing quote may be missing: both occur in real logs.

use memchr::{memchr, memchr2};
use wide::i8x16;

use super::block::{BLOCK, Block, find_space};

/// Bytes searched for the end of a line per step.
const STRIDE: usize = 4 * BLOCK;

pub struct Cursor<'a> {
    rest: &'a [u8],
}

/// A quote was opened and the record ended before it closed.
#[derive(Debug)]
pub struct Unclosed;

impl<'a> Cursor<'a> {
    /// Starts at the beginning of a field, as returned by [`skip_spaces`].
    pub fn new(rest: &'a [u8]) -> Self {
        Self { rest }
    }

    /// The bytes not yet consumed.
    pub fn rest(&self) -> &'a [u8] {
        self.rest
    }

    /// Consumes the bytes up to the next space; empty at the end of the record.
    pub fn word(&mut self) -> &'a [u8] {
        self.take(find_space(self.rest).unwrap_or(self.rest.len()))
    }

    /// Consumes a quoted text and returns it without its quotes. The next byte must be a quote.
    pub fn quoted(&mut self) -> Result<&'a [u8], Unclosed> {
        let length = closing_quote(&self.rest[1..]).ok_or(Unclosed)?;
        Ok(&self.take(length + 2)[1..=length])
    }

    /// Consumes quoted texts joined by commas, quotes and commas included; or a plain word.
    pub fn list(&mut self) -> Result<&'a [u8], Unclosed> {
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

/// Skips spaces; empty at the end of the record.
#[inline]
pub fn skip_spaces(record: &[u8]) -> &[u8] {
    match record {
        [b' ', first, ..] if *first != b' ' => &record[1..], // one space, as nearly always
        _ => &record[record.iter().take_while(|byte| **byte == b' ').count()..],
    }
}

/// The record after its next field, whatever that is: a quoted text, or the bytes up to the next space.
pub fn skip_field(record: &[u8]) -> &[u8] {
    let mut cursor = Cursor::new(record);
    if record.first() != Some(&b'"') || cursor.quoted().is_err() {
        cursor.word();
    }
    cursor.rest()
}

/// Position of the first quote that no backslash escapes.
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

/// Position of the first line feed, and whether the line before it leaves a quote open.
pub fn line(text: &[u8]) -> Option<(usize, bool)> {
    let ends = |block: Block| block.lanes_equal_to(b'\n') | block.lanes_equal_to(b'\\');
    let (mut from, mut quotes) = (0, i8x16::ZERO);
    for stride in text.as_chunks::<STRIDE>().0 {
        let blocks = stride.as_chunks().0.iter().map(Block::from);
        if blocks.clone().map(ends).fold(i8x16::ZERO, |all, ends| all | ends).any() {
            break;
        }
        quotes = blocks.fold(quotes, |quotes, block| quotes ^ block.lanes_equal_to(b'"'));
        from += STRIDE;
    }
    for block in text[from..].as_chunks().0.iter().map(Block::from) {
        let ends = ends(block).to_bitmask();
        if ends != 0 {
            let end = from + ends.trailing_zeros() as usize;
            if text[end] == b'\\' {
                break;
            }
            let before = ends ^ (ends - 1);
            let quotes = quotes.to_bitmask() ^ (block.equal_to(b'"') & before);
            return Some((end, quotes.count_ones() % 2 == 1));
        }
        quotes ^= block.lanes_equal_to(b'"');
        from += BLOCK;
    }
    let end = memchr(b'\n', text)?;
    Some((end, leaves_quote_open(&text[..end])))
}

/// Whether a text leaves a quote open: its number of unescaped quotes is odd.
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

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn line_finds_line_feed_and_open_quote(text in r#"([a-z ]{0,60}["\\\\\n]){0,6}[a-z]{0,20}"#) {
            let text = text.as_bytes();
            let end = text.iter().position(|byte| *byte == b'\n');
            prop_assert_eq!(line(text), end.map(|end| (end, leaves_quote_open(&text[..end]))));
        }
    }
}
