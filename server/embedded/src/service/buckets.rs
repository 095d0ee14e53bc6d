//! Operations on whole buckets.

use s3s::{
    S3Error, S3ErrorCode, S3Response,
    dto::{
        Bucket, CreateBucketInput, CreateBucketOutput, DeleteBucketOutput, GetBucketLocationOutput, HeadBucketOutput,
        ListBucketsOutput,
    },
    s3_error,
};

use super::{
    Answer,
    describe::{owner, timestamp},
    error::bucket,
};
use crate::storage::{RemoveError, Storage};

/// The only region; a signature for any region is accepted.
const REGION: &str = "us-east-1";

pub fn list(storage: &Storage) -> S3Response<ListBucketsOutput> {
    let buckets = storage.buckets().into_iter().map(|(name, created)| Bucket {
        name: Some(name),
        creation_date: Some(timestamp(created)),
        ..Bucket::default()
    });
    S3Response::new(ListBucketsOutput {
        buckets: Some(buckets.collect()),
        owner: Some(owner()),
        ..ListBucketsOutput::default()
    })
}

pub fn create(storage: &Storage, input: &CreateBucketInput) -> Answer<CreateBucketOutput> {
    let named = storage.unnamed_bucket().and_then(|bucket| storage.name_bucket(&input.bucket, bucket))?;
    if !named {
        return Err(s3_error!(BucketAlreadyOwnedByYou, "The bucket is there already, and it is yours."));
    }
    Ok(S3Response::new(CreateBucketOutput { location: Some(format!("/{}", input.bucket)) }))
}

pub fn delete(storage: &Storage, name: &str) -> Answer<DeleteBucketOutput> {
    storage.remove_bucket(name).map_err(|error| match error {
        RemoveError::Missing => s3_error!(NoSuchBucket, "The specified bucket does not exist."),
        RemoveError::NotEmpty => s3_error!(BucketNotEmpty, "The bucket you tried to delete is not empty."),
        RemoveError::Storage(error) => S3Error::with_source(S3ErrorCode::InternalError, Box::new(error)),
    })?;
    Ok(S3Response::new(DeleteBucketOutput {}))
}

pub fn head(storage: &Storage, name: &str) -> Answer<HeadBucketOutput> {
    bucket(storage, name)?;
    Ok(S3Response::new(HeadBucketOutput { bucket_region: Some(REGION.to_owned()), ..HeadBucketOutput::default() }))
}

/// S3 represents the region `us-east-1` as an absent value.
pub fn location(storage: &Storage, name: &str) -> Answer<GetBucketLocationOutput> {
    bucket(storage, name)?;
    Ok(S3Response::new(GetBucketLocationOutput::default()))
}
