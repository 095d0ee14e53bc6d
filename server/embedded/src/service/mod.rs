//! The operations of S3 over [`Storage`], with the answers of AWS, except versions, policies and ACLs.
//!
//! Always: an operation succeeds completely or returns an S3 error; bodies are streamed in chunks.

mod buckets;
mod conditions;
mod copy;
mod delete;
mod describe;
mod encryption;
mod error;
mod listing;
mod multipart;
mod multipart_listing;
mod put;
mod read;
mod receive;
mod source;
mod tagging;

use std::sync::Arc;

use s3s::{S3, S3Request, S3Response, S3Result, dto};

use crate::storage::Storage;

pub use receive::Trailers;

pub struct Service {
    pub storage: Arc<Storage>,
}

type Answer<T> = S3Result<S3Response<T>>;

#[async_trait::async_trait]
impl S3 for Service {
    async fn list_buckets(&self, _: S3Request<dto::ListBucketsInput>) -> Answer<dto::ListBucketsOutput> {
        Ok(buckets::list(&self.storage))
    }

    async fn create_bucket(&self, request: S3Request<dto::CreateBucketInput>) -> Answer<dto::CreateBucketOutput> {
        buckets::create(&self.storage, &request.input)
    }

    async fn delete_bucket(&self, request: S3Request<dto::DeleteBucketInput>) -> Answer<dto::DeleteBucketOutput> {
        buckets::delete(&self.storage, &request.input.bucket)
    }

    async fn head_bucket(&self, request: S3Request<dto::HeadBucketInput>) -> Answer<dto::HeadBucketOutput> {
        buckets::head(&self.storage, &request.input.bucket)
    }

    async fn get_bucket_location(
        &self,
        request: S3Request<dto::GetBucketLocationInput>,
    ) -> Answer<dto::GetBucketLocationOutput> {
        buckets::location(&self.storage, &request.input.bucket)
    }

    async fn list_objects(&self, request: S3Request<dto::ListObjectsInput>) -> Answer<dto::ListObjectsOutput> {
        listing::first_version(&self.storage, request.input)
    }

    async fn list_objects_v2(&self, request: S3Request<dto::ListObjectsV2Input>) -> Answer<dto::ListObjectsV2Output> {
        listing::second_version(&self.storage, request.input)
    }

    async fn head_object(&self, request: S3Request<dto::HeadObjectInput>) -> Answer<dto::HeadObjectOutput> {
        read::head(&self.storage, request.input)
    }

    async fn get_object(&self, request: S3Request<dto::GetObjectInput>) -> Answer<dto::GetObjectOutput> {
        read::get(&self.storage, request.input).await
    }

    async fn put_object(&self, request: S3Request<dto::PutObjectInput>) -> Answer<dto::PutObjectOutput> {
        put::put(&self.storage, request).await
    }

    async fn copy_object(&self, request: S3Request<dto::CopyObjectInput>) -> Answer<dto::CopyObjectOutput> {
        copy::copy(&self.storage, request).await
    }

    async fn delete_object(&self, request: S3Request<dto::DeleteObjectInput>) -> Answer<dto::DeleteObjectOutput> {
        delete::one(&self.storage, &request.input)
    }

    async fn delete_objects(&self, request: S3Request<dto::DeleteObjectsInput>) -> Answer<dto::DeleteObjectsOutput> {
        delete::many(&self.storage, request.input)
    }

    async fn get_object_tagging(
        &self,
        request: S3Request<dto::GetObjectTaggingInput>,
    ) -> Answer<dto::GetObjectTaggingOutput> {
        tagging::get(&self.storage, &request.input)
    }

    async fn put_object_tagging(
        &self,
        request: S3Request<dto::PutObjectTaggingInput>,
    ) -> Answer<dto::PutObjectTaggingOutput> {
        tagging::put(&self.storage, request.input)
    }

    async fn delete_object_tagging(
        &self,
        request: S3Request<dto::DeleteObjectTaggingInput>,
    ) -> Answer<dto::DeleteObjectTaggingOutput> {
        tagging::delete(&self.storage, &request.input)
    }

    async fn create_multipart_upload(
        &self,
        request: S3Request<dto::CreateMultipartUploadInput>,
    ) -> Answer<dto::CreateMultipartUploadOutput> {
        multipart::create(&self.storage, request)
    }

    async fn upload_part(&self, request: S3Request<dto::UploadPartInput>) -> Answer<dto::UploadPartOutput> {
        multipart::upload_part(&self.storage, request).await
    }

    async fn upload_part_copy(
        &self,
        request: S3Request<dto::UploadPartCopyInput>,
    ) -> Answer<dto::UploadPartCopyOutput> {
        multipart::upload_part_copy(&self.storage, request.input).await
    }

    async fn complete_multipart_upload(
        &self,
        request: S3Request<dto::CompleteMultipartUploadInput>,
    ) -> Answer<dto::CompleteMultipartUploadOutput> {
        multipart::complete(&self.storage, request.input)
    }

    async fn abort_multipart_upload(
        &self,
        request: S3Request<dto::AbortMultipartUploadInput>,
    ) -> Answer<dto::AbortMultipartUploadOutput> {
        multipart::abort(&self.storage, &request.input)
    }

    async fn list_parts(&self, request: S3Request<dto::ListPartsInput>) -> Answer<dto::ListPartsOutput> {
        multipart_listing::parts(&self.storage, request.input)
    }

    async fn list_multipart_uploads(
        &self,
        request: S3Request<dto::ListMultipartUploadsInput>,
    ) -> Answer<dto::ListMultipartUploadsOutput> {
        multipart_listing::uploads(&self.storage, request.input)
    }
}
