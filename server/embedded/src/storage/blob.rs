//! Blobs: byte sequences that bodies consist of, in memory or one file each.
//!
//! Blobs are reference-counted by objects, parts of uploads, copies in other buckets and open readers; dropping the
//! last reference deletes the file. Copying an object therefore adds a reference and no data.
//!
//! Always: while the store opens or closes, dropped references leave their files. A file that no journal names, left by
//! a killed process, is deleted when the store opens.

use std::{
    collections::HashMap,
    fs, io,
    ops::Range,
    os::unix::fs::FileExt,
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use bytes::Bytes;
use uuid::Uuid;

use super::StorageError;

#[derive(Debug)]
pub enum Blob {
    Memory(Bytes),
    File(BlobFile),
}

impl Blob {
    /// Name in a journal; `None` for a blob in memory.
    pub fn id(&self) -> Option<Uuid> {
        match self {
            Self::Memory(_) => None,
            Self::File(file) => Some(file.id),
        }
    }

    /// Reads a range of bytes into memory. Callers must bound the range.
    pub async fn read(self: &Arc<Self>, range: Range<u64>) -> io::Result<Bytes> {
        let outside = |_| io::Error::from(io::ErrorKind::UnexpectedEof);
        let length = usize::try_from(range.end.saturating_sub(range.start)).map_err(outside)?;
        match &**self {
            Self::Memory(bytes) => {
                let start = usize::try_from(range.start).map_err(outside)?;
                if start + length > bytes.len() {
                    return Err(io::ErrorKind::UnexpectedEof.into());
                }
                Ok(bytes.slice(start..start + length))
            }
            Self::File(file) => {
                let path = file.path();
                let blob = Arc::clone(self);
                let read = tokio::task::spawn_blocking(move || {
                    let mut buffer = vec![0; length];
                    fs::File::open(path)?.read_exact_at(&mut buffer, range.start)?;
                    drop(blob);
                    Ok(Bytes::from(buffer))
                });
                read.await.map_err(io::Error::other)?
            }
        }
    }
}

/// A file deleted with its last reference.
#[derive(Debug)]
pub struct BlobFile {
    id: Uuid,
    folder: Arc<Folder>,
}

impl BlobFile {
    /// A new name in the folder; the caller creates the file.
    pub fn new(folder: &Arc<Folder>) -> Self {
        Self { id: Uuid::new_v4(), folder: Arc::clone(folder) }
    }

    pub fn path(&self) -> PathBuf {
        self.folder.path_of(self.id)
    }
}

impl Drop for BlobFile {
    fn drop(&mut self) {
        if self.folder.keep.load(Ordering::Acquire) {
            return;
        }
        let path = self.path();
        if let Err(error) = fs::remove_file(&path)
            && error.kind() != io::ErrorKind::NotFound
        {
            tracing::warn!(path = %path.display(), %error, "cannot remove a body that nothing refers to");
        }
    }
}

/// Location of the files, in 256 folders.
#[derive(Debug)]
pub struct Folder {
    path: PathBuf,
    /// Whether files stay when their last reference is dropped.
    keep: AtomicBool,
}

impl Folder {
    /// Creates the 256 folders, so that writes need not.
    pub fn open(path: PathBuf) -> Result<Self, StorageError> {
        for first in 0..=u8::MAX {
            let path = path.join(format!("{first:02x}"));
            fs::create_dir_all(&path).map_err(StorageError::io("make the folder", path))?;
        }
        Ok(Self { path, keep: AtomicBool::new(true) })
    }

    /// Deletes files with their last reference from now on. Called once the store is open: reading the journals creates
    /// and drops references, and opening may still fail.
    pub fn remove_unused(&self) {
        self.keep.store(false, Ordering::Release);
    }

    /// Keeps files when their references are dropped from now on.
    pub fn keep_all(&self) {
        self.keep.store(true, Ordering::Release);
    }

    fn path_of(&self, id: Uuid) -> PathBuf {
        let name = id.simple().to_string();
        self.path.join(&name[..2]).join(name)
    }

    /// Deletes every file without a reference; returns their number.
    pub fn sweep(&self, named: &NamedBlobs) -> Result<usize, StorageError> {
        let mut removed = 0;
        for fan in read_folder(&self.path)? {
            for file in read_folder(&fan)? {
                let id = file.file_name().and_then(|name| Uuid::try_parse(name.to_str()?).ok());
                if id.is_none_or(|id| !named.blobs.contains_key(&id)) {
                    fs::remove_file(&file).map_err(StorageError::io("remove", &file))?;
                    removed += 1;
                }
            }
        }
        Ok(removed)
    }
}

fn read_folder(path: &Path) -> Result<Vec<PathBuf>, StorageError> {
    let failed = || StorageError::io("list the folder", path);
    fs::read_dir(path).map_err(failed())?.map(|entry| Ok(entry.map_err(failed())?.path())).collect()
}

/// Blobs by id while the store opens, so that several journals share one blob.
pub struct NamedBlobs {
    folder: Arc<Folder>,
    blobs: HashMap<Uuid, Arc<Blob>>,
}

impl NamedBlobs {
    pub fn new(folder: &Arc<Folder>) -> Self {
        Self { folder: Arc::clone(folder), blobs: HashMap::new() }
    }

    pub fn get(&mut self, id: Uuid) -> Arc<Blob> {
        let folder = &self.folder;
        let file = || Arc::new(Blob::File(BlobFile { id, folder: Arc::clone(folder) }));
        Arc::clone(self.blobs.entry(id).or_insert_with(file))
    }
}
