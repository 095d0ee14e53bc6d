//! The source of a copy: looked up and checked.

use std::sync::Arc;

use s3s::{S3Result, dto::CopySource, s3_error};

use super::{conditions::Conditions, encryption, error, read::refuse_archived};
use crate::storage::{Object, Storage};

pub struct Source {
    pub bucket: String,
    pub key: String,
    pub object: Arc<Object>,
}

pub fn find(
    storage: &Storage,
    source: &CopySource,
    conditions: &Conditions,
    key_md5: Option<&str>,
) -> S3Result<Source> {
    let CopySource::Bucket { bucket, key, .. } = source else {
        return Err(s3_error!(NotImplemented, "The source of a copy is named by bucket and key."));
    };
    let object = error::object(storage, bucket, key)?;
    encryption::allow(&object.attributes, key_md5)?;
    conditions.allow_copy(&object.attributes)?;
    refuse_archived(&object.attributes)?;
    Ok(Source { bucket: bucket.to_string(), key: key.to_string(), object })
}

/// Conditions on the source, from either of the two inputs that have them.
macro_rules! source_conditions {
    ($input:expr) => {
        $crate::service::conditions::Conditions {
            if_match: $input.copy_source_if_match.take(),
            if_none_match: $input.copy_source_if_none_match.take(),
            if_modified_since: $input.copy_source_if_modified_since.take(),
            if_unmodified_since: $input.copy_source_if_unmodified_since.take(),
        }
    };
}
pub(super) use source_conditions;
