//! What an object carries beside its bytes: metadata, content headers, storage class, tags.
//!
//! CopyObject brings it along by itself. Whatever else writes an object, streamed or in parts, reads it off a GET or a
//! HEAD and says it again. What CopyObject loses is [`super::beside`].
//!
//! Always: each field is named once here, so that no way of writing forgets one.

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
pub struct Carried {
    metadata: Option<HashMap<String, String>>,
    content_type: Option<String>,
    cache_control: Option<String>,
    content_disposition: Option<String>,
    content_encoding: Option<String>,
    content_language: Option<String>,
    expires: Option<DateTime>,
    class: Option<StorageClass>,
    /// As the tagging header spells them.
    tags: Option<String>,
}

/// The answers of GET and HEAD have the same fields and no type in common.
macro_rules! read_off {
    ($answer:expr, $listed:expr, $tags:expr) => {{
        let owned = |text: Option<&str>| text.map(str::to_owned);
        Carried {
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

/// Nor have the requests that write.
macro_rules! say_again {
    ($carried:expr, $request:expr) => {
        $request
            .set_metadata($carried.metadata)
            .set_content_type($carried.content_type)
            .set_cache_control($carried.cache_control)
            .set_content_disposition($carried.content_disposition)
            .set_content_encoding($carried.content_encoding)
            .set_content_language($carried.content_language)
            .set_expires($carried.expires)
            .set_storage_class($carried.class)
            .set_tagging($carried.tags)
    };
}

impl Carried {
    /// `listed` tells the storage class where the answer does not.
    pub(super) fn of_get(answer: &GetObjectOutput, listed: &Listed, tags: Option<String>) -> Self {
        read_off!(answer, listed, tags)
    }

    pub(super) fn of_head(answer: &HeadObjectOutput, listed: &Listed, tags: Option<String>) -> Self {
        read_off!(answer, listed, tags)
    }

    /// Whether a copy of an object that carries this is one that carries the other. A class that the source does not say
    /// is left to the destination.
    pub fn same_as(&self, copy: &Self) -> bool {
        let class = self.class.clone().or_else(|| copy.class.clone());
        Self { class, ..self.clone() } == *copy
    }

    pub(super) fn onto_put(self, request: PutObjectFluentBuilder) -> PutObjectFluentBuilder {
        say_again!(self, request)
    }

    pub(super) fn onto_upload(self, request: CreateMultipartUploadFluentBuilder) -> CreateMultipartUploadFluentBuilder {
        say_again!(self, request)
    }
}

fn class(answered: Option<&StorageClass>, listed: &Listed) -> Option<StorageClass> {
    let class = answered.map(StorageClass::as_str).and_then(unusual).or_else(|| listed.class.clone());
    class.as_deref().map(StorageClass::from)
}

fn http_date(text: &str) -> Option<DateTime> {
    DateTime::from_str(text, DateTimeFormat::HttpDate).ok()
}
