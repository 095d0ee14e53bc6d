//! Writing to the store without HTTP, for tests and benchmarks: a million objects in seconds.
//!
//! Writes are visible over HTTP at once, and vice versa. Nothing here counts as a request.

use std::sync::Arc;

use bytes::Bytes;
use md5::{Digest, Md5};
use s3s::path::check_bucket_name;

use crate::{
    Embedded, EmbeddedError, StorageError,
    storage::{Attributes, Body, Bucket, ETag, Headers, Key, Millis, Object, Storage},
};

impl Embedded {
    pub fn create_bucket(&self, name: &str) -> Result<(), EmbeddedError> {
        create_bucket(&self.storage, name)
    }

    /// Puts an object without metadata, replacing any existing one.
    pub async fn put(&self, bucket: &str, key: &str, body: impl AsRef<[u8]>) -> Result<(), EmbeddedError> {
        let bucket = self.bucket(bucket)?;
        let object = new_object(&self.storage, body.as_ref(), plain_headers()).await?;
        insert(&bucket, key, object)
    }

    /// The body of an object, or `None`.
    pub async fn read(&self, bucket: &str, key: &str) -> Result<Option<Bytes>, EmbeddedError> {
        Ok(self.content(bucket, key).await?.map(|content| content.body))
    }

    /// Deletes an object if it exists.
    pub fn delete(&self, bucket: &str, key: &str) -> Result<(), EmbeddedError> {
        self.bucket(bucket)?.delete(key, |_| Ok(()))
    }

    /// Creates `count` objects `objects/00/00000000`, a thousand per folder, sharing one small body.
    pub async fn seed_objects(&self, bucket: &str, count: usize) -> Result<(), EmbeddedError> {
        let bucket = self.bucket(bucket)?;
        let object = new_object(&self.storage, b"the same everywhere", plain_headers()).await?;
        for index in 0..count {
            let key = format!("objects/{:02}/{index:08}", index / 1000);
            insert(&bucket, &key, object.clone())?;
        }
        Ok(())
    }

    /// Creates `count` objects in `folders` folders, `000/00000000`, sharing one small body.
    pub async fn seed_spread(&self, bucket: &str, count: usize, folders: usize) -> Result<(), EmbeddedError> {
        let bucket = self.bucket(bucket)?;
        let object = new_object(&self.storage, b"the same everywhere", plain_headers()).await?;
        for index in 0..count {
            insert(&bucket, &format!("{:03}/{index:08}", index % folders.max(1)), object.clone())?;
        }
        Ok(())
    }

    /// Number of objects in a bucket.
    pub fn count(&self, bucket: &str) -> Result<usize, EmbeddedError> {
        Ok(self.bucket(bucket)?.len())
    }

    pub(crate) fn bucket(&self, name: &str) -> Result<Arc<Bucket>, EmbeddedError> {
        self.storage.bucket(name).ok_or_else(|| EmbeddedError::NoBucket(name.to_owned()))
    }
}

pub fn create_bucket(storage: &Storage, name: &str) -> Result<(), EmbeddedError> {
    if !check_bucket_name(name) {
        return Err(EmbeddedError::BadBucketName(name.to_owned()));
    }
    let named = storage.name_bucket(name, storage.unnamed_bucket()?)?;
    if named { Ok(()) } else { Err(EmbeddedError::BucketExists(name.to_owned())) }
}

pub fn insert(bucket: &Bucket, key: &str, object: Object) -> Result<(), EmbeddedError> {
    let key = Key::new(key).ok_or_else(|| EmbeddedError::BadKey(key.to_owned()))?;
    bucket.put(&key, object, |_| Ok(()))
}

pub fn plain_headers() -> Arc<Headers> {
    Arc::new(Headers { content_type: Some("binary/octet-stream".to_owned()), ..Headers::default() })
}

pub async fn new_object(storage: &Storage, body: &[u8], headers: Arc<Headers>) -> Result<Object, StorageError> {
    let mut writer = storage.blobs.writer(Some(body.len() as u64));
    writer.write(body).await?;
    let segment = writer.finish().await?;
    let attributes = Attributes {
        etag: ETag::of_content(Md5::digest(body).into()),
        modified: Millis::now(),
        headers,
        tags: Vec::new(),
        storage_class: None,
        parts: Vec::new(),
        checksum: None,
        encryption: None,
    };
    Ok(Object { attributes, body: Body::new([segment]) })
}
