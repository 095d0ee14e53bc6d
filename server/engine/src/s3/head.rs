//! HEAD of an object: size, ETag and, where the store keeps one, a checksum of all its bytes.

use std::time::Duration;

use aws_sdk_s3::{
    operation::head_object::HeadObjectOutput,
    types::{ChecksumMode, ChecksumType, StorageClass},
};
use model::{BucketName, Key, Time};

use super::{Action, ETag, Listed, ObjectMetadata, S3Client, S3Error, blank::sendable, error::Failed, list::unusual};

/// Time limit of a request about one object without its bytes.
pub(super) const LIMIT: Duration = Duration::from_secs(30);

/// A checksum over the whole content. Two of the same kind can be compared, however the objects were uploaded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checksum {
    pub kind: &'static str,
    pub value: String,
}

#[derive(Clone, Debug)]
pub struct Head {
    /// The object as a listing would show it.
    pub object: Listed,
    /// Whether it is encrypted under a key (KMS, or the customer's own): the ETag differs after each copy and is not a hash.
    pub etag_is_opaque: bool,
    /// Full-object checksums that the store keeps.
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
                etag_is_opaque: encrypted_under_a_key(&head),
                metadata: ObjectMetadata::of_head(&head, &object, None),
                tags: head.tag_count().unwrap_or_default(),
                redirect: head.website_redirect_location().map(str::to_owned),
                object,
            })
        };
        self.retry.send(&context, LIMIT, request).await
    }
}

fn encrypted_under_a_key(head: &HeadObjectOutput) -> bool {
    let by_kms = head.server_side_encryption().is_some_and(|how| how.as_str().starts_with("aws:kms"));
    by_kms || head.sse_customer_algorithm().is_some()
}

/// Checksums except those of a multipart upload's parts, which depend on the part size.
fn checksums(head: &HeadObjectOutput) -> Vec<Checksum> {
    if head.checksum_type() == Some(&ChecksumType::Composite) {
        return Vec::new();
    }
    let all = [
        ("CRC64NVME", head.checksum_crc64_nvme()),
        ("CRC32", head.checksum_crc32()),
        ("CRC32C", head.checksum_crc32_c()),
        ("SHA1", head.checksum_sha1()),
        ("SHA256", head.checksum_sha256()),
    ];
    let full = all.into_iter().filter_map(|(kind, value)| Some((kind, value?)));
    full.filter(|(_, value)| !value.contains('-'))
        .map(|(kind, value)| Checksum { kind, value: value.to_owned() })
        .collect()
}

#[cfg(test)]
mod tests {
    use aws_sdk_s3::types::ServerSideEncryption;

    use super::*;

    #[test]
    fn only_encryption_keys_make_etags_opaque() {
        let head = |how| HeadObjectOutput::builder().server_side_encryption(how).build();
        assert!(encrypted_under_a_key(&head(ServerSideEncryption::AwsKms)));
        assert!(encrypted_under_a_key(&head(ServerSideEncryption::AwsKmsDsse)));
        assert!(!encrypted_under_a_key(&head(ServerSideEncryption::Aes256)));
        assert!(encrypted_under_a_key(&HeadObjectOutput::builder().sse_customer_algorithm("AES256").build()));
    }

    #[test]
    fn checksums_of_parts_are_ignored() {
        let full = HeadObjectOutput::builder().checksum_crc32("abc=").build();
        assert_eq!(checksums(&full), [Checksum { kind: "CRC32", value: "abc=".to_owned() }]);
        let parts = HeadObjectOutput::builder().checksum_crc32("abc=-3").build();
        assert!(checksums(&parts).is_empty());
        let composite = HeadObjectOutput::builder().checksum_crc32("abc=").checksum_type(ChecksumType::Composite);
        assert!(checksums(&composite.build()).is_empty());
    }
}
