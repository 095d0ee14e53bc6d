//! Reads exported log files as events.
//!
//! The first bytes tell three kinds of file apart: JSON (an answer of `FilterLogEvents` or Insights, as one document or
//! one event per line; or a function's JSON log lines), text (from the console or `aws logs tail`), and the text that
//! `CreateExportTask` leaves in S3. Each may be gzipped.
//!
//! Always: events come in the order of the file. Memory is bounded by the limit of a line, and for a JSON document over
//! several lines by the limit of a document.

mod json;
mod text;

use std::io::{self, BufRead, BufReader, Read};

use flate2::bufread::MultiGzDecoder;
use model::Time;

use self::{json::Documents, text::Text};
use super::LogEvent;

/// Longest line, in bytes: an event of CloudWatch has at most 1 MB, and JSON escapes it.
const LINE: u64 = 8 * 1_024 * 1_024;
/// Largest JSON document, in bytes.
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
    #[error("no line has a timestamp")]
    Timeless,
}

/// Calls `take` with each event of a file. `stream` names the stream of events that do not name one.
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

/// Reads the next line into `line`, without its line feed; `None` at the end of the file.
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

/// Parses RFC 3339; a time without a zone is UTC.
fn time(text: &str) -> Option<Time> {
    text.parse().ok().or_else(|| format!("{text}Z").parse().ok())
}

/// An id for an event that has none; ids sort in the order of the file.
fn id(number: u64) -> String {
    format!("{number:020}")
}
