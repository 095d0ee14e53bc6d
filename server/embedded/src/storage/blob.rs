//! Blobs: immutable runs of bytes, in memory or one file each.
//!
//! A blob lives as long as anything refers to it, be it an object, an upload's part, a copy in another bucket or a
//! reader half way through: the last reference to go removes the file. Copying an object is therefore one more
//! reference and no data.
//!
//! Always: while the store opens or closes, references go but files stay. A file that no journal names, left by a killed
//! process, is swept when the store opens.

use std::{
    collections::HashMap,
    fs, io, mem,
    ops::Range,
    os::unix::fs::FileExt,
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use bytes::Bytes;
use tokio::io::AsyncWriteExt;
use uuid::Uuid;

use super::StorageError;

/// How much of a body is gathered before it goes to its file.
const WRITE_BUFFER: usize = 256 * 1024;

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
    fn path(&self) -> PathBuf {
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

#[derive(Debug)]
struct Folder {
    path: PathBuf,
    /// Files stay when references go.
    keep: AtomicBool,
}

impl Folder {
    fn path_of(&self, id: Uuid) -> PathBuf {
        let name = id.simple().to_string();
        self.path.join(&name[..2]).join(name)
    }
}

/// Makes blobs.
#[derive(Debug)]
pub struct Blobs {
    /// `None`: in memory.
    folder: Option<Arc<Folder>>,
}

impl Blobs {
    pub fn in_memory() -> Self {
        Self { folder: None }
    }

    /// Makes the fan-out of folders, so that no write has to.
    pub fn open(path: PathBuf) -> Result<Self, StorageError> {
        for first in 0..=u8::MAX {
            let path = path.join(format!("{first:02x}"));
            fs::create_dir_all(&path).map_err(StorageError::io("make the folder", path))?;
        }
        Ok(Self { folder: Some(Arc::new(Folder { path, keep: AtomicBool::new(true) })) })
    }

    /// From now on files go with their last reference. Not before the store is wholly open: references are made and
    /// dropped while journals are read, and opening may yet fail.
    pub fn remove_unused(&self) {
        if let Some(folder) = &self.folder {
            folder.keep.store(false, Ordering::Release);
        }
    }

    pub fn writer(&self, expected_length: Option<u64>) -> BlobWriter {
        let sink = self
            .folder
            .as_ref()
            .map(|folder| FileSink { blob: BlobFile { id: Uuid::new_v4(), folder: Arc::clone(folder) }, file: None });
        let most = if sink.is_some() { WRITE_BUFFER } else { 5 << 20 };
        let expected = expected_length.and_then(|length| usize::try_from(length).ok()).unwrap_or(0);
        BlobWriter { buffer: Vec::with_capacity(expected.min(most)), length: 0, sink }
    }

    /// From now on references that go leave their files in place.
    pub fn keep_all(&self) {
        if let Some(folder) = &self.folder {
            folder.keep.store(true, Ordering::Release);
        }
    }

    /// Removes every file that nothing refers to, and says how many they were.
    pub fn sweep(&self, named: &NamedBlobs) -> Result<usize, StorageError> {
        let Some(folder) = &self.folder else { return Ok(0) };
        let mut removed = 0;
        for fan in read_folder(&folder.path)? {
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
    folder: Option<Arc<Folder>>,
    blobs: HashMap<Uuid, Arc<Blob>>,
}

impl NamedBlobs {
    pub fn new(blobs: &Blobs) -> Self {
        Self { folder: blobs.folder.clone(), blobs: HashMap::new() }
    }

    pub fn get(&mut self, id: Uuid) -> Option<Arc<Blob>> {
        let folder = self.folder.as_ref()?;
        let blob =
            self.blobs.entry(id).or_insert_with(|| Arc::new(Blob::File(BlobFile { id, folder: Arc::clone(folder) })));
        Some(Arc::clone(blob))
    }
}

/// Receives a body. Dropped before [`BlobWriter::finish`], it leaves nothing.
pub struct BlobWriter {
    buffer: Vec<u8>,
    length: u64,
    sink: Option<FileSink>,
}

struct FileSink {
    blob: BlobFile,
    file: Option<tokio::fs::File>,
}

impl BlobWriter {
    pub async fn write(&mut self, bytes: &[u8]) -> Result<(), StorageError> {
        self.buffer.extend_from_slice(bytes);
        self.length += bytes.len() as u64;
        if let Some(sink) = &mut self.sink
            && self.buffer.len() >= WRITE_BUFFER
        {
            sink.append(&self.buffer).await?;
            self.buffer.clear();
        }
        Ok(())
    }

    /// The blob and its length in bytes.
    pub async fn finish(mut self) -> Result<(Arc<Blob>, u64), StorageError> {
        let buffer = mem::take(&mut self.buffer);
        let blob = match self.sink {
            None => Blob::Memory(buffer.into()),
            Some(sink) => Blob::File(sink.finish(buffer).await?),
        };
        Ok((Arc::new(blob), self.length))
    }
}

impl FileSink {
    async fn append(&mut self, bytes: &[u8]) -> Result<(), StorageError> {
        let path = self.blob.path();
        let failed = || StorageError::io("write", path.clone());
        if self.file.is_none() {
            self.file = Some(tokio::fs::File::create(&path).await.map_err(failed())?);
        }
        if let Some(file) = &mut self.file {
            file.write_all(bytes).await.map_err(failed())?;
        }
        Ok(())
    }

    async fn finish(mut self, rest: Vec<u8>) -> Result<BlobFile, StorageError> {
        let path = self.blob.path();
        if self.file.is_none() {
            tokio::fs::write(&path, rest).await.map_err(StorageError::io("write", path))?;
            return Ok(self.blob);
        }
        self.append(&rest).await?;
        if let Some(file) = &mut self.file {
            // Without it the last bytes may still be on their way to the file when the journal names it.
            file.flush().await.map_err(StorageError::io("write", path))?;
        }
        Ok(self.blob)
    }
}
