//! Finds the log files to import, and the stream of each.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use super::Failure;

/// The file that `CreateExportTask` leaves beside the logs as a test of its permission to write.
const PERMISSION_CHECK: &str = "aws-logs-write-test";
const DEEPEST: usize = 16;

/// A file of log events.
#[derive(Debug, PartialEq, Eq)]
pub struct LogFile {
    pub path: PathBuf,
    /// Stream of events that do not name theirs: the folder's name in an export to S3, else empty.
    pub stream: String,
}

/// Lists files, and the files below folders, in the order of their names.
pub fn find(paths: &[PathBuf]) -> Result<Vec<LogFile>, Failure> {
    let mut files = Vec::new();
    for path in paths {
        let failed = |error: io::Error| Failure::usage(format!("{} cannot be read: {error}", path.display()));
        if fs::metadata(path).map_err(failed)?.is_dir() {
            below(path, 0, &mut files).map_err(failed)?;
        } else {
            files.push(LogFile { path: path.clone(), stream: String::new() });
        }
    }
    if files.is_empty() {
        return Err(Failure::usage("there are no files to import"));
    }
    Ok(files)
}

fn below(folder: &Path, depth: usize, files: &mut Vec<LogFile>) -> io::Result<()> {
    let mut entries = fs::read_dir(folder)?.collect::<io::Result<Vec<_>>>()?;
    entries.sort_by_key(fs::DirEntry::file_name);
    for entry in entries {
        let path = entry.path();
        if path.is_dir() {
            if depth < DEEPEST {
                below(&path, depth + 1, files)?;
            }
        } else if entry.file_name() != PERMISSION_CHECK {
            files.push(LogFile { stream: stream(&path), path });
        }
    }
    Ok(())
}

/// `…/2017-03-09-[$LATEST]0a1b/000000.gz` is a part of a stream.
fn stream(path: &Path) -> String {
    let name = path.file_stem().unwrap_or_default().to_string_lossy();
    let part = name.len() == 6 && name.bytes().all(|byte| byte.is_ascii_digit());
    let folder = path.parent().and_then(Path::file_name).filter(|_| part);
    folder.map(|folder| folder.to_string_lossy().into_owned()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use tempfile::TempDir;

    use super::*;

    #[test]
    fn an_export_to_s3_is_read_stream_by_stream() {
        let folder = TempDir::new().unwrap();
        for path in ["task/b/000001.gz", "task/b/000000.gz", "task/a/000000.gz", "aws-logs-write-test", "tail.log"] {
            let path = folder.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, "").unwrap();
        }
        let files = find(&[folder.path().to_owned()]).unwrap();
        let streams: Vec<&str> = files.iter().map(|file| file.stream.as_str()).collect();
        assert_eq!(streams, ["", "a", "b", "b"]);
        assert!(files[2].path.ends_with("b/000000.gz"));
        let error = find(&[folder.path().join("nowhere")]).unwrap_err();
        assert!(error.message.contains("nowhere"), "{}", error.message);
    }
}
