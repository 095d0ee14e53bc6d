//! Cuts a stream of bytes into records: lines, joined where a quoted text holds line feeds.
//!
//! Bytes are written into [`Records::space`] and records read out of the same buffer, so that whole records are never
//! copied. A client may send a line feed inside a user agent, and a balancer may write a record without its closing
//! quote. So a line that leaves a quote open goes on in the next line, unless that one begins a record of its own.
//!
//! Always: where a record ends depends on the bytes alone, not on how they arrived. Nothing before or after a broken
//! record is taken with it. At most two records of the limit's length, and one read, are held in memory.

use memchr::{memchr, memchr2};

use super::{
    cursor::{leaves_quote_open, line},
    error::RecordError,
    format::begins,
};

/// Room that is offered for each read: what is uncompressed in one piece takes a tenth less time than in four.
const READ: usize = 256 * 1024;

/// A record as it stands in the object, without the line feed or CRLF that ends it.
#[derive(Debug)]
pub struct Record<'a> {
    /// Only its beginning if it is not whole.
    pub bytes: &'a [u8],
    /// The line it starts on, from 1.
    pub line: u64,
    /// Of its first byte in the uncompressed object.
    pub offset: u64,
    /// Why it is not whole: over the limit, or cut off with the object.
    pub fault: Option<RecordError>,
}

/// How a stream came to its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// A last record needs no line feed.
    Whole,
    /// A last record without a line feed is a fragment, and must not pass for a record.
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
    /// Of `start` in the object.
    offset: u64,
    /// Of `start`.
    line: u64,
    /// The rest of the line belongs to a record over the limit.
    discarding: bool,
    ending: Option<Ending>,
}

/// What lies at the start of the unread bytes.
enum Found {
    /// A record of `length` bytes; `taken` with what ends it, over `lines` line feeds. The last may be `unended`.
    Record { length: usize, taken: usize, lines: u64, unended: bool },
    /// More than the limit without an end: all of the unread bytes, over `lines` line feeds.
    TooLong { lines: u64 },
    /// Not enough bytes to tell.
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

    /// Where to write the next bytes; never empty. Then say with [`Self::filled`] how many they were.
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

    /// There are no more bytes.
    pub fn finish(&mut self, ending: Ending) {
        self.ending = Some(ending);
    }

    pub fn is_finished(&self) -> bool {
        self.ending.is_some()
    }

    /// The next record; `None` if it takes more bytes, or if all have been read. Lines without text are passed over.
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
                    let bytes = &self.buffer[from..from + length];
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
            return Some(Record { bytes: &self.buffer[from..from + length], line, offset, fault });
        }
    }

    /// Drops the rest of a line; false if its end has not come yet.
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

    /// Whether the line after an open quote begins a record of its own, or there is none. `None`: more bytes must tell.
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

/// Where the first line feed is, and whether the line leaves a quote open. Before `searched` there is none.
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
