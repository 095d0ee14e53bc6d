//! Append-only files of JSON lines.
//!
//! Always: a line is written by one `write`, and the file ends with a newline whenever no write is in progress. A last
//! line without one was interrupted by a kill, was never acknowledged, and is removed at opening. Lines are passed to
//! the operating system, not flushed to disk.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, BufRead, BufReader, BufWriter, Seek, SeekFrom, Write},
    path::PathBuf,
};

use serde::{Serialize, de::DeserializeOwned};

use super::StorageError;

/// A journal open for appending; does nothing for a store in memory.
#[derive(Debug)]
pub struct Journal {
    file: Option<OpenJournal>,
}

#[derive(Debug)]
struct OpenJournal {
    path: PathBuf,
    file: File,
    /// Offset of the next line in bytes.
    length: u64,
    damaged: bool,
}

impl Journal {
    pub fn in_memory() -> Self {
        Self { file: None }
    }

    /// Creates an empty journal.
    pub fn create(path: PathBuf) -> Result<Self, StorageError> {
        let file = File::create_new(&path).map_err(StorageError::io("make", &path))?;
        Ok(Self { file: Some(OpenJournal { path, file, length: 0, damaged: false }) })
    }

    /// Opens an existing journal and passes every record to `replay`.
    pub fn open<R: DeserializeOwned>(path: PathBuf, mut replay: impl FnMut(R)) -> Result<Self, StorageError> {
        let mut file =
            OpenOptions::new().read(true).write(true).open(&path).map_err(StorageError::io("open", &path))?;
        let mut reader = BufReader::new(&file);
        let mut line = Vec::new();
        let mut length = 0;
        for number in 1.. {
            line.clear();
            let read = reader.read_until(b'\n', &mut line).map_err(StorageError::io("read", &path))?;
            if read == 0 {
                break;
            }
            if line.last() != Some(&b'\n') {
                tracing::warn!(path = %path.display(), bytes = read, "cut off a last line that was never finished");
                file.set_len(length).map_err(StorageError::io("truncate", &path))?;
                break;
            }
            let corrupt = |source| StorageError::Corrupt { path: path.clone(), line: number, source };
            replay(serde_json::from_slice(&line).map_err(corrupt)?);
            length += read as u64;
        }
        file.seek(SeekFrom::Start(length)).map_err(StorageError::io("seek in", &path))?;
        Ok(Self { file: Some(OpenJournal { path, file, length, damaged: false }) })
    }

    /// Appends a record; returns once it would survive a kill of this process.
    pub fn append(&mut self, record: &impl Serialize) -> Result<(), StorageError> {
        let Some(journal) = &mut self.file else { return Ok(()) };
        let mut line = serde_json::to_vec(record).map_err(StorageError::Record)?;
        line.push(b'\n');
        journal.write(&line)
    }

    /// Replaces the journal by one with these records, atomically.
    pub fn rewrite<R: Serialize>(&mut self, records: impl IntoIterator<Item = R>) -> Result<(), StorageError> {
        let Some(journal) = &mut self.file else { return Ok(()) };
        let path = journal.path.with_extension("new");
        let failed = || StorageError::io("write", path.clone());
        let mut writer = BufWriter::new(File::create(&path).map_err(failed())?);
        for record in records {
            serde_json::to_writer(&mut writer, &record).map_err(StorageError::Record)?;
            writer.write_all(b"\n").map_err(failed())?;
        }
        let mut file = writer.into_inner().map_err(io::IntoInnerError::into_error).map_err(failed())?;
        journal.length = file.stream_position().map_err(failed())?;
        fs::rename(&path, &journal.path).map_err(failed())?;
        journal.file = file;
        Ok(())
    }
}

impl OpenJournal {
    fn write(&mut self, line: &[u8]) -> Result<(), StorageError> {
        if self.damaged {
            return Err(StorageError::Damaged(self.path.clone()));
        }
        if let Err(source) = self.file.write_all(line) {
            // A full disk may leave half a line; the next record must not be appended to it.
            self.damaged =
                self.file.set_len(self.length).is_err() || self.file.seek(SeekFrom::Start(self.length)).is_err();
            return Err(StorageError::Io { action: "write", path: self.path.clone(), source });
        }
        self.length += line.len() as u64;
        Ok(())
    }
}
