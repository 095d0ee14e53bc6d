//! Errors below the S3 layer.

use std::{io, path::PathBuf};

#[derive(Debug, thiserror::Error)]
pub enum StorageError {
    #[error("cannot {action} {}", path.display())]
    Io { action: &'static str, path: PathBuf, source: io::Error },
    /// A complete line that is not a record: foreign or damaged. An incomplete last line is not an error.
    #[error("line {line} of {} is not a record: {source}", path.display())]
    Corrupt { path: PathBuf, line: u64, source: serde_json::Error },
    #[error("{} is in use by another process", .0.display())]
    InUse(PathBuf),
    #[error("a record cannot be written as JSON: {0}")]
    Record(serde_json::Error),
    /// An earlier write failed half-way and could not be undone; the journal is readable but not writable.
    #[error("{} is damaged; restart the store to repair it", .0.display())]
    Damaged(PathBuf),
    /// The bucket was deleted between looking it up and using it.
    #[error("the bucket is gone")]
    BucketGone,
    #[error("the upload is gone")]
    UploadGone,
}

impl StorageError {
    /// For `map_err`: adds the failed action and its path.
    pub fn io(action: &'static str, path: impl Into<PathBuf>) -> impl FnOnce(io::Error) -> Self {
        let path = path.into();
        move |source| Self::Io { action, path, source }
    }
}
