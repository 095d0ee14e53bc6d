//! What an object has besides its bytes: metadata, content headers, storage class, tags.
//!
//! CopyObject carries it by itself. A streamed or multipart copy reads it off a GET or a HEAD and repeats it. What
//! CopyObject loses is in [`super::write_options`].
//!
//! Always: each field is named once here, so that no kind of write forgets one.

use std::collections::HashMap;

use super::{Listed, list::unusual};
use aws_sdk_s3::{
    operation::{
        create_multipart_upload::builders::CreateMultipartUploadFluentBuilder, get_object::GetObjectOutput,
        head_object::HeadObjectOutput, put_object::builders::PutObjectFluentBuilder,
    },
    primitives::{DateTime, DateTimeFormat},
    types::StorageClass,
};

#[derive(Clone, Debug, PartialEq)]
pub struct ObjectMetadata {
    metadata: Option<HashMap<String, String>>,
    content_type: Option<String>,
    cache_control: Option<String>,
    content_disposition: Option<String>,
    content_encoding: Option<String>,
    content_language: Option<String>,
    expires: Option<DateTime>,
    class: Option<StorageClass>,
    /// Value of the tagging header.
    tags: Option<String>,
}

/// Reads the fields off a response: those of GET and HEAD have no type in common.
macro_rules! read_off {
    ($answer:expr, $listed:expr, $tags:expr) => {{
        let owned = |text: Option<&str>| text.map(str::to_owned);
        ObjectMetadata {
            metadata: $answer.metadata().cloned(),
            content_type: owned($answer.content_type()),
            cache_control: owned($answer.cache_control()),
            content_disposition: owned($answer.content_disposition()),
            content_encoding: owned($answer.content_encoding()),
            content_language: owned($answer.content_language()),
            expires: $answer.expires_string().and_then(http_date),
            class: class($answer.storage_class(), $listed),
            tags: $tags,
        }
    }};
}

/// Sets the fields on a request: those that write have no type in common either.
macro_rules! set {
    ($metadata:expr, $request:expr) => {
        $request
            .set_metadata($metadata.metadata)
            .set_content_type($metadata.content_type)
            .set_cache_control($metadata.cache_control)
            .set_content_disposition($metadata.content_disposition)
            .set_content_encoding($metadata.content_encoding)
            .set_content_language($metadata.content_language)
            .set_expires($metadata.expires)
            .set_storage_class($metadata.class)
            .set_tagging($metadata.tags)
    };
}

impl ObjectMetadata {
    /// Reads the fields off a GET; `listed` has the storage class if the response has none.
    pub(super) fn of_get(answer: &GetObjectOutput, listed: &Listed, tags: Option<String>) -> Self {
        read_off!(answer, listed, tags)
    }

    pub(super) fn of_head(answer: &HeadObjectOutput, listed: &Listed, tags: Option<String>) -> Self {
        read_off!(answer, listed, tags)
    }

    /// Whether `copy` is the metadata of a faithful copy. A class that the source does not name may be any at the
    /// destination.
    pub fn same_as(&self, copy: &Self) -> bool {
        let class = self.class.clone().or_else(|| copy.class.clone());
        Self { class, ..self.clone() } == *copy
    }

    pub(super) fn onto_put(self, request: PutObjectFluentBuilder) -> PutObjectFluentBuilder {
        set!(self, request)
    }

    pub(super) fn onto_upload(self, request: CreateMultipartUploadFluentBuilder) -> CreateMultipartUploadFluentBuilder {
        set!(self, request)
    }
}

fn class(answered: Option<&StorageClass>, listed: &Listed) -> Option<StorageClass> {
    let class = answered.map(StorageClass::as_str).and_then(unusual).or_else(|| listed.class.clone());
    class.as_deref().map(StorageClass::from)
}

fn http_date(text: &str) -> Option<DateTime> {
    DateTime::from_str(text, DateTimeFormat::HttpDate).ok()
}
