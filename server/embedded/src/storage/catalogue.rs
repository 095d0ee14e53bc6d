//! The catalogue: buckets by name, and opening and closing a store.
//!
//! A bucket is created first and named afterwards. Until its name is in the catalogue it is invisible, and files left
//! by a kill are deleted when the store opens. A bucket with thousands of objects thus appears at once.

use std::{
    collections::{BTreeMap, HashSet},
    fs::{self, File, TryLockError},
    path::{Path, PathBuf},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{Blobs, Bucket, Millis, StorageError, blob::NamedBlobs, blobs::Disk, journal::Journal};

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Record {
    Name { bucket: String, id: Uuid, created: Millis },
    Remove { bucket: String },
}

#[derive(Debug)]
pub struct Storage {
    /// Folder of the store; `None` in memory.
    dir: Option<PathBuf>,
    pub blobs: Blobs,
    catalogue: Mutex<Catalogue>,
    /// Lock that prevents a second process from opening the store.
    _lock: Option<File>,
}

#[derive(Debug)]
struct Catalogue {
    journal: Journal,
    buckets: BTreeMap<String, Arc<Bucket>>,
}

/// Reason why a bucket was not deleted.
#[derive(Debug, thiserror::Error)]
pub enum RemoveError {
    #[error("no such bucket")]
    Missing,
    #[error("the bucket is not empty")]
    NotEmpty,
    #[error(transparent)]
    Storage(#[from] StorageError),
}

impl Storage {
    pub fn in_memory() -> Self {
        let catalogue = Catalogue { journal: Journal::in_memory(), buckets: BTreeMap::new() };
        Self { dir: None, blobs: Blobs::Memory, catalogue: Mutex::new(catalogue), _lock: None }
    }

    /// Opens or creates a store in a folder. Blocks while reading the journals.
    pub fn open(dir: &Path) -> Result<Self, StorageError> {
        let buckets_dir = dir.join("buckets");
        fs::create_dir_all(&buckets_dir).map_err(StorageError::io("make the folder", &buckets_dir))?;
        let lock = lock(dir)?;
        let disk = Arc::new(Disk::open(dir.join("blobs"))?);

        let mut names = BTreeMap::new();
        let mut lines = 0;
        let path = dir.join("catalogue.jsonl");
        // Without a catalogue, existing buckets would count as unnamed and be deleted.
        let mut journals = fs::read_dir(&buckets_dir).map_err(StorageError::io("list the folder", &buckets_dir))?;
        if journals.next().is_none() && !path.exists() {
            Journal::create(path.clone())?;
        }
        let mut journal = Journal::open(path, |record| {
            lines += 1;
            match record {
                Record::Name { bucket, id, created } => names.insert(bucket, (id, created)),
                Record::Remove { bucket } => names.remove(&bucket),
            };
        })?;
        if lines > 2 * names.len() + 100 {
            journal.rewrite(names.iter().map(|(bucket, &(id, created))| Record::Name {
                bucket: bucket.clone(),
                id,
                created,
            }))?;
        }

        let mut known = NamedBlobs::new(&disk.folder);
        let mut buckets = BTreeMap::new();
        for (name, (id, created)) in names {
            let bucket = Bucket::open(id, created, journal_path(dir, id), &mut known)?;
            buckets.insert(name, Arc::new(bucket));
        }
        sweep_buckets(&buckets_dir, &buckets)?;
        disk.folder.remove_unused();
        let swept = disk.folder.sweep(&known)?;
        if swept > 0 {
            tracing::info!(swept, "removed bodies of writes that were never finished");
        }
        let catalogue = Catalogue { journal, buckets };
        Ok(Self {
            dir: Some(dir.to_owned()),
            blobs: Blobs::Disk(disk),
            catalogue: Mutex::new(catalogue),
            _lock: Some(lock),
        })
    }

    fn catalogue(&self) -> MutexGuard<'_, Catalogue> {
        self.catalogue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn bucket(&self, name: &str) -> Option<Arc<Bucket>> {
        self.catalogue().buckets.get(name).cloned()
    }

    /// Names and creation times, sorted by name.
    pub fn buckets(&self) -> Vec<(String, Millis)> {
        self.catalogue().buckets.iter().map(|(name, bucket)| (name.clone(), bucket.created)).collect()
    }

    /// Creates an invisible bucket without a name.
    pub fn unnamed_bucket(&self) -> Result<Bucket, StorageError> {
        let id = Uuid::new_v4();
        let journal = match &self.dir {
            None => Journal::in_memory(),
            Some(dir) => Journal::create(journal_path(dir, id))?,
        };
        Ok(Bucket::new(id, Millis::now(), journal))
    }

    /// Names a bucket and makes it visible; `false` if the name is taken.
    pub fn name_bucket(&self, name: &str, bucket: Bucket) -> Result<bool, StorageError> {
        let mut catalogue = self.catalogue();
        if catalogue.buckets.contains_key(name) {
            return Ok(false);
        }
        catalogue.journal.append(&Record::Name { bucket: name.to_owned(), id: bucket.id, created: bucket.created })?;
        catalogue.buckets.insert(name.to_owned(), Arc::new(bucket));
        Ok(true)
    }

    /// Deletes an empty bucket with its unfinished uploads.
    pub fn remove_bucket(&self, name: &str) -> Result<(), RemoveError> {
        let mut catalogue = self.catalogue();
        let bucket = catalogue.buckets.get(name).ok_or(RemoveError::Missing)?;
        if !bucket.close_if_empty() {
            return Err(RemoveError::NotEmpty);
        }
        let id = bucket.id;
        catalogue.journal.append(&Record::Remove { bucket: name.to_owned() })?;
        catalogue.buckets.remove(name);
        if let Some(dir) = &self.dir {
            let path = journal_path(dir, id);
            fs::remove_file(&path).map_err(StorageError::io("remove", path))?;
        }
        Ok(())
    }
}

impl Drop for Storage {
    fn drop(&mut self) {
        if let Blobs::Disk(disk) = &self.blobs {
            disk.folder.keep_all();
        }
    }
}

fn journal_path(dir: &Path, id: Uuid) -> PathBuf {
    dir.join("buckets").join(id.simple().to_string()).with_extension("jsonl")
}

fn lock(dir: &Path) -> Result<File, StorageError> {
    let path = dir.join("lock");
    let file = File::create(&path).map_err(StorageError::io("make", &path))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(StorageError::InUse(dir.to_owned())),
        Err(TryLockError::Error(source)) => Err(StorageError::Io { action: "lock", path, source }),
    }
}

/// Deletes journals of unnamed buckets and of interrupted deletions.
fn sweep_buckets(dir: &Path, buckets: &BTreeMap<String, Arc<Bucket>>) -> Result<(), StorageError> {
    let named: HashSet<_> = buckets.values().map(|bucket| format!("{}.jsonl", bucket.id.simple())).collect();
    let failed = || StorageError::io("sweep the folder", dir);
    for entry in fs::read_dir(dir).map_err(failed())? {
        let entry = entry.map_err(failed())?;
        if !entry.file_name().to_str().is_some_and(|name| named.contains(name)) {
            fs::remove_file(entry.path()).map_err(failed())?;
        }
    }
    Ok(())
}
