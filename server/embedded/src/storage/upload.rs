//! Multipart uploads that are under way.

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
    /// Of the object to be; `modified` is when the upload began, and the ETag means nothing yet.
    pub attributes: Attributes,
    /// By part number, 1 to 10,000. The last one put under a number counts.
    pub parts: BTreeMap<u16, Arc<Part>>,
}
