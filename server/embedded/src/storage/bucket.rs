//! A bucket: an ordered index of objects, its uploads, and the journal from which both are restored.
//!
//! Always: one lock guards index and journal, so that the lines of the journal have the order in which the changes
//! became visible. It is held for microseconds and never across an await.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use uuid::Uuid;

use super::{
    Key, Millis, Object, Page, PageQuery, StorageError,
    blob::NamedBlobs,
    journal::Journal,
    page::read_page,
    record::{Record, read_object},
    upload::{Part, Upload, UploadId},
};

/// Journals shorter than this are not worth compacting.
const COMPACT_FROM: usize = 1_000;

#[derive(Debug)]
pub struct Bucket {
    pub id: Uuid,
    pub created: Millis,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    journal: Journal,
    objects: BTreeMap<Key, Arc<Object>>,
    uploads: BTreeMap<UploadId, Upload>,
    /// Set when the bucket is deleted: remaining references cannot change it any more.
    removed: bool,
}

impl Bucket {
    pub fn new(id: Uuid, created: Millis, journal: Journal) -> Self {
        let state = State { journal, objects: BTreeMap::new(), uploads: BTreeMap::new(), removed: false };
        Self { id, created, state: Mutex::new(state) }
    }

    /// Restores a bucket from its journal, and compacts the journal if most of it is outdated.
    pub fn open(
        id: Uuid,
        created: Millis,
        path: std::path::PathBuf,
        blobs: &mut NamedBlobs,
    ) -> Result<Self, StorageError> {
        let mut objects = BTreeMap::new();
        let mut uploads = BTreeMap::new();
        let mut lines = 0;
        let journal = Journal::open(path, |record: Record<'static>| {
            lines += 1;
            replay(record, &mut objects, &mut uploads, blobs);
        })?;
        let mut state = State { journal, objects, uploads, removed: false };
        let needed: usize =
            state.objects.len() + state.uploads.values().map(|upload| 1 + upload.parts.len()).sum::<usize>();
        if lines > COMPACT_FROM && lines > 2 * needed {
            state.compact()?;
            tracing::info!(bucket = %id, lines, needed, "compacted the journal");
        }
        Ok(Self { id, created, state: Mutex::new(state) })
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // Nothing panics between the journal and the index; even then the index stays consistent.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn lock_to_write(&self) -> Result<MutexGuard<'_, State>, StorageError> {
        let state = self.lock();
        if state.removed { Err(StorageError::BucketGone) } else { Ok(state) }
    }

    pub fn get(&self, key: &str) -> Option<Arc<Object>> {
        self.lock().objects.get(key.as_bytes()).cloned()
    }

    pub fn page(&self, query: &PageQuery<'_>) -> Page {
        read_page(&self.lock().objects, query)
    }

    pub fn len(&self) -> usize {
        self.lock().objects.len()
    }

    /// Puts an object if `allow` accepts the existing one, or its absence.
    pub fn put<E: From<StorageError>>(
        &self,
        key: &Key,
        object: Object,
        allow: impl FnOnce(Option<&Arc<Object>>) -> Result<(), E>,
    ) -> Result<(), E> {
        let mut state = self.lock_to_write()?;
        allow(state.objects.get(key))?;
        state.journal.append(&Record::put(key, &object))?;
        let replaced = state.objects.insert(key.clone(), Arc::new(object));
        drop(state);
        drop(replaced); // may remove a file, which need not happen under the lock
        Ok(())
    }

    /// Replaces an object by `change` of it; `None` if there is no such object.
    pub fn update(&self, key: &Key, change: impl FnOnce(&Object) -> Object) -> Result<Option<()>, StorageError> {
        let mut state = self.lock_to_write()?;
        let Some(object) = state.objects.get(key).map(|object| change(object)) else { return Ok(None) };
        state.journal.append(&Record::put(key, &object))?;
        state.objects.insert(key.clone(), Arc::new(object));
        Ok(Some(()))
    }

    /// Deletes an object if it exists and `allow` accepts it.
    pub fn delete<E: From<StorageError>>(
        &self,
        key: &str,
        allow: impl FnOnce(Option<&Arc<Object>>) -> Result<(), E>,
    ) -> Result<(), E> {
        let mut state = self.lock_to_write()?;
        allow(state.objects.get(key.as_bytes()))?;
        let Some((key, _)) = state.objects.get_key_value(key.as_bytes()) else { return Ok(()) };
        let key = key.clone();
        state.journal.append(&Record::delete(&key))?;
        let removed = state.objects.remove(&key);
        drop(state);
        drop(removed);
        Ok(())
    }

    pub fn begin_upload(&self, upload: Upload) -> Result<UploadId, StorageError> {
        let id = UploadId(Uuid::new_v4());
        let mut state = self.lock_to_write()?;
        state.journal.append(&Record::begin(id, &upload))?;
        state.uploads.insert(id, upload);
        Ok(id)
    }

    pub fn upload(&self, id: UploadId) -> Option<Upload> {
        self.lock().uploads.get(&id).cloned()
    }

    /// Uploads in the order of keys, then of start times.
    pub fn uploads(&self) -> Vec<(UploadId, Upload)> {
        let mut uploads: Vec<_> = self.lock().uploads.iter().map(|(id, upload)| (*id, upload.clone())).collect();
        uploads.sort_by(|(a, left), (b, right)| {
            (&left.key, left.attributes.modified, a).cmp(&(&right.key, right.attributes.modified, b))
        });
        uploads
    }

    pub fn put_part(&self, id: UploadId, number: u16, part: Part) -> Result<(), StorageError> {
        let mut state = self.lock_to_write()?;
        let State { journal, uploads, .. } = &mut *state;
        let upload = uploads.get_mut(&id).ok_or(StorageError::UploadGone)?;
        journal.append(&Record::part(id, number, &part))?;
        upload.parts.insert(number, Arc::new(part));
        Ok(())
    }

    /// Completes an upload with its object, if `allow` accepts the existing one, or its absence.
    pub fn complete_upload<E: From<StorageError>>(
        &self,
        id: UploadId,
        key: &Key,
        object: Object,
        allow: impl FnOnce(Option<&Arc<Object>>) -> Result<(), E>,
    ) -> Result<(), E> {
        let mut state = self.lock_to_write()?;
        if !state.uploads.contains_key(&id) {
            return Err(StorageError::UploadGone.into());
        }
        allow(state.objects.get(key))?;
        state.journal.append(&Record::complete(id, key, &object))?;
        state.uploads.remove(&id);
        state.objects.insert(key.clone(), Arc::new(object));
        Ok(())
    }

    pub fn abort_upload(&self, id: UploadId) -> Result<(), StorageError> {
        let mut state = self.lock_to_write()?;
        if !state.uploads.contains_key(&id) {
            return Err(StorageError::UploadGone);
        }
        state.journal.append(&Record::Abort { upload: id })?;
        state.uploads.remove(&id);
        Ok(())
    }

    /// Closes the bucket for changes if it is empty; returns whether it was.
    pub fn close_if_empty(&self) -> bool {
        let mut state = self.lock();
        state.removed = state.removed || state.objects.is_empty();
        state.removed
    }
}

impl State {
    fn compact(&mut self) -> Result<(), StorageError> {
        let Self { journal, objects, uploads, .. } = self;
        let puts = objects.iter().map(|(key, object)| Record::put(key, object));
        let begun = uploads.iter().flat_map(|(id, upload)| {
            let parts = upload.parts.iter().map(|(number, part)| Record::part(*id, *number, part));
            std::iter::once(Record::begin(*id, upload)).chain(parts)
        });
        journal.rewrite(puts.chain(begun))
    }
}

fn replay(
    record: Record<'static>,
    objects: &mut BTreeMap<Key, Arc<Object>>,
    uploads: &mut BTreeMap<UploadId, Upload>,
    blobs: &mut NamedBlobs,
) {
    match record {
        Record::Put { key, attributes, body } => {
            objects.insert(key.into_owned(), read_object(attributes, body, blobs));
        }
        Record::Delete { key } => {
            objects.remove(&*key);
        }
        Record::Begin { upload, key, attributes } => {
            let (key, attributes) = (key.into_owned(), attributes.into_owned());
            uploads.insert(upload, Upload { key, attributes, parts: BTreeMap::new() });
        }
        Record::Part { upload, number, attributes, body } => {
            if let Some(upload) = uploads.get_mut(&upload) {
                upload.parts.insert(number, read_object(attributes, body, blobs));
            }
        }
        Record::Complete { upload, key, attributes, body } => {
            uploads.remove(&upload);
            objects.insert(key.into_owned(), read_object(attributes, body, blobs));
        }
        Record::Abort { upload } => {
            uploads.remove(&upload);
        }
    }
}
