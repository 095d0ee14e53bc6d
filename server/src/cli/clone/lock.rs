//! The lock of a state file: no two processes write the same state.
//!
//! The lock is on a file beside the state, because the state file is replaced with each writing. It says who holds it.
//!
//! Always: the operating system releases the lock of a process that dies, so that a file left behind locks nobody out.

use std::{
    ffi::OsString,
    fs::{File, OpenOptions, TryLockError, remove_file},
    io::{ErrorKind, Read, Seek, Write},
    os::unix::fs::MetadataExt,
    path::{Path, PathBuf},
};

use engine::clock::now;

/// Held until it is dropped, which removes the file.
#[derive(Debug)]
pub struct StateLock {
    path: PathBuf,
    _file: File,
}

impl StateLock {
    /// Fails at once if another process has the state file, and says which.
    pub fn take(state: &Path) -> Result<Self, String> {
        let mut name = OsString::from(state);
        name.push(".lock");
        let path = PathBuf::from(name);
        let unwritable = |error| format!("the state file {} cannot be written: {error}", state.display());
        loop {
            let mut file = OpenOptions::new()
                .read(true)
                .write(true)
                .create(true)
                .truncate(false)
                .open(&path)
                .map_err(unwritable)?;
            match file.try_lock() {
                Ok(()) => {}
                Err(TryLockError::WouldBlock) => return Err(held(state, &mut file)),
                // Some network file systems have no locks.
                Err(TryLockError::Error(error)) if error.kind() == ErrorKind::Unsupported => {}
                Err(TryLockError::Error(error)) => return Err(unwritable(error)),
            }
            if !is_at(&file, &path) {
                continue; // its last holder has just removed it
            }
            let holder = format!("process {} since {}", std::process::id(), now());
            file.set_len(0).and_then(|()| file.write_all(holder.as_bytes())).map_err(unwritable)?;
            return Ok(Self { path, _file: file });
        }
    }
}

impl Drop for StateLock {
    fn drop(&mut self) {
        let _ = remove_file(&self.path);
    }
}

fn is_at(file: &File, path: &Path) -> bool {
    let number = |metadata: &std::fs::Metadata| (metadata.dev(), metadata.ino());
    let (Ok(open), Ok(named)) = (file.metadata(), path.metadata()) else { return false };
    number(&open) == number(&named)
}

fn held(state: &Path, file: &mut File) -> String {
    let mut holder = String::new();
    let _ = file.rewind().and_then(|()| file.read_to_string(&mut holder));
    let holder = if holder.is_empty() { "another process" } else { holder.trim() };
    format!(
        "the state file {} is in use: {holder} has it. Wait until that clone ends, or name another file with --state",
        state.display()
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn second_lock_is_refused_and_names_its_holder() {
        let folder = tempfile::tempdir().unwrap();
        let state = folder.path().join("state.json");
        let lock = StateLock::take(&state).unwrap();
        let refused = StateLock::take(&state).unwrap_err();
        assert!(refused.contains(&format!("process {} since ", std::process::id())), "{refused}");
        drop(lock);
        drop(StateLock::take(&state).unwrap());
        assert_eq!(folder.path().read_dir().unwrap().count(), 0);
        assert!(StateLock::take(&folder.path().join("none/state.json")).unwrap_err().contains("cannot be written"));
    }
}
