//! Logs that somebody exported: a file of them → events.
//!
//! Three kinds of file are told apart by how they begin: JSON (what `FilterLogEvents` or Insights answered, whole or an
//! event a line; or the JSON logs of a function as they are), text (the console's, `aws logs tail`'s), and the text that
//! `CreateExportTask` leaves in S3; each plain or gzip.
//!
//! Always: events come in the order of the file. Memory is bounded by a line's limit, and for JSON that is not written
//! in lines by that of a document.

mod json;
mod text;

use std::io::{self, BufRead, BufReader, Read};

use flate2::bufread::MultiGzDecoder;
use model::Time;

use self::{json::Documents, text::Text};
use super::LogEvent;

/// CloudWatch's own limit is 1 MB an event; JSON around it escapes.
const LINE: u64 = 8 * 1_024 * 1_024;
/// Of JSON that is one document.
const DOCUMENT: u64 = 256 * 1_024 * 1_024;

/// Why a file cannot be read as a log.
#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    #[error(transparent)]
    Io(#[from] io::Error),
    #[error("line {line}: not JSON: {why}")]
    Json { line: u64, why: String },
    #[error("line {line} is longer than {LINE} bytes")]
    Long { line: u64 },
    #[error("no line bears a time, so nothing says when anything happened")]
    Timeless,
}

/// Calls `take` with each event of a file. `stream` is of events that do not name theirs.
pub fn read_export(file: impl Read, stream: &str, mut take: impl FnMut(LogEvent)) -> Result<(), ExportError> {
    let mut file = BufReader::new(file);
    if file.fill_buf()?.starts_with(&[0x1f, 0x8b]) {
        return read_plain(BufReader::new(MultiGzDecoder::new(file)), stream, &mut take);
    }
    read_plain(file, stream, &mut take)
}

fn read_plain(mut file: impl BufRead, stream: &str, take: &mut dyn FnMut(LogEvent)) -> Result<(), ExportError> {
    let first = loop {
        let held = file.fill_buf()?;
        let blank = held.iter().take_while(|byte| byte.is_ascii_whitespace()).count();
        match held.get(blank) {
            Some(first) => break *first,
            None if held.is_empty() => return Ok(()),
            None => file.consume(blank),
        }
    };
    if first == b'{' || first == b'[' {
        Documents::new(file, stream).read(take)
    } else {
        Text::new(stream).read(file, take)
    }
}

/// The next line without its end, in `line`; `None` at the end of the file.
fn next_line(file: &mut impl BufRead, number: u64, line: &mut Vec<u8>) -> Result<Option<()>, ExportError> {
    line.clear();
    let read = file.by_ref().take(LINE).read_until(b'\n', line)?;
    if read as u64 == LINE && line.last() != Some(&b'\n') {
        return Err(ExportError::Long { line: number });
    }
    if line.last() == Some(&b'\n') {
        line.pop();
    }
    Ok((read > 0).then_some(()))
}

/// RFC 3339, or the same without a zone, which is then UTC.
fn time(text: &str) -> Option<Time> {
    text.parse().ok().or_else(|| format!("{text}Z").parse().ok())
}

/// Ids for events that have none: they sort as the lines of the file do.
fn id(number: u64) -> String {
    format!("{number:020}")
}
