//! Tags of objects: the three operations, and the header that sets them with a body.

use std::{borrow::Cow, collections::HashSet};

use percent_encoding::percent_decode_str;
use s3s::{
    S3Response, S3Result,
    dto::{
        DeleteObjectTaggingInput, DeleteObjectTaggingOutput, GetObjectTaggingInput, GetObjectTaggingOutput,
        PutObjectTaggingInput, PutObjectTaggingOutput, Tag,
    },
    s3_error,
};

use super::{
    Answer,
    error::{bucket, custom, key, no_such_key, object},
};
use crate::storage::{Object, Storage};

/// Limits of AWS: tags per object, characters per key, characters per value.
const MOST_TAGS: usize = 10;
const LONGEST_KEY: usize = 128;
const LONGEST_VALUE: usize = 256;

type Tags = Vec<(String, String)>;

pub fn get(storage: &Storage, input: &GetObjectTaggingInput) -> Answer<GetObjectTaggingOutput> {
    let object = object(storage, &input.bucket, &input.key)?;
    let tag = |(key, value): &(String, String)| Tag { key: Some(key.clone()), value: Some(value.clone()) };
    let tag_set = object.attributes.tags.iter().map(tag).collect();
    Ok(S3Response::new(GetObjectTaggingOutput { tag_set, ..GetObjectTaggingOutput::default() }))
}

pub fn put(storage: &Storage, input: PutObjectTaggingInput) -> Answer<PutObjectTaggingOutput> {
    let tags = input.tagging.tag_set.into_iter();
    let tags = tags.map(|tag| (tag.key.unwrap_or_default(), tag.value.unwrap_or_default())).collect();
    set(storage, &input.bucket, &input.key, check(tags)?)?;
    Ok(S3Response::new(PutObjectTaggingOutput::default()))
}

pub fn delete(storage: &Storage, input: &DeleteObjectTaggingInput) -> Answer<DeleteObjectTaggingOutput> {
    set(storage, &input.bucket, &input.key, Tags::new())?;
    Ok(S3Response::new(DeleteObjectTaggingOutput::default()))
}

/// Replaces the tags. ETag and modification time stay, because tags are not part of the content.
fn set(storage: &Storage, bucket_name: &str, key_text: &str, tags: Tags) -> S3Result<()> {
    let updated = bucket(storage, bucket_name)?.update(&key(key_text)?, |object| {
        let mut object = Object::clone(object);
        object.attributes.tags = tags;
        object
    })?;
    updated.ok_or_else(no_such_key)
}

/// Reads `x-amz-tagging`: `key=value&key=value`, encoded as in a query.
pub fn parse_header(header: Option<&str>) -> S3Result<Tags> {
    let pairs = header.unwrap_or_default().split('&').filter(|pair| !pair.is_empty());
    let tags = pairs.map(|pair| {
        let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
        Ok((decode(key)?, decode(value)?))
    });
    check(tags.collect::<S3Result<_>>()?)
}

fn decode(text: &str) -> S3Result<String> {
    let text = text.replace('+', " ");
    let decoded = percent_decode_str(&text).decode_utf8().map(Cow::into_owned);
    decoded.map_err(|_| {
        s3_error!(InvalidArgument, "The header 'x-amz-tagging' shall be encoded as UTF-8 then URLEncoded.")
    })
}

fn check(tags: Tags) -> S3Result<Tags> {
    if tags.len() > MOST_TAGS {
        return Err(custom("BadRequest", "Object tags cannot be greater than 10"));
    }
    let mut keys = HashSet::new();
    for (key, value) in &tags {
        if key.is_empty() || key.chars().count() > LONGEST_KEY {
            return Err(s3_error!(InvalidTag, "The TagKey you have provided is invalid"));
        }
        if value.chars().count() > LONGEST_VALUE {
            return Err(s3_error!(InvalidTag, "The TagValue you have provided is invalid"));
        }
        if !keys.insert(key) {
            return Err(s3_error!(InvalidTag, "Cannot provide multiple Tags with the same key"));
        }
    }
    Ok(tags)
}
