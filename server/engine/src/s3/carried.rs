//! What a copy leaves out when the destination refuses it.
//!
//! A checksum only secures the copy: a store that does not know its kind gets the object without. Tags and storage class
//! are part of the object: they are left out, or replaced, only if the clone allows that.
//!
//! Always: only a second request that succeeds shows that the first was refused for what it carried. If both are refused,
//! the first answer is reported.

use std::sync::atomic::{AtomicBool, Ordering::Relaxed};

use model::{ClassFallback, Key};

use super::{Failed, ObjectMetadata, S3Client, S3Error, S3Fault};

/// Remembers which optional parts the write of an object carried, and which of them the next attempt must leave out.
#[derive(Debug)]
pub(super) struct Carried<'a> {
    fallback: &'a ClassFallback,
    tags: AtomicBool,
    checksum: AtomicBool,
    class: AtomicBool,
    without_tags: AtomicBool,
    without_checksum: AtomicBool,
    other_class: AtomicBool,
}

impl<'a> Carried<'a> {
    pub fn new(fallback: &'a ClassFallback) -> Self {
        let [tags, checksum, class, without_tags, without_checksum, other_class] =
            std::array::from_fn(|_| AtomicBool::new(false));
        Self { fallback, tags, checksum, class, without_tags, without_checksum, other_class }
    }

    /// Sends the write until it succeeds, or nothing of it may be left out.
    pub async fn send<T, Sent>(&self, destination: &S3Client, key: &Key, send: impl Fn() -> Sent) -> Result<T, Failed>
    where
        Sent: Future<Output = Result<T, Failed>>,
    {
        let mut refused: Option<Failed> = None;
        loop {
            match send().await {
                Err(failed) if self.leaves_out_more(destination, &failed.error) => {
                    refused = Some(match refused {
                        Some(first) => first.and(&failed),
                        None => failed,
                    });
                }
                last => return self.ended(destination, key, refused, last),
            }
        }
    }

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
        let class = self.class(metadata.class().map(str::to_owned));
        metadata.with_class(class.as_deref())
    }

    /// The class to ask for in the next attempt.
    pub fn class(&self, class: Option<String>) -> Option<String> {
        let fallback = self.fallback.class().filter(|_| self.other_class.load(Relaxed));
        let class = fallback.map_or(class, |fallback| fallback.map(str::to_owned));
        self.class.store(class.is_some(), Relaxed);
        class
    }

    /// Whether the next copy that a store makes by itself carries the tags.
    pub fn carries_tags(&self) -> bool {
        let carries = !self.without_tags.load(Relaxed);
        self.tags.store(carries, Relaxed);
        carries
    }

    /// Decides after a refusal whether the write is worth another request without some of what it carried.
    fn leaves_out_more(&self, destination: &S3Client, refused: &S3Error) -> bool {
        if self.checksum.load(Relaxed) && about_checksums(refused.fault()) {
            self.without_checksum.store(true, Relaxed);
            return true;
        }
        let replaceable = self.class.load(Relaxed) && self.fallback.class().is_some();
        if replaceable && about_class(refused.fault()) && !self.other_class.swap(true, Relaxed) {
            return true;
        }
        let tags = self.tags.load(Relaxed) && destination.may_drop_tags(refused);
        self.without_tags.fetch_or(tags, Relaxed);
        tags
    }

    /// Result of the last request; `refused` is the first error of those before it.
    fn ended<T>(
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

/// Whether the store may not know the storage class.
fn about_class(fault: &S3Fault) -> bool {
    let S3Fault::Other(answer) = fault else { return false };
    let said = format!("{} {}", answer.code, answer.message).to_ascii_lowercase();
    let names_it = said.replace([' ', '-', '_'], "").contains("storageclass");
    answer.status == 501 || (answer.status == 400 && names_it)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::s3::Answer;

    #[test]
    fn only_an_answer_about_the_class_is_a_reason_for_another() {
        let about = |status, code: &str, message: &str| {
            let (code, message) = (code.to_owned(), message.to_owned());
            about_class(&S3Fault::Other(Box::new(Answer { status, code, message, request_id: None })))
        };
        assert!(about(400, "InvalidStorageClass", "The storage class you specified is not valid"));
        assert!(about(400, "InvalidArgument", "Unknown x-amz-storage-class") && about(501, "NotImplemented", ""));
        assert!(!about(400, "InvalidArgument", "The ACL is unknown.") && !about(403, "InvalidStorageClass", ""));
    }

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
