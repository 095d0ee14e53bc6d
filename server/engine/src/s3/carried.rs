//! What a streamed copy leaves out when the destination refuses it.
//!
//! A checksum only secures the copy: a store that does not know its kind gets the object without. Tags are part of the
//! object: they are left out only if the clone allows that.
//!
//! Always: only a second request that succeeds shows that the first was refused for what it carried. If both are refused,
//! the first answer is reported.

use std::sync::atomic::{AtomicBool, Ordering::Relaxed};

use model::Key;

use super::{Failed, ObjectMetadata, S3Client, S3Error, S3Fault};

/// Remembers which optional parts the write of an object carried, and which of them the next attempt must leave out.
#[derive(Debug, Default)]
pub(super) struct Carried {
    tags: AtomicBool,
    checksum: AtomicBool,
    without_tags: AtomicBool,
    without_checksum: AtomicBool,
}

impl Carried {
    /// Removes from the metadata what the next attempt must leave out.
    pub fn limited(&self, mut metadata: ObjectMetadata) -> ObjectMetadata {
        if self.without_tags.load(Relaxed) {
            metadata = metadata.without_tags();
        }
        if self.without_checksum.load(Relaxed) {
            metadata = metadata.without_checksum();
        }
        self.tags.store(metadata.has_tags(), Relaxed);
        self.checksum.store(metadata.has_checksum(), Relaxed);
        metadata
    }

    /// Decides after a refusal whether the write is worth another request without some of what it carried.
    pub fn leaves_out_more(&self, destination: &S3Client, refused: &S3Error) -> bool {
        if self.checksum.load(Relaxed) && about_checksums(refused.fault()) {
            self.without_checksum.store(true, Relaxed);
            return true;
        }
        let tags = self.tags.load(Relaxed) && destination.may_drop_tags(refused);
        self.without_tags.fetch_or(tags, Relaxed);
        tags
    }

    /// Result of the last request; `refused` is the first error of those before it.
    pub fn ended<T>(
        &self,
        destination: &S3Client,
        key: &Key,
        refused: Option<Failed>,
        last: Result<T, Failed>,
    ) -> Result<T, Failed> {
        match refused {
            Some(refused) if self.without_tags.load(Relaxed) => destination.unless_tags(key, refused, last),
            Some(refused) => last.map_err(|last| last.and(&refused)),
            None => last,
        }
    }
}

/// Whether the store does not know the checksum, or how it is sent. A checksum that does not match is another matter.
fn about_checksums(fault: &S3Fault) -> bool {
    let S3Fault::Other(answer) = fault else { return false };
    let names_it = answer.message.to_ascii_lowercase().contains("checksum");
    let mismatch = answer.code.contains("Digest") || answer.code.contains("Mismatch");
    answer.status == 501 || (answer.status == 400 && names_it && !mismatch)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::s3::Answer;

    #[test]
    fn mismatch_is_no_reason_to_send_without_checksum() {
        let about = |status, code: &str, message: &str| {
            let (code, message) = (code.to_owned(), message.to_owned());
            about_checksums(&S3Fault::Other(Box::new(Answer { status, code, message, request_id: None })))
        };
        assert!(about(501, "NotImplemented", ""));
        assert!(about(400, "InvalidRequest", "The algorithm of x-amz-checksum-crc64nvme is unknown."));
        assert!(!about(400, "BadDigest", "The CRC64NVME checksum you specified did not match."));
        assert!(!about(400, "XAmzContentChecksumMismatch", "The checksum did not match."));
        assert!(!about(400, "InvalidArgument", "The storage class is unknown."));
    }
}
