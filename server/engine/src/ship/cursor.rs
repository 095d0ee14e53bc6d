//! Walks over a record field by field and hands out their bytes as they stand, without copying.
//!
//! Several spaces count as one, and none is needed after a closing quote: both occur.

use memchr::{memchr, memchr2};

use super::block::{BLOCK, Block, find_space};

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

    /// What is not yet taken.
    pub fn rest(&self) -> &'a [u8] {
        self.rest
    }

    /// Up to the next space. Empty at the end of the record.
    pub fn word(&mut self) -> &'a [u8] {
        self.peek();
        let end = find_space(self.rest).unwrap_or(self.rest.len());
        self.take(end)
    }

    /// What stands between this quote and the next that is not escaped. To be called where [`Self::peek`] saw a quote.
    pub fn quoted(&mut self) -> Result<&'a [u8], Unclosed> {
        let length = closing_quote(&self.rest[1..]).ok_or(Unclosed)?;
        let text = &self.rest[1..=length];
        self.rest = &self.rest[length + 2..];
        Ok(text)
    }

    /// As [`Self::quoted`], if there is a quote and the text behind it is plain. Otherwise nothing is taken.
    #[inline]
    pub fn plain_quoted(&mut self) -> Option<&'a [u8]> {
        let text = self.rest.strip_prefix(b"\"")?;
        let mut from = 0;
        for block in Block::all_of(text) {
            let ends = block.ends_quoted();
            if ends != 0 {
                let end = from + ends.trailing_zeros() as usize;
                return (text[end] == b'"').then(|| {
                    self.rest = &text[end + 1..];
                    &text[..end]
                });
            }
            from += BLOCK;
        }
        None
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

    pub fn take(&mut self, length: usize) -> &'a [u8] {
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

/// Where the first line feed is, and whether the line before it leaves a quote open.
pub fn line(text: &[u8]) -> Option<(usize, bool)> {
    let (mut from, mut quotes) = (0, 0);
    for block in Block::all_of(text) {
        let ends = block.equal_to(b'\n') | block.equal_to(b'\\');
        if ends != 0 {
            let end = from + ends.trailing_zeros() as usize;
            if text[end] == b'\\' {
                break;
            }
            quotes ^= block.equal_to(b'"') & (ends ^ (ends - 1));
            return Some((end, quotes.count_ones() % 2 == 1));
        }
        quotes ^= block.equal_to(b'"');
        from += BLOCK;
    }
    let end = memchr(b'\n', text)?;
    Some((end, leaves_quote_open(&text[..end])))
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

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_line_ends_at_its_line_feed_and_leaves_open_what_is_not_closed(text in r#"([a-z ]{0,20}["\\\\\n]){0,6}[a-z]{0,20}"#) {
            let text = text.as_bytes();
            let end = text.iter().position(|byte| *byte == b'\n');
            prop_assert_eq!(line(text), end.map(|end| (end, leaves_quote_open(&text[..end]))));
        }

        #[test]
        fn a_plain_text_in_quotes_is_what_stands_in_them(text in r#""[a-z "\\\\é]{0,40}"#) {
            let text = text.as_bytes();
            let (mut quick, mut cursor) = (Cursor::new(text), Cursor::new(text));
            if let Some(plain) = quick.plain_quoted() {
                prop_assert_eq!(plain, cursor.quoted().unwrap());
                prop_assert_eq!(quick.rest, cursor.rest);
                prop_assert!(crate::ship::json::is_plain(plain));
            } else {
                prop_assert_eq!(quick.rest, text);
            }
        }
    }
}
