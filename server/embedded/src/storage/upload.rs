//! Multipart uploads in progress.

use std::{collections::BTreeMap, sync::Arc};

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{Attributes, Key, Object};

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct UploadId(pub Uuid);

/// A part is kept as an object without a key: it has an ETag, a time, a checksum and a body.
pub type Part = Object;

#[derive(Debug, Clone)]
pub struct Upload {
    pub key: Key,
    /// Attributes of the later object; `modified` is the start of the upload, and the ETag has no meaning yet.
    pub attributes: Attributes,
    /// Parts by number, 1 to 10,000; the last upload of a number counts.
    pub parts: BTreeMap<u16, Arc<Part>>,
}
