//! `DeleteObject` and `DeleteObjects`. Deleting a missing object succeeds.

use s3s::{
    S3Error, S3Response,
    dto::{
        DeleteObjectInput, DeleteObjectOutput, DeleteObjectsInput, DeleteObjectsOutput, DeletedObject, ETagCondition,
        Error, ObjectIdentifier,
    },
    s3_error,
};

use super::{Answer, conditions::Conditions, error::bucket};
use crate::storage::{Bucket, Storage};

/// Most keys in one request.
const MOST_KEYS: usize = 1_000;

pub fn one(storage: &Storage, input: &DeleteObjectInput) -> Answer<DeleteObjectOutput> {
    let bucket = bucket(storage, &input.bucket)?;
    let conditions = Conditions { if_match: input.if_match.clone(), ..Conditions::default() };
    bucket.delete(&input.key, |current| conditions.allow_write(current))?;
    Ok(S3Response::new(DeleteObjectOutput::default()))
}

pub fn many(storage: &Storage, input: DeleteObjectsInput) -> Answer<DeleteObjectsOutput> {
    let bucket = bucket(storage, &input.bucket)?;
    if input.delete.objects.len() > MOST_KEYS {
        return Err(s3_error!(MalformedXML, "One request may delete at most {MOST_KEYS} keys."));
    }
    if input.delete.objects.iter().any(|object| object.key.chars().any(is_not_xml)) {
        return Err(s3_error!(MalformedXML, "A key has characters that XML cannot carry; delete it by itself."));
    }
    let quiet = input.delete.quiet.unwrap_or(false);
    let mut deleted = Vec::new();
    let mut errors = Vec::new();
    for object in input.delete.objects {
        match delete(&bucket, &object) {
            Ok(()) if quiet => {}
            Ok(()) => deleted.push(DeletedObject { key: Some(object.key), ..DeletedObject::default() }),
            Err(error) => errors.push(Error {
                code: Some(error.code().as_str().to_owned()),
                message: error.message().map(str::to_owned),
                key: Some(object.key),
                ..Error::default()
            }),
        }
    }
    let output = DeleteObjectsOutput { deleted: Some(deleted), errors: Some(errors), ..DeleteObjectsOutput::default() };
    Ok(S3Response::new(output))
}

/// Whether a key has characters that no client could parse in the answer; AWS refuses such a request.
fn is_not_xml(character: char) -> bool {
    matches!(character, '\0'..='\u{8}' | '\u{b}' | '\u{c}' | '\u{e}'..='\u{1f}' | '\u{fffe}' | '\u{ffff}')
}

fn delete(bucket: &Bucket, object: &ObjectIdentifier) -> Result<(), S3Error> {
    let if_match = object.e_tag.clone().map(ETagCondition::ETag);
    let conditions = Conditions { if_match, ..Conditions::default() };
    bucket.delete(&object.key, |current| conditions.allow_write(current))
}
