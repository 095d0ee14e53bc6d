//! HEAD of an object: size, ETag and, where the store keeps one, a checksum of all its bytes.

use std::time::Duration;

use aws_sdk_s3::{
    operation::head_object::HeadObjectOutput,
    types::{ChecksumAlgorithm, ChecksumMode, StorageClass},
};
use model::{BucketName, Key, Time};

use super::{
    Action, ETag, Listed, ObjectMetadata, S3Client, S3Error,
    blank::sendable,
    checksum::{checksums, is_of_parts},
    digest::hides_digest,
    error::Failed,
    list::unusual,
};

/// Time limit of a request about one object without its bytes.
pub(super) const LIMIT: Duration = Duration::from_mins(1);

/// A checksum of the content. Two of the same kind can be compared, however the objects were uploaded, unless they are of
/// their parts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checksum {
    pub kind: ChecksumAlgorithm,
    pub value: String,
    /// Whether it is made of the checksums of parts, and so depends on how the object was cut.
    pub of_parts: bool,
}

#[derive(Clone, Debug)]
pub struct Head {
    /// The object as a listing would show it.
    pub object: Listed,
    /// Whether the ETag is no digest, whatever its form: see [`hides_digest`].
    pub etag_is_opaque: bool,
    /// Checksums that the store keeps.
    pub checksums: Vec<Checksum>,
    /// Metadata, headers and class, without the tags.
    pub metadata: ObjectMetadata,
    /// Number of tags.
    pub tags: i32,
    /// Redirect of a website.
    pub redirect: Option<String>,
}

impl Head {
    /// A HEAD with no more than the listing shows.
    #[cfg(test)]
    pub(crate) fn of(object: Listed) -> Self {
        let nothing = HeadObjectOutput::builder().build();
        let metadata = ObjectMetadata::of_head(&nothing, &object, None);
        Self { object, etag_is_opaque: false, checksums: Vec::new(), metadata, tags: 0, redirect: None }
    }
}

impl S3Client {
    pub async fn head(&self, bucket: &BucketName, key: &Key) -> Result<Head, Failed> {
        let context = self.context(Action::Head, Some(bucket));
        let request = || async {
            let request = self.client.head_object().bucket(bucket.as_str()).key(sendable(key));
            let answer = request.checksum_mode(ChecksumMode::Enabled).send().await;
            let head = answer.map_err(|error| context.classify(&error))?;
            let size = head.content_length().and_then(|length| u64::try_from(length).ok());
            let size = size.ok_or_else(|| context.unclear("the answer holds no length"))?;
            let object = Listed {
                key: key.clone(),
                size,
                etag: head.e_tag().and_then(ETag::parse),
                modified: head.last_modified().and_then(|at| at.to_millis().ok()).map(Time).unwrap_or_default(),
                class: head.storage_class().map(StorageClass::as_str).and_then(unusual),
            };
            Ok::<_, S3Error>(Head {
                checksums: checksums(&head),
                etag_is_opaque: hides_digest(bucket, head.server_side_encryption(), head.sse_customer_algorithm()),
                metadata: ObjectMetadata::of_head(&head, &object, None),
                tags: head.tag_count().unwrap_or_default(),
                redirect: head.website_redirect_location().map(str::to_owned),
                object,
            })
        };
        self.retry.send(&context, LIMIT, request).await
    }
}

fn checksums(head: &HeadObjectOutput) -> Vec<Checksum> {
    let told = checksums!(head).into_iter().filter_map(|(kind, value)| Some((kind, value?)));
    let of_parts = |value: &str| is_of_parts(head.checksum_type(), value);
    told.map(|(kind, value)| Checksum { kind, value: value.to_owned(), of_parts: of_parts(value) }).collect()
}

#[cfg(test)]
mod tests {
    use aws_sdk_s3::types::ChecksumType;

    use super::*;

    #[test]
    fn checksums_of_parts_are_told_apart() {
        let of_parts =
            |head: HeadObjectOutput| checksums(&head).into_iter().map(|sum| sum.of_parts).collect::<Vec<_>>();
        let head = |value| HeadObjectOutput::builder().checksum_crc32(value);
        assert_eq!(of_parts(head("abc=").build()), [false]);
        assert_eq!(of_parts(head("abc=-3").build()), [true]);
        assert_eq!(of_parts(head("abc=").checksum_type(ChecksumType::Composite).build()), [true]);
    }
}
