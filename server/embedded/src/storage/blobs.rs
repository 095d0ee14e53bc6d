//! Writes blobs.
//!
//! A large body is streamed into its own file. Small bodies, the majority, are appended to shared packs, because
//! creating a file costs more than writing a few kilobytes. A pack is a blob too: it is deleted when nothing in it is
//! referenced, and may contain unreferenced bytes until then.
//!
//! Always: referenced bytes of a blob are never overwritten. Nothing is appended to a pack after a restart.

use std::{
    fs::File,
    mem,
    os::unix::fs::FileExt,
    path::PathBuf,
    sync::{Arc, Mutex, PoisonError},
};

use tokio::io::AsyncWriteExt;

use super::{
    Segment, StorageError,
    blob::{Blob, BlobFile, Folder},
};

/// Smallest body in bytes that gets its own file; smaller ones are packed.
const BUFFER: usize = 256 * 1024;
/// Size in bytes at which a new pack is started.
const FULL_PACK: u64 = 4 << 20;
/// Largest initial allocation for a body in memory, in bytes.
const MOST_RESERVED: usize = 5 << 20;

#[derive(Debug)]
pub enum Blobs {
    Memory,
    Disk(Arc<Disk>),
}

#[derive(Debug)]
pub struct Disk {
    pub folder: Arc<Folder>,
    pack: Mutex<Option<Pack>>,
}

#[derive(Debug)]
struct Pack {
    blob: Arc<Blob>,
    file: Arc<File>,
    /// Offset of the next body in bytes.
    length: u64,
}

impl Blobs {
    /// Starts a body. `expected`: its length in bytes, if known.
    pub fn writer(&self, expected: Option<u64>) -> BlobWriter {
        let expected = expected.and_then(|length| usize::try_from(length).ok()).unwrap_or(0);
        match self {
            Self::Memory => BlobWriter { buffer: Vec::with_capacity(expected.min(MOST_RESERVED)), sink: Sink::Memory },
            Self::Disk(disk) => {
                BlobWriter { buffer: Vec::with_capacity(expected.min(BUFFER)), sink: Sink::Pack(Arc::clone(disk)) }
            }
        }
    }
}

impl Disk {
    pub fn open(folder: PathBuf) -> Result<Self, StorageError> {
        Ok(Self { folder: Arc::new(Folder::open(folder)?), pack: Mutex::new(None) })
    }

    /// Appends a small body to the pack. The write goes to the page cache and blocks for microseconds only.
    fn pack(&self, body: &[u8]) -> Result<Segment, StorageError> {
        let length = body.len() as u64;
        let (blob, file, start) = self.reserve(length)?;
        if let Blob::File(pack) = &*blob {
            file.write_all_at(body, start).map_err(StorageError::io("write", pack.path()))?;
        }
        Ok(Segment { blob, start, length })
    }

    /// Reserves a range of the pack.
    fn reserve(&self, length: u64) -> Result<(Arc<Blob>, Arc<File>, u64), StorageError> {
        let mut pack = self.pack.lock().unwrap_or_else(PoisonError::into_inner);
        let full = pack.take_if(|pack| pack.length >= FULL_PACK);
        drop(full);
        let pack = match &mut *pack {
            Some(pack) => pack,
            none => none.insert(Pack::new(&self.folder)?),
        };
        let start = pack.length;
        pack.length += length;
        Ok((Arc::clone(&pack.blob), Arc::clone(&pack.file), start))
    }
}

impl Pack {
    fn new(folder: &Arc<Folder>) -> Result<Self, StorageError> {
        let blob = BlobFile::new(folder);
        let path = blob.path();
        let file = File::create_new(&path).map_err(StorageError::io("make", path))?;
        Ok(Self { blob: Arc::new(Blob::File(blob)), file: Arc::new(file), length: 0 })
    }
}

/// Receives a body; leaves nothing if dropped before [`BlobWriter::finish`].
pub struct BlobWriter {
    buffer: Vec<u8>,
    sink: Sink,
}

enum Sink {
    Memory,
    /// For disk, and still small enough for the pack.
    Pack(Arc<Disk>),
    Own(OwnFile),
}

struct OwnFile {
    blob: BlobFile,
    file: tokio::fs::File,
    length: u64,
}

impl BlobWriter {
    pub async fn write(&mut self, bytes: &[u8]) -> Result<(), StorageError> {
        self.buffer.extend_from_slice(bytes);
        if self.buffer.len() < BUFFER {
            return Ok(());
        }
        if let Sink::Pack(disk) = &self.sink {
            self.sink = Sink::Own(OwnFile::new(&disk.folder).await?);
        }
        if let Sink::Own(own) = &mut self.sink {
            own.append(&self.buffer).await?;
            self.buffer.clear();
        }
        Ok(())
    }

    /// Finishes the body; returns its location once it would survive a kill of this process.
    pub async fn finish(mut self) -> Result<Segment, StorageError> {
        let buffer = mem::take(&mut self.buffer);
        match self.sink {
            Sink::Memory => {
                let length = buffer.len() as u64;
                Ok(Segment { blob: Arc::new(Blob::Memory(buffer.into())), start: 0, length })
            }
            Sink::Pack(disk) => disk.pack(&buffer),
            Sink::Own(own) => own.finish(&buffer).await,
        }
    }
}

impl OwnFile {
    async fn new(folder: &Arc<Folder>) -> Result<Self, StorageError> {
        let blob = BlobFile::new(folder);
        let path = blob.path();
        let file = tokio::fs::File::create_new(&path).await.map_err(StorageError::io("make", path))?;
        Ok(Self { blob, file, length: 0 })
    }

    async fn append(&mut self, bytes: &[u8]) -> Result<(), StorageError> {
        self.length += bytes.len() as u64;
        self.file.write_all(bytes).await.map_err(StorageError::io("write", self.blob.path()))
    }

    async fn finish(mut self, rest: &[u8]) -> Result<Segment, StorageError> {
        self.append(rest).await?;
        // Otherwise the last bytes may not be in the file yet when the journal names it.
        self.file.flush().await.map_err(StorageError::io("write", self.blob.path()))?;
        Ok(Segment { blob: Arc::new(Blob::File(self.blob)), start: 0, length: self.length })
    }
}
