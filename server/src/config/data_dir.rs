//! The data directory, held by one server at a time.
//!
//! Two servers on one SQLite file or one embedded store would each believe to be alone. The kernel drops the lock with
//! the process, however that ends, so that nobody ever has to remove a stale file.

use std::{
    fs::{self, File, TryLockError},
    io,
    path::{Path, PathBuf},
};

/// The directory is this process's until dropped.
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
    /// Makes the directory if need be.
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
