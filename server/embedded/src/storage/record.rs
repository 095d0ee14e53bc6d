//! The lines of a bucket's journal.

use std::{borrow::Cow, sync::Arc};

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{
    Attributes, Body, Key, Object, Segment,
    blob::NamedBlobs,
    upload::{Part, Upload, UploadId},
};

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Record<'a> {
    Put {
        key: Cow<'a, Key>,
        attributes: Cow<'a, Attributes>,
        body: Vec<SegmentRecord>,
    },
    Delete {
        key: Cow<'a, Key>,
    },
    /// An upload starts; `attributes` are those of the later object, without its ETag.
    Begin {
        upload: UploadId,
        key: Cow<'a, Key>,
        attributes: Cow<'a, Attributes>,
    },
    Part {
        upload: UploadId,
        number: u16,
        attributes: Cow<'a, Attributes>,
        body: Vec<SegmentRecord>,
    },
    /// An upload completes: one line, so that the object appears and the upload disappears at the same instant.
    Complete {
        upload: UploadId,
        key: Cow<'a, Key>,
        attributes: Cow<'a, Attributes>,
        body: Vec<SegmentRecord>,
    },
    Abort {
        upload: UploadId,
    },
}

/// A segment: blob, offset and length in bytes.
#[derive(Debug, Serialize, Deserialize)]
pub struct SegmentRecord(Uuid, u64, u64);

impl<'a> Record<'a> {
    pub fn put(key: &'a Key, object: &'a Object) -> Self {
        Self::Put {
            key: Cow::Borrowed(key),
            attributes: Cow::Borrowed(&object.attributes),
            body: write_body(&object.body),
        }
    }

    pub fn delete(key: &'a Key) -> Self {
        Self::Delete { key: Cow::Borrowed(key) }
    }

    pub fn begin(id: UploadId, upload: &'a Upload) -> Self {
        Self::Begin { upload: id, key: Cow::Borrowed(&upload.key), attributes: Cow::Borrowed(&upload.attributes) }
    }

    pub fn part(upload: UploadId, number: u16, part: &'a Part) -> Self {
        Self::Part { upload, number, attributes: Cow::Borrowed(&part.attributes), body: write_body(&part.body) }
    }

    pub fn complete(upload: UploadId, key: &'a Key, object: &'a Object) -> Self {
        Self::Complete {
            upload,
            key: Cow::Borrowed(key),
            attributes: Cow::Borrowed(&object.attributes),
            body: write_body(&object.body),
        }
    }
}

fn write_body(body: &Body) -> Vec<SegmentRecord> {
    let written = |segment: &Segment| Some(SegmentRecord(segment.blob.id()?, segment.start, segment.length));
    body.segments().iter().filter_map(written).collect()
}

pub fn read_object(attributes: Cow<'_, Attributes>, body: Vec<SegmentRecord>, blobs: &mut NamedBlobs) -> Arc<Object> {
    let segment = |SegmentRecord(id, start, length)| Segment { blob: blobs.get(id), start, length };
    let body = Body::new(body.into_iter().map(segment));
    Arc::new(Object { attributes: attributes.into_owned(), body })
}
