//! From one endpoint to another: the bytes go through this process, piece by piece, never whole.
//!
//! What a CopyObject would carry is carried by hand: metadata, content headers, storage class, tags. The reading is
//! conditional on the listed ETag and its length must be the one answered first, so that what is written is one
//! version of the object, whole.

use std::sync::Arc;

use aws_sdk_s3::{
    operation::get_object::GetObjectOutput,
    primitives::{ByteStream, SdkBody},
    types::StorageClass,
};
use http_body_util::BodyExt;
use model::{BucketName, Key};

use super::{
    Action, ETag, Listed, Meter, Store,
    blank::sendable,
    copy::limit,
    encoding::tagging,
    error::{Failed, StoreError},
    list::unusual,
};

impl Store {
    /// Reads `source` here and writes it to `key` of bucket `to` at another store. Each attempt reads anew.
    pub async fn stream(
        &self,
        from: &BucketName,
        source: &Listed,
        other: &Self,
        to: &BucketName,
        key: &Key,
    ) -> Result<ETag, Failed> {
        let writing = other.context(Action::Put, Some(to));
        let request = || async {
            let read = self.open(from, source).await?;
            let tags = self.tags(from, &source.key, read.tag_count()).await?;
            let length = read.content_length();
            let put = other
                .client
                .put_object()
                .bucket(to.as_str())
                .key(sendable(key))
                .set_content_length(length)
                .set_metadata(read.metadata().cloned())
                .set_content_type(read.content_type().map(str::to_owned))
                .set_cache_control(read.cache_control().map(str::to_owned))
                .set_content_disposition(read.content_disposition().map(str::to_owned))
                .set_content_encoding(read.content_encoding().map(str::to_owned))
                .set_content_language(read.content_language().map(str::to_owned))
                .set_website_redirect_location(read.website_redirect_location().map(str::to_owned))
                .set_expires(read.expires_string().and_then(http_date))
                .set_storage_class(class(&read, source))
                .set_tagging(tags)
                .body(watched(read.body, Arc::clone(&self.retry.meter)));
            let written = put.send().await.map_err(|error| writing.classify(&error))?;
            let etag = written.e_tag().and_then(ETag::parse);
            etag.ok_or_else(|| writing.unclear("the object was answered with success but no ETag"))
        };
        self.retry.send(&writing, limit(source.size), request).await
    }

    /// The object if it is still the one listed, its length checked.
    async fn open(&self, bucket: &BucketName, source: &Listed) -> Result<GetObjectOutput, StoreError> {
        let context = self.context(Action::Get, Some(bucket));
        let request = self.client.get_object().bucket(bucket.as_str()).key(sendable(&source.key));
        let request = request.set_if_match(source.etag.as_ref().map(ETag::quoted));
        let read = request.send().await.map_err(|error| context.classify(&error))?;
        if read.content_length().and_then(|length| u64::try_from(length).ok()) != Some(source.size) {
            return Err(context.error(super::Fault::Changed));
        }
        Ok(read)
    }

    /// Asked for only where the object says that it has tags.
    async fn tags(&self, bucket: &BucketName, key: &Key, count: Option<i32>) -> Result<Option<String>, StoreError> {
        if count.unwrap_or_default() == 0 {
            return Ok(None);
        }
        let context = self.context(Action::ReadTags, Some(bucket));
        let answer = self.client.get_object_tagging().bucket(bucket.as_str()).key(sendable(key)).send().await;
        let answer = answer.map_err(|error| context.classify(&error))?;
        Ok(Some(tagging(answer.tag_set().iter().map(|tag| (tag.key(), tag.value())))))
    }
}

fn class(read: &GetObjectOutput, source: &Listed) -> Option<StorageClass> {
    let class = read.storage_class().map(StorageClass::as_str).and_then(unusual).or_else(|| source.class.clone());
    class.as_deref().map(StorageClass::from)
}

fn http_date(text: &str) -> Option<aws_sdk_s3::primitives::DateTime> {
    aws_sdk_s3::primitives::DateTime::from_str(text, aws_sdk_s3::primitives::DateTimeFormat::HttpDate).ok()
}

/// The same body, each piece of which counts as a sign of life.
fn watched(body: ByteStream, meter: Arc<Meter>) -> ByteStream {
    let body = body.into_inner().map_frame(move |frame| {
        meter.move_on(frame.data_ref().map_or(0, bytes::Bytes::len));
        frame
    });
    ByteStream::new(SdkBody::from_body_1_x(body))
}
