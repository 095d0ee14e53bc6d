//! The file of `--report`: a line for each object that was copied or deleted.
//!
//! Always: what the state file counts as settled is in the file. A resumed clone cuts the file to the length that the state
//! knows, and reports what came after it again. A file of another clone is never overwritten. What cannot be written is
//! kept, and written with what follows.

use std::{
    fs::{File, OpenOptions},
    io::{self, Write},
    path::{Path, PathBuf},
};

use engine::{
    clock::now,
    clone::{completions_as_csv, compress_completions},
};
use model::Time;
use serde::{Deserialize, Serialize};

use crate::cli::writable::check_writable;

/// How far the report is, as the state file keeps it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReportPosition {
    pub file: PathBuf,
    bytes: u64,
    /// When the clone was started.
    pub began: Time,
}

/// The report of a running clone.
#[derive(Debug)]
pub struct CompletionFile {
    position: ReportPosition,
    csv: bool,
    gzip: bool,
    /// Opened by the first write.
    open: Option<File>,
    /// Lines that could not be written.
    unwritten: Vec<u8>,
}

impl CompletionFile {
    /// Begins a report, or goes on with that of a state file. Writes nothing yet.
    pub fn of(file: &Path, resumed: Option<&ReportPosition>) -> Result<Self, String> {
        let shown = file.display();
        let name = file.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        let (kind, gzip) = name.strip_suffix(".gz").map_or((name, false), |kind| (kind, true));
        let csv = match kind.rsplit_once('.') {
            Some((_, "csv")) => true,
            Some((_, "ndjson")) => false,
            _ => return Err(format!("--report {shown} must end in .csv, .ndjson, .csv.gz or .ndjson.gz")),
        };
        check_writable("--report", file)?;
        let there = file.metadata().ok().map(|about| about.len());
        let position = match (resumed.filter(|position| position.file == file), there) {
            (Some(position), there) if there.unwrap_or_default() >= position.bytes => position.clone(),
            (Some(position), _) => {
                let bytes = position.bytes;
                return Err(format!(
                    "--report {shown} lacks some of the {bytes} bytes that the state file knows of: name another file"
                ));
            }
            (None, None | Some(0)) => ReportPosition { file: file.to_owned(), bytes: 0, began: now() },
            (None, Some(_)) => {
                return Err(format!(
                    "--report {shown} exists already. Name another file, or --resume the clone that wrote it"
                ));
            }
        };
        Ok(Self { position, csv, gzip, open: None, unwritten: Vec::new() })
    }

    pub fn position(&self) -> ReportPosition {
        self.position.clone()
    }

    /// Appends lines of the engine's report, after those that could not be written before.
    pub fn add(&mut self, lines: &[u8]) -> Result<(), String> {
        self.unwritten.extend_from_slice(lines);
        if self.unwritten.is_empty() { Ok(()) } else { self.write() }
    }

    /// Writes what is left; a report of nothing too.
    pub fn finish(&mut self) -> Result<(), String> {
        if self.unwritten.is_empty() && self.position.bytes > 0 { Ok(()) } else { self.write() }
    }

    fn write(&mut self) -> Result<(), String> {
        let written = self.write_now();
        written.map_err(|error| format!("--report {} cannot be written: {error}", self.position.file.display()))
    }

    fn write_now(&mut self) -> io::Result<()> {
        let text = if self.csv {
            completions_as_csv(&self.unwritten, self.position.bytes == 0).map_err(io::Error::other)?
        } else {
            self.unwritten.clone()
        };
        let bytes = if self.gzip { compress_completions(&text) } else { text };
        let mut file = match self.open.take() {
            Some(file) => file,
            None => OpenOptions::new().create(true).append(true).open(&self.position.file)?,
        };
        file.set_len(self.position.bytes)?; // what a write has left that did not get to its end, or that no state knows
        file.write_all(&bytes)?;
        file.sync_data()?;
        self.position.bytes += bytes.len() as u64;
        self.unwritten.clear();
        self.open = Some(file);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use flate2::read::MultiGzDecoder;

    use super::*;

    const LINE: &str = "{\"at\":\"2026-03-09T14:00:00Z\",\"action\":\"copied\",\"key\":\"a\",\"size\":7,\"etag\":\"e\",\
                        \"destination_key\":\"b\",\"destination_etag\":\"f\",\"evidence\":\"etag\"}\n";

    #[test]
    fn name_decides_the_format() {
        let folder = tempfile::tempdir().unwrap();
        let read = |name: &str, parts: usize| {
            let path = folder.path().join(name);
            let mut file = CompletionFile::of(&path, None).unwrap();
            for _ in 0..parts {
                file.add(LINE.as_bytes()).unwrap();
            }
            file.finish().unwrap();
            std::fs::read(&path).unwrap()
        };
        let unzipped = |bytes: Vec<u8>| {
            let mut text = String::new();
            MultiGzDecoder::new(&*bytes).read_to_string(&mut text).unwrap();
            text
        };
        assert_eq!(read("a.ndjson", 2), LINE.repeat(2).as_bytes());
        assert_eq!(unzipped(read("a.ndjson.gz", 2)), LINE.repeat(2));
        let csv = String::from_utf8(read("a.csv", 2)).unwrap();
        assert_eq!((csv.lines().count(), csv.matches("evidence").count()), (3, 1), "{csv}");
        assert_eq!(unzipped(read("a.csv.gz", 2)), csv);
        assert_eq!(String::from_utf8(read("none.csv", 0)).unwrap().lines().count(), 1);
        let wrong = CompletionFile::of(Path::new("report.txt"), None).unwrap_err();
        assert!(wrong.contains("report.txt") && wrong.contains(".csv.gz"), "{wrong}");
    }

    #[test]
    fn resumed_report_is_cut_to_what_the_state_knows() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.ndjson");
        let mut file = CompletionFile::of(&path, None).unwrap();
        file.add(LINE.as_bytes()).unwrap();
        let position = file.position();
        file.add(LINE.as_bytes()).unwrap();
        let mut again = CompletionFile::of(&path, Some(&position)).unwrap();
        again.add(b"{}\n").unwrap();
        assert_eq!(std::fs::read_to_string(&path).unwrap(), format!("{LINE}{{}}\n"));
        let other = CompletionFile::of(&path, None).unwrap_err();
        assert!(other.contains("exists already"), "{other}");
        std::fs::write(&path, "").unwrap();
        let lost = CompletionFile::of(&path, Some(&position)).unwrap_err();
        assert!(lost.contains(&format!("{} bytes", LINE.len())), "{lost}");
    }

    #[test]
    fn unwritten_lines_are_written_with_the_next() {
        let folder = tempfile::tempdir().unwrap();
        let (path, away) = (folder.path().join("r/a.ndjson"), folder.path().join("away"));
        std::fs::create_dir(folder.path().join("r")).unwrap();
        let mut file = CompletionFile::of(&path, None).unwrap();
        std::fs::rename(folder.path().join("r"), &away).unwrap();
        assert!(file.add(LINE.as_bytes()).is_err());
        std::fs::rename(&away, folder.path().join("r")).unwrap();
        file.add(LINE.as_bytes()).unwrap();
        assert_eq!(std::fs::read_to_string(&path).unwrap(), LINE.repeat(2));
    }
}
