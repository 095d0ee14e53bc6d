//! Dead letters: what could not be delivered, kept in a file from which it can be sent another time.
//!
//! NDJSON. Each line says why, which object, where in it, and holds the event itself, byte for byte; of a record that
//! could not be parsed, its beginning.
//!
//! Always: letters are on the disk before the failure of their object is reported. Lines are whole: one that a crash cut
//! off is taken away before the next is written, and its object, which was not settled, is sent again.

use std::{
    borrow::Cow,
    fs::{File, OpenOptions},
    io::{self, Read, Seek, SeekFrom, Write},
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
};

use model::ParsingFailure;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use tokio::task::spawn_blocking;

use super::{ShipError, sink::Undelivered};

/// Which half of shipping failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LetterReason {
    Parsing,
    Sending,
}

/// One line of the file.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Letter<'a> {
    pub reason: LetterReason,
    /// What is wrong with the record, or what the sink said.
    #[serde(borrow)]
    pub message: Cow<'a, str>,
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub bucket: Option<Cow<'a, str>>,
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub key: Option<Cow<'a, str>>,
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub etag: Option<Cow<'a, str>>,
    /// The line the record starts on, from 1.
    pub line: u64,
    /// Of the record's first byte in the uncompressed object.
    pub offset: u64,
    /// The beginning of a record that could not be parsed.
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub cut: Option<Cow<'a, str>>,
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub event: Option<&'a RawValue>,
}

/// What an event says about where it is from.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Inscription<'a> {
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

/// Letters of one object, to be written together.
#[derive(Debug, Default)]
pub(super) struct Bundle {
    lines: Vec<u8>,
}

impl Bundle {
    pub fn is_empty(&self) -> bool {
        self.lines.is_empty()
    }

    pub fn len(&self) -> usize {
        self.lines.len()
    }

    pub fn unparsed(&mut self, failure: &ParsingFailure, source: Source<'_>) {
        self.add(&Letter {
            reason: LetterReason::Parsing,
            message: failure.reason.as_str().into(),
            bucket: source.bucket.map(Into::into),
            key: source.key.map(Into::into),
            etag: source.etag.map(Into::into),
            line: failure.line,
            offset: failure.offset,
            cut: Some(failure.cut.as_str().into()),
            event: None,
        });
    }

    /// Which object it is of, the event itself says.
    pub fn undelivered(&mut self, undelivered: &Undelivered, etag: Option<&str>) {
        let text = str::from_utf8(&undelivered.event).unwrap_or_default();
        let inscription: Inscription<'_> = serde_json::from_str(text).unwrap_or_default();
        self.add(&Letter {
            reason: LetterReason::Sending,
            message: undelivered.reason.as_str().into(),
            bucket: inscription.log.bucket,
            key: inscription.log.key,
            etag: etag.map(Into::into),
            line: undelivered.line,
            offset: undelivered.offset,
            cut: None,
            event: serde_json::from_str(text).ok(), // an event is JSON
        });
    }

    /// A letter that stays one.
    pub fn add(&mut self, letter: &Letter<'_>) {
        let length = self.lines.len();
        match serde_json::to_writer(&mut self.lines, letter) {
            Ok(()) => self.lines.push(b'\n'),
            Err(_) => self.lines.truncate(length), // strings and numbers always serialise
        }
    }
}

/// The object that a record is of, where it is one of a bucket.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Source<'a> {
    pub bucket: Option<&'a str>,
    pub key: Option<&'a str>,
    pub etag: Option<&'a str>,
}

/// The file, made once there is something to write. Cheap to clone.
#[derive(Clone, Debug)]
pub(super) struct LetterBox {
    path: Arc<Path>,
    file: Arc<Mutex<Option<File>>>,
}

impl LetterBox {
    pub fn new(path: PathBuf) -> Self {
        Self { path: path.into(), file: Arc::default() }
    }

    /// Appends a bundle, and leaves it empty. With `sync` it returns once the disk has all that was appended.
    pub async fn put(&self, bundle: &mut Bundle, sync: bool) -> Result<(), ShipError> {
        let lines = std::mem::take(&mut bundle.lines);
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

/// To append to, without the last line if it is not whole.
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
    async fn a_line_that_a_crash_cut_off_is_taken_away_before_the_next() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("dead.ndjson");
        for (before, kept) in
            [("", ""), ("{\"a\":1}\n", "{\"a\":1}\n"), ("{\"a\":1}\n{\"b", "{\"a\":1}\n"), ("{\"b", "")]
        {
            std::fs::write(&path, before).unwrap();
            let mut bundle = Bundle { lines: b"{}\n".to_vec() };
            LetterBox::new(path.clone()).put(&mut bundle, true).await.unwrap();
            assert_eq!(std::fs::read_to_string(&path).unwrap(), format!("{kept}{{}}\n"));
            assert!(bundle.is_empty());
        }
    }

    #[test]
    fn an_event_is_kept_byte_for_byte_and_told_where_it_is_from() {
        let event = r#"{"t":0.00004,"log":{"bucket":"logs","key":"a\"b","offset":7},"@metadata":{"_id":"00ff"}}"#;
        let mut bundle = Bundle::default();
        let undelivered = Undelivered { line: 2, offset: 7, reason: "no".into(), event: event.into() };
        bundle.undelivered(&undelivered, Some("e"));
        let letter: Letter<'_> = serde_json::from_slice(&bundle.lines).unwrap();
        assert_eq!(letter.event.unwrap().get(), event);
        assert_eq!((letter.bucket.as_deref(), letter.key.as_deref()), (Some("logs"), Some("a\"b")));
    }
}
