//! The data directory, locked by one server at a time.
//!
//! Two servers on one SQLite file or one embedded store would corrupt each other's work. The kernel releases the lock
//! when the process ends in any way, so no stale lock file is ever left.

use std::{
    fs::{self, File, TryLockError},
    io,
    path::{Path, PathBuf},
};

/// A lock on the directory, released when dropped.
pub struct DataDir {
    path: PathBuf,
    _lock: File,
}

#[derive(Debug, thiserror::Error)]
pub enum DataDirError {
    #[error(
        "another Logyard server already uses {}. Stop it, or give this one a folder of its own: server.data_dir, or \
         the variable LOGYARD_SERVER_DATA_DIR.", .0.display()
    )]
    Taken(PathBuf),
    #[error("cannot use {} as data directory: {source}", .path.display())]
    Io { path: PathBuf, source: io::Error },
}

impl DataDir {
    /// Creates the directory if it does not exist.
    pub fn claim(path: &Path) -> Result<Self, DataDirError> {
        let failed = |source| DataDirError::Io { path: path.to_owned(), source };
        fs::create_dir_all(path).map_err(failed)?;
        let lock = File::create(path.join("server.lock")).map_err(failed)?;
        match lock.try_lock() {
            Ok(()) => Ok(Self { path: path.to_owned(), _lock: lock }),
            Err(TryLockError::WouldBlock) => Err(DataDirError::Taken(path.to_owned())),
            Err(TryLockError::Error(source)) => Err(failed(source)),
        }
    }

    pub fn path(&self) -> &Path {
        &self.path
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_has_one_owner_until_it_is_let_go() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("new/data");
        let owner = DataDir::claim(&path).unwrap();
        assert!(matches!(DataDir::claim(&path), Err(DataDirError::Taken(_))));
        drop(owner);
        DataDir::claim(&path).unwrap();
    }
}
