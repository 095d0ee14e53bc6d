//! `ListObjects` and `ListObjectsV2`.
//!
//! With `encoding-type=url` this module percent-encodes every key and prefix, because s3s does not. Without it a key
//! with control characters makes XML that a strict parser refuses, as on AWS.

use std::borrow::Cow;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use s3s::{
    S3Response, S3Result,
    dto::{
        CommonPrefix, EncodingType, ListObjectsInput, ListObjectsOutput, ListObjectsV2Input, ListObjectsV2Output,
        Object as ListedObject, ObjectStorageClass,
    },
    s3_error,
};

use super::{
    Answer,
    describe::{STANDARD, etag, owner, timestamp},
    error::bucket,
};
use crate::storage::{Entry, Key, Object, Page, PageQuery, Storage};

/// Most entries of a page.
const MOST_KEYS: i32 = 1_000;

/// Characters that AWS does not percent-encode.
const ENCODED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'/').remove(b'-').remove(b'_').remove(b'.').remove(b'*');

/// Encoding of keys in an answer.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Encoding {
    Plain,
    Url,
}

impl Encoding {
    pub fn asked(encoding: Option<&EncodingType>) -> S3Result<Self> {
        match encoding.map(EncodingType::as_str) {
            None => Ok(Self::Plain),
            Some(EncodingType::URL) => Ok(Self::Url),
            Some(other) => Err(s3_error!(InvalidArgument, "Invalid Encoding Method specified in Request: {other}")),
        }
    }

    pub fn write(self, text: &str) -> String {
        match self {
            Self::Plain => text.to_owned(),
            Self::Url => utf8_percent_encode(text, ENCODED).to_string(),
        }
    }

    pub fn write_given(self, text: Option<String>) -> Option<String> {
        text.map(|text| self.write(&text))
    }

    pub fn to_dto(self) -> Option<EncodingType> {
        (self == Self::Url).then(|| EncodingType::from_static(EncodingType::URL))
    }
}

/// Page size: the requested one, at most a thousand.
pub fn page_size(asked: Option<i32>) -> S3Result<i32> {
    match asked.unwrap_or(MOST_KEYS) {
        size if size < 0 => Err(s3_error!(InvalidArgument, "A page cannot have {size} entries.")),
        size => Ok(size.min(MOST_KEYS)),
    }
}

/// A continuation token is the text of the page's last entry, so that it outlives a restart.
fn write_token(text: &str) -> String {
    utf8_percent_encode(text, NON_ALPHANUMERIC).to_string()
}

fn read_token(token: &str) -> S3Result<Cow<'_, str>> {
    percent_encoding::percent_decode_str(token)
        .decode_utf8()
        .map_err(|_| s3_error!(InvalidArgument, "The continuation token provided is incorrect"))
}

pub fn second_version(storage: &Storage, input: ListObjectsV2Input) -> Answer<ListObjectsV2Output> {
    let encoding = Encoding::asked(input.encoding_type.as_ref())?;
    let size = page_size(input.max_keys)?;
    let token = input.continuation_token.as_deref().map(read_token).transpose()?;
    let page = bucket(storage, &input.bucket)?.page(&PageQuery {
        prefix: input.prefix.as_deref().unwrap_or_default(),
        delimiter: input.delimiter.as_deref().unwrap_or_default(),
        after: token.as_deref().or(input.start_after.as_deref()).unwrap_or_default(),
        limit: usize::try_from(size).unwrap_or_default(),
    });
    let next = next_page(&page).map(write_token);
    let entries = write_entries(page.entries, encoding, input.fetch_owner.unwrap_or(false));
    Ok(S3Response::new(ListObjectsV2Output {
        key_count: i32::try_from(entries.objects.len() + entries.prefixes.len()).ok(),
        contents: Some(entries.objects),
        common_prefixes: Some(entries.prefixes),
        is_truncated: Some(page.truncated),
        next_continuation_token: next,
        continuation_token: input.continuation_token,
        max_keys: Some(size),
        name: Some(input.bucket),
        prefix: Some(encoding.write(input.prefix.as_deref().unwrap_or_default())),
        delimiter: encoding.write_given(input.delimiter),
        start_after: encoding.write_given(input.start_after),
        encoding_type: encoding.to_dto(),
        ..ListObjectsV2Output::default()
    }))
}

pub fn first_version(storage: &Storage, input: ListObjectsInput) -> Answer<ListObjectsOutput> {
    let encoding = Encoding::asked(input.encoding_type.as_ref())?;
    let size = page_size(input.max_keys)?;
    let marker = input.marker.unwrap_or_default();
    let page = bucket(storage, &input.bucket)?.page(&PageQuery {
        prefix: input.prefix.as_deref().unwrap_or_default(),
        delimiter: input.delimiter.as_deref().unwrap_or_default(),
        after: &marker,
        limit: usize::try_from(size).unwrap_or_default(),
    });
    // Only with a delimiter, as on AWS; without one the last key is the next marker.
    let next = next_page(&page).filter(|_| input.delimiter.is_some()).map(|text| encoding.write(text));
    let entries = write_entries(page.entries, encoding, true);
    Ok(S3Response::new(ListObjectsOutput {
        contents: Some(entries.objects),
        common_prefixes: Some(entries.prefixes),
        is_truncated: Some(page.truncated),
        next_marker: next,
        marker: Some(encoding.write(&marker)),
        max_keys: Some(size),
        name: Some(input.bucket),
        prefix: Some(encoding.write(input.prefix.as_deref().unwrap_or_default())),
        delimiter: encoding.write_given(input.delimiter),
        encoding_type: encoding.to_dto(),
        ..ListObjectsOutput::default()
    }))
}

fn next_page(page: &Page) -> Option<&str> {
    page.entries.last().filter(|_| page.truncated).map(Entry::text)
}

struct Entries {
    objects: Vec<ListedObject>,
    prefixes: Vec<CommonPrefix>,
}

fn write_entries(entries: Vec<Entry>, encoding: Encoding, with_owner: bool) -> Entries {
    let mut written = Entries { objects: Vec::with_capacity(entries.len()), prefixes: Vec::new() };
    for entry in entries {
        match entry {
            Entry::Object(key, object) => written.objects.push(write_object(&key, &object, encoding, with_owner)),
            Entry::Prefix(prefix) => written.prefixes.push(CommonPrefix { prefix: Some(encoding.write(&prefix)) }),
        }
    }
    written
}

fn write_object(key: &Key, object: &Object, encoding: Encoding, with_owner: bool) -> ListedObject {
    let attributes = &object.attributes;
    let class = attributes.storage_class.clone().unwrap_or_else(|| STANDARD.to_owned());
    ListedObject {
        key: Some(encoding.write(key.as_str())),
        e_tag: Some(etag(attributes.etag)),
        last_modified: Some(timestamp(attributes.modified)),
        size: i64::try_from(object.body.length()).ok(),
        storage_class: Some(ObjectStorageClass::from(class)),
        owner: with_owner.then(owner),
        ..ListedObject::default()
    }
}
