//! Splits a stream of bytes into records: lines, joined where a quoted text contains line feeds.
//!
//! Bytes are written into [`Records::space`] and records are read from the same buffer, without copying. A client may
//! send a line feed inside a user agent, and a balancer may write a record without its closing quote. So a line that
//! leaves a quote open continues in the next line, unless that line begins a record of its own.
//!
//! Always: where a record ends depends on the bytes alone, not on how they arrived. A broken record affects neither the
//! one before nor the one after it. Memory holds at most two records of the limit's length and one read.

use memchr::{memchr, memchr2};

use super::{
    cursor::{leaves_quote_open, line},
    error::RecordError,
    format::{begins, without_mark},
};

/// Bytes offered per read. Decompressing in one piece takes a tenth less time than in four.
const READ: usize = 256 * 1024;

/// A record as in the object, without the line feed or CRLF that ends it.
#[derive(Debug)]
pub struct Record<'a> {
    /// The record, or only its beginning if it is incomplete; without a byte-order mark before it.
    pub bytes: &'a [u8],
    /// The line it starts on, from 1.
    pub line: u64,
    /// Offset of its first byte in the uncompressed object.
    pub offset: u64,
    /// Why it is incomplete: over the limit, or cut off with the object.
    pub fault: Option<RecordError>,
}

/// How a stream ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// At its proper end: the last record needs no line feed.
    Whole,
    /// Broken off: a last record without a line feed is a fragment and must not count as a record.
    Broken,
}

#[derive(Debug)]
pub struct Records {
    limit: usize,
    /// `buffer[start..end]` is not yet read.
    buffer: Vec<u8>,
    start: usize,
    end: usize,
    /// Bytes after `start` that are known to hold no line feed.
    searched: usize,
    /// Offset of `start` in the object.
    offset: u64,
    /// Line number at `start`.
    line: u64,
    /// The rest of the line belongs to a record over the limit.
    discarding: bool,
    ending: Option<Ending>,
}

/// What was found at the start of the unread bytes.
enum Found {
    /// A record of `length` bytes, or `taken` bytes with its end, over `lines` line feeds. `unended`: without line
    /// feed.
    Record { length: usize, taken: usize, lines: u64, unended: bool },
    /// No end within the limit: all unread bytes, over `lines` line feeds.
    TooLong { lines: u64 },
    /// More bytes are needed.
    Unknown,
}

impl Records {
    /// `limit` is the length in bytes over which a record is a failure.
    pub fn new(limit: usize) -> Self {
        Self {
            limit,
            buffer: Vec::new(),
            start: 0,
            end: 0,
            searched: 0,
            offset: 0,
            line: 1,
            discarding: false,
            ending: None,
        }
    }

    /// The space to write the next bytes to; never empty. Report the number written with [`Self::filled`].
    pub fn space(&mut self) -> &mut [u8] {
        if self.start > 0 {
            self.buffer.copy_within(self.start..self.end, 0);
            self.end -= self.start;
            self.start = 0;
        }
        if self.buffer.len() < self.end + READ {
            self.buffer.resize(self.end + READ, 0);
        }
        &mut self.buffer[self.end..]
    }

    pub fn filled(&mut self, bytes: usize) {
        self.end = (self.end + bytes).min(self.buffer.len());
    }

    /// Marks the end of the stream.
    pub fn finish(&mut self, ending: Ending) {
        self.ending = Some(ending);
    }

    pub fn is_finished(&self) -> bool {
        self.ending.is_some()
    }

    /// The next record; `None` if more bytes are needed or all were read. Blank lines are skipped.
    #[expect(clippy::should_implement_trait, reason = "lends from its buffer, which an Iterator cannot")]
    pub fn next(&mut self) -> Option<Record<'_>> {
        loop {
            if self.discarding && !self.discard() {
                return None;
            }
            let (line, offset, from) = (self.line, self.offset, self.start);
            let (length, fault) = match self.find() {
                Found::Unknown => return None,
                Found::TooLong { lines } => {
                    self.advance(self.end - self.start, lines);
                    self.discarding = true;
                    (self.limit, Some(RecordError::TooLong { limit: self.limit }))
                }
                Found::Record { length, taken, lines, unended } => {
                    self.advance(taken, lines);
                    let bytes = without_mark(&self.buffer[from..from + length]);
                    if bytes.iter().all(u8::is_ascii_whitespace) {
                        continue;
                    }
                    let fault = if length > self.limit {
                        Some(RecordError::TooLong { limit: self.limit })
                    } else {
                        (unended && self.ending == Some(Ending::Broken)).then_some(RecordError::CutOff)
                    };
                    (length.min(self.limit), fault)
                }
            };
            let bytes = without_mark(&self.buffer[from..from + length]);
            return Some(Record { bytes, line, offset, fault });
        }
    }

    /// Drops the rest of a line; false if its end has not arrived yet.
    fn discard(&mut self) -> bool {
        if let Some(end) = memchr(b'\n', self.unread()) {
            self.advance(end + 1, 1);
            self.discarding = false;
            return true;
        }
        self.advance(self.end - self.start, 0);
        false
    }

    fn unread(&self) -> &[u8] {
        &self.buffer[self.start..self.end]
    }

    fn advance(&mut self, bytes: usize, lines: u64) {
        self.start += bytes;
        self.offset += bytes as u64;
        self.line += lines;
        self.searched = 0;
    }

    fn find(&mut self) -> Found {
        let finished = self.is_finished();
        let unread = &self.buffer[self.start..self.end];
        let (mut from, mut search, mut lines, mut open) = (0, self.searched, 0, false);
        while let Some((end, leaves_open)) = line_from(&unread[from..], search - from) {
            let end = from + end;
            lines += 1;
            let record =
                Found::Record { length: without_return(&unread[..end]), taken: end + 1, lines, unended: false };
            if end > self.limit {
                return record;
            }
            open ^= leaves_open;
            if !open || (lines == 1 && !begins(&unread[..end])) {
                return record;
            }
            match self.next_begins(&unread[end + 1..], finished) {
                Some(true) => return record,
                Some(false) => (from, search) = (end + 1, end + 1),
                None => return Found::Unknown,
            }
        }
        if unread.len() > self.limit + 1 {
            return Found::TooLong { lines };
        }
        if finished && !unread.is_empty() {
            return Found::Record { length: without_return(unread), taken: unread.len(), lines, unended: true };
        }
        if lines == 0 {
            self.searched = unread.len();
        }
        Found::Unknown
    }

    /// Whether the line after an open quote begins a record of its own, or is missing. `None` if more bytes are needed.
    fn next_begins(&self, next: &[u8], finished: bool) -> Option<bool> {
        let head = &next[..next.len().min(self.limit)];
        if let Some(end) = memchr2(b'\n', b'"', head) {
            let past_quote = if head[end] == b'"' { end + 1 } else { end };
            return Some(begins(&head[..past_quote]));
        }
        if next.len() >= self.limit {
            return Some(false);
        }
        finished.then(|| next.is_empty() || begins(head))
    }
}

/// Position of the first line feed, known to be at `searched` or later, and whether the line leaves a quote open.
fn line_from(text: &[u8], searched: usize) -> Option<(usize, bool)> {
    if searched == 0 {
        return line(text);
    }
    let end = searched + memchr(b'\n', &text[searched..])?;
    Some((end, leaves_quote_open(&text[..end])))
}

/// The length of a line without the carriage return that may end it.
fn without_return(line: &[u8]) -> usize {
    line.strip_suffix(b"\r").unwrap_or(line).len()
}
