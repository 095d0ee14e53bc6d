//! The checksums in an answer: those of GET, HEAD and PUT have the same fields and no type in common.

use aws_sdk_s3::types::ChecksumType;
use base64::{Engine, prelude::BASE64_STANDARD};

/// Each kind of checksum with the value in the answer, if it has one.
macro_rules! checksums {
    ($answer:expr) => {{
        use aws_sdk_s3::types::ChecksumAlgorithm::{Crc32, Crc32C, Crc64Nvme, Sha1, Sha256};
        [
            (Crc64Nvme, $answer.checksum_crc64_nvme()),
            (Crc32, $answer.checksum_crc32()),
            (Crc32C, $answer.checksum_crc32_c()),
            (Sha1, $answer.checksum_sha1()),
            (Sha256, $answer.checksum_sha256()),
        ]
    }};
}
pub(super) use checksums;

/// Whether a checksum is made of those of parts, and so depends on how the object was cut.
pub(super) fn is_of_parts(kind: Option<&ChecksumType>, value: &str) -> bool {
    kind == Some(&ChecksumType::Composite) || value.contains('-')
}

/// Whether the SDK compares a body with this checksum: it passes over one of parts, and one that it cannot decode.
pub(super) fn is_compared(kind: Option<&ChecksumType>, value: &str) -> bool {
    !is_of_parts(kind, value) && BASE64_STANDARD.decode(value).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_decodable_checksums_of_the_whole_are_compared() {
        assert!(is_compared(None, "DUoRhQ==") && is_compared(Some(&ChecksumType::FullObject), "DUoRhQ=="));
        assert!(!is_compared(Some(&ChecksumType::Composite), "DUoRhQ=="));
        assert!(!is_compared(None, "DUoRhQ==-2"));
        assert!(!is_compared(None, "not base64"));
    }
}
