//! Complete objects, written and read without HTTP.
//!
//! For tests that compare a copy with its source property by property, on another path than the copy took.

use std::{collections::BTreeMap, fmt, sync::Arc};

use bytes::Bytes;
use md5::{Digest, Md5};

use crate::{
    Embedded, EmbeddedError, StorageError,
    direct::{insert, new_object},
    storage::{Attributes, ETag, Headers, Object, PageQuery},
};

/// A complete object, except its time of writing.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Content {
    pub body: Bytes,
    pub headers: Headers,
    pub tags: BTreeMap<String, String>,
    /// Storage class as in S3; `None` is `STANDARD`.
    pub storage_class: Option<String>,
    /// Sizes of the parts in bytes, in order, adding up to the body; empty for an object without parts.
    pub parts: Vec<u64>,
}

impl fmt::Debug for Content {
    /// Omits most of the body, which may have many megabytes.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Content")
            .field("bytes", &self.body.len())
            .field("begins", &self.body.slice(..self.body.len().min(40)))
            .field("headers", &self.headers)
            .field("tags", &self.tags)
            .field("storage_class", &self.storage_class)
            .field("parts", &self.parts)
            .finish_non_exhaustive()
    }
}

impl Embedded {
    /// Puts an object, replacing any existing one. Parts may be smaller than S3 allows.
    pub async fn put_content(&self, bucket: &str, key: &str, content: &Content) -> Result<(), EmbeddedError> {
        let bucket = self.bucket(bucket)?;
        let plain = new_object(&self.storage, &content.body, Arc::new(content.headers.clone())).await?;
        let tags = content.tags.iter().map(|(name, value)| (name.clone(), value.clone())).collect();
        let mut attributes = Attributes {
            tags,
            storage_class: content.storage_class.clone(),
            parts: content.parts.clone(),
            ..plain.attributes
        };
        if !content.parts.is_empty() {
            attributes.etag = etag_of_parts(content);
        }
        insert(&bucket, key, Object { attributes, body: plain.body })
    }

    /// All objects of a bucket by key.
    pub async fn contents(&self, bucket: &str) -> Result<BTreeMap<String, Content>, EmbeddedError> {
        let everything = PageQuery { prefix: "", delimiter: "", after: "", limit: usize::MAX };
        let page = self.bucket(bucket)?.page(&everything);
        let mut contents = BTreeMap::new();
        for entry in page.entries {
            let key = entry.text().to_owned();
            if let Some(content) = self.content(bucket, &key).await? {
                contents.insert(key, content);
            }
        }
        Ok(contents)
    }

    /// Sorted keys of a bucket.
    pub fn keys(&self, bucket: &str) -> Result<Vec<String>, EmbeddedError> {
        let everything = PageQuery { prefix: "", delimiter: "", after: "", limit: usize::MAX };
        let page = self.bucket(bucket)?.page(&everything);
        Ok(page.entries.iter().map(|entry| entry.text().to_owned()).collect())
    }

    /// One object, or `None`.
    pub async fn content(&self, bucket: &str, key: &str) -> Result<Option<Content>, EmbeddedError> {
        let Some(object) = self.bucket(bucket)?.get(key) else { return Ok(None) };
        let body = object.body.clone().reader().bytes().await.map_err(StorageError::io("read", key))?;
        let Attributes { headers, tags, storage_class, parts, .. } = object.attributes.clone();
        Ok(Some(Content {
            body,
            headers: Headers::clone(&headers),
            tags: tags.into_iter().collect(),
            storage_class,
            parts,
        }))
    }
}

/// The ETag that a multipart upload of these parts gets.
fn etag_of_parts(content: &Content) -> ETag {
    let mut whole = Md5::new();
    let mut rest = content.body.clone();
    for size in &content.parts {
        let size = usize::try_from(*size).unwrap_or(usize::MAX).min(rest.len());
        whole.update(Md5::digest(rest.split_to(size)));
    }
    ETag { md5: whole.finalize().into(), parts: u16::try_from(content.parts.len()).ok() }
}
