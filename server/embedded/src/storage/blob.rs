//! Blobs: runs of bytes that bodies are made of, in memory or one file each.
//!
//! A blob lives as long as anything refers to it, be it an object, an upload's part, a copy in another bucket or a
//! reader half way through: the last reference to go removes the file. Copying an object is therefore one more
//! reference and no data.
//!
//! Always: while the store opens or closes, references go but files stay. A file that no journal names, left by a killed
//! process, is swept when the store opens.

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
    /// How a journal names it; `None` for a blob in memory, which no journal can name.
    pub fn id(&self) -> Option<Uuid> {
        match self {
            Self::Memory(_) => None,
            Self::File(file) => Some(file.id),
        }
    }

    /// Reads a range of bytes at once. Callers bound the range.
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

/// A file that goes with its last reference.
#[derive(Debug)]
pub struct BlobFile {
    id: Uuid,
    folder: Arc<Folder>,
}

impl BlobFile {
    /// A new name in the folder; whoever asks for it makes the file.
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

/// Where the files are, fanned out over 256 folders.
#[derive(Debug)]
pub struct Folder {
    path: PathBuf,
    /// Files stay when references go.
    keep: AtomicBool,
}

impl Folder {
    /// Makes the fan-out, so that no write has to.
    pub fn open(path: PathBuf) -> Result<Self, StorageError> {
        for first in 0..=u8::MAX {
            let path = path.join(format!("{first:02x}"));
            fs::create_dir_all(&path).map_err(StorageError::io("make the folder", path))?;
        }
        Ok(Self { path, keep: AtomicBool::new(true) })
    }

    /// From now on files go with their last reference. Not before the store is wholly open: references are made and
    /// dropped while journals are read, and opening may yet fail.
    pub fn remove_unused(&self) {
        self.keep.store(false, Ordering::Release);
    }

    /// From now on references that go leave their files in place.
    pub fn keep_all(&self) {
        self.keep.store(true, Ordering::Release);
    }

    fn path_of(&self, id: Uuid) -> PathBuf {
        let name = id.simple().to_string();
        self.path.join(&name[..2]).join(name)
    }

    /// Removes every file that nothing refers to, and says how many they were.
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

/// While opening: one blob an id, however many journals name it.
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
