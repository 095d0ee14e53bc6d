//! Dead letters: records that could not be parsed and events that were given up, in a file that can be sent again.
//!
//! NDJSON. Each line has the reason, the object, the position in it, and the event itself, byte for byte; or the record
//! that could not be parsed, which a later version may be able to parse.
//!
//! Always: dead letters are on the disk before the failure of their object is reported. Lines are complete: one that a
//! crash cut off is removed before the next is written, and its object, which was not settled, is sent again.

use std::{
    borrow::Cow,
    fs::{File, OpenOptions},
    io::{self, Read, Seek, SeekFrom, Write},
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
};

use base64::{Engine as _, prelude::BASE64_STANDARD};
use model::{ParsingFailure, Time};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use tokio::task::spawn_blocking;

use super::{ShipError, sink::Undelivered};

/// The step of shipping that failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DeadLetterReason {
    Parsing,
    Sending,
}

/// One line of the file.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct DeadLetter<'a> {
    pub reason: DeadLetterReason,
    /// What is wrong with the record, or the sink's error.
    #[serde(borrow)]
    pub message: Cow<'a, str>,
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub bucket: Option<Cow<'a, str>>,
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub key: Option<Cow<'a, str>>,
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub etag: Option<Cow<'a, str>>,
    /// When the run over its object began. A later run over the object replaces what this one left.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub started_at: Option<Time>,
    /// The line the record starts on, from 1.
    pub line: u64,
    /// Offset of the record's first byte in the uncompressed object.
    pub offset: u64,
    /// The beginning of a record that could not be parsed.
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub cut: Option<Cow<'a, str>>,
    /// That record as it is in the object, without the end of its line; base64 in `raw_base64` if it is not UTF-8. Neither
    /// for one that is over the limit or cut off.
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub raw: Option<Cow<'a, str>>,
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub raw_base64: Option<Cow<'a, str>>,
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub event: Option<&'a RawValue>,
}

/// The origin of an event, as the event itself states it.
#[derive(Default, Deserialize)]
#[serde(default)]
struct EventSource<'a> {
    #[serde(borrow)]
    log: Log<'a>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Log<'a> {
    #[serde(borrow)]
    bucket: Option<Cow<'a, str>>,
    #[serde(borrow)]
    key: Option<Cow<'a, str>>,
}

/// Dead letters of one object that are not yet written to the file.
#[derive(Debug, Default)]
pub(super) struct DeadLetterBuffer {
    lines: Vec<u8>,
}

impl DeadLetter<'_> {
    /// The bytes of a record that could not be parsed, where they are kept.
    pub(super) fn record(&self) -> Option<Cow<'_, [u8]>> {
        match (&self.raw, &self.raw_base64) {
            (Some(raw), _) => Some(raw.as_bytes().into()),
            (None, Some(encoded)) => BASE64_STANDARD.decode(encoded.as_bytes()).ok().map(Into::into),
            (None, None) => None,
        }
    }
}

impl DeadLetterBuffer {
    pub fn is_empty(&self) -> bool {
        self.lines.is_empty()
    }

    pub fn len(&self) -> usize {
        self.lines.len()
    }

    pub fn unparsed(&mut self, failure: &ParsingFailure, raw: Option<&[u8]>, source: Source<'_>) {
        let text = raw.and_then(|raw| str::from_utf8(raw).ok());
        let encoded = raw.filter(|_| text.is_none()).map(|raw| BASE64_STANDARD.encode(raw));
        self.add(&DeadLetter {
            reason: DeadLetterReason::Parsing,
            message: failure.reason.as_str().into(),
            bucket: source.bucket.map(Into::into),
            key: source.key.map(Into::into),
            etag: source.etag.map(Into::into),
            started_at: source.started_at,
            line: failure.line,
            offset: failure.offset,
            cut: Some(failure.cut.as_str().into()),
            raw: text.map(Into::into),
            raw_base64: encoded.map(Into::into),
            event: None,
        });
    }

    /// Adds an event that was given up. Its bucket and key are read from the event itself.
    pub fn undelivered(&mut self, undelivered: &Undelivered, of: Source<'_>) {
        let text = str::from_utf8(&undelivered.event).unwrap_or_default();
        let source: EventSource<'_> = serde_json::from_str(text).unwrap_or_default();
        self.add(&DeadLetter {
            reason: DeadLetterReason::Sending,
            message: undelivered.reason.as_str().into(),
            bucket: source.log.bucket,
            key: source.log.key,
            etag: of.etag.map(Into::into),
            started_at: of.started_at,
            line: undelivered.line,
            offset: undelivered.offset,
            cut: None,
            raw: None,
            raw_base64: None,
            event: serde_json::from_str(text).ok(), // an event is JSON
        });
    }

    /// Adds a dead letter that failed again.
    pub fn add(&mut self, letter: &DeadLetter<'_>) {
        let length = self.lines.len();
        match serde_json::to_writer(&mut self.lines, letter) {
            Ok(()) => self.lines.push(b'\n'),
            Err(_) => self.lines.truncate(length), // strings and numbers always serialise
        }
    }
}

/// The object of a record; empty if it is not an object of a bucket.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Source<'a> {
    pub bucket: Option<&'a str>,
    pub key: Option<&'a str>,
    pub etag: Option<&'a str>,
    pub started_at: Option<Time>,
}

/// The file of dead letters, created with the first one. Cheap to clone.
#[derive(Clone, Debug)]
pub(super) struct DeadLetterFile {
    path: Arc<Path>,
    file: Arc<Mutex<Option<File>>>,
}

impl DeadLetterFile {
    pub fn new(path: PathBuf) -> Self {
        Self { path: path.into(), file: Arc::default() }
    }

    /// Appends the buffered dead letters and empties the buffer. With `sync` it returns once all are on the disk.
    pub async fn put(&self, dead_letters: &mut DeadLetterBuffer, sync: bool) -> Result<(), ShipError> {
        let lines = std::mem::take(&mut dead_letters.lines);
        let (path, file) = (Arc::clone(&self.path), Arc::clone(&self.file));
        let written = spawn_blocking(move || {
            let mut file = file.lock().unwrap_or_else(PoisonError::into_inner);
            let file = match &mut *file {
                Some(file) => file,
                none => none.insert(open(&path)?),
            };
            file.write_all(&lines)?;
            if sync { file.sync_data() } else { Ok(()) }
        });
        written.await?.map_err(|error| ShipError::DeadLetters {
            what: "written",
            path: self.path.to_path_buf(),
            why: error.to_string(),
        })
    }
}

/// Opens the file for appending, after removing an incomplete last line.
fn open(path: &Path) -> io::Result<File> {
    let mut file = OpenOptions::new().read(true).append(true).create(true).open(path)?;
    let length = file.metadata()?.len();
    let mut whole = length;
    let mut chunk = [0; 4_096];
    while whole > 0 {
        let start = whole.saturating_sub(chunk.len() as u64);
        let piece = &mut chunk[..usize::try_from(whole - start).map_err(io::Error::other)?];
        file.seek(SeekFrom::Start(start))?;
        file.read_exact(piece)?;
        let end = memchr::memrchr(b'\n', piece);
        whole = end.map_or(start, |end| start + end as u64 + 1);
        if end.is_some() {
            break;
        }
    }
    if whole < length {
        file.set_len(whole)?;
    }
    Ok(file)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn incomplete_last_line_is_removed_before_appending() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("dead.ndjson");
        for (before, kept) in
            [("", ""), ("{\"a\":1}\n", "{\"a\":1}\n"), ("{\"a\":1}\n{\"b", "{\"a\":1}\n"), ("{\"b", "")]
        {
            std::fs::write(&path, before).unwrap();
            let mut dead_letters = DeadLetterBuffer { lines: b"{}\n".to_vec() };
            DeadLetterFile::new(path.clone()).put(&mut dead_letters, true).await.unwrap();
            assert_eq!(std::fs::read_to_string(&path).unwrap(), format!("{kept}{{}}\n"));
            assert!(dead_letters.is_empty());
        }
    }

    #[test]
    fn dead_letter_keeps_event_and_its_origin() {
        let event = r#"{"t":0.00004,"log":{"bucket":"logs","key":"a\"b","offset":7},"@metadata":{"_id":"00ff"}}"#;
        let mut dead_letters = DeadLetterBuffer::default();
        let undelivered = Undelivered { line: 2, offset: 7, reason: "no".into(), refused: true, event: event.into() };
        dead_letters.undelivered(&undelivered, Source { etag: Some("e"), ..Source::default() });
        let letter: DeadLetter<'_> = serde_json::from_slice(&dead_letters.lines).unwrap();
        assert_eq!(letter.event.unwrap().get(), event);
        assert_eq!((letter.bucket.as_deref(), letter.key.as_deref()), (Some("logs"), Some("a\"b")));
    }
}
