//! Conditional requests: `If-Match` and its kin, for reading, writing and the source of a copy.

use std::{
    sync::Arc,
    time::{Duration, UNIX_EPOCH},
};

use s3s::{
    S3Error, S3Result,
    dto::{ETag as Tag, ETagCondition, Timestamp},
    s3_error,
};

use super::error::no_such_key;
use crate::storage::{Attributes, ETag, Object};

#[derive(Default)]
#[expect(clippy::struct_field_names, reason = "they are the headers' names")]
pub struct Conditions {
    pub if_match: Option<ETagCondition>,
    pub if_none_match: Option<ETagCondition>,
    pub if_modified_since: Option<Timestamp>,
    pub if_unmodified_since: Option<Timestamp>,
}

impl Conditions {
    /// Checks whether this object may be read. A condition on the ETag takes precedence over one on the date (RFC
    /// 9110).
    pub fn allow_read(&self, attributes: &Attributes) -> S3Result<()> {
        self.if_unchanged(attributes)?;
        if self.is_not_modified(attributes) { Err(not_modified(attributes)) } else { Ok(()) }
    }

    /// Checks whether this object may be copied. "Not modified" is a failed precondition here too.
    pub fn allow_copy(&self, attributes: &Attributes) -> S3Result<()> {
        self.if_unchanged(attributes)?;
        if self.is_not_modified(attributes) { Err(failed("x-amz-copy-source-If-None-Match")) } else { Ok(()) }
    }

    fn if_unchanged(&self, attributes: &Attributes) -> S3Result<()> {
        match (&self.if_match, &self.if_unmodified_since) {
            (Some(condition), _) if !matches(condition, attributes.etag) => Err(failed("If-Match")),
            (None, Some(date)) if modified(attributes) > *date => Err(failed("If-Unmodified-Since")),
            _ => Ok(()),
        }
    }

    fn is_not_modified(&self, attributes: &Attributes) -> bool {
        match (&self.if_none_match, &self.if_modified_since) {
            (Some(condition), _) => matches(condition, attributes.etag),
            (None, Some(date)) => modified(attributes) <= *date,
            (None, None) => false,
        }
    }

    /// Checks whether the existing object, or its absence, may be replaced.
    pub fn allow_write(&self, current: Option<&Arc<Object>>) -> S3Result<()> {
        let matched = |condition| current.is_some_and(|object| matches(condition, object.attributes.etag));
        match (&self.if_match, &self.if_none_match) {
            (Some(_), _) if current.is_none() => Err(no_such_key()),
            (Some(condition), _) if !matched(condition) => Err(failed("If-Match")),
            (_, Some(condition)) if matched(condition) => Err(failed("If-None-Match")),
            _ => Ok(()),
        }
    }
}

fn matches(condition: &ETagCondition, etag: ETag) -> bool {
    match condition {
        ETagCondition::Any => true,
        ETagCondition::ETag(Tag::Strong(text) | Tag::Weak(text)) => *text == etag.to_string(),
    }
}

/// A time in whole seconds, like HTTP dates.
fn modified(attributes: &Attributes) -> Timestamp {
    Timestamp::from(UNIX_EPOCH + Duration::from_secs(attributes.modified.seconds()))
}

fn failed(condition: &'static str) -> S3Error {
    s3_error!(PreconditionFailed, "At least one of the pre-conditions you specified did not hold: {condition}")
}

fn not_modified(attributes: &Attributes) -> S3Error {
    let mut error = s3_error!(NotModified);
    if let Ok(etag) = format!("\"{}\"", attributes.etag).parse() {
        error.set_headers([(http::header::ETAG, etag)].into_iter().collect());
    }
    error
}
