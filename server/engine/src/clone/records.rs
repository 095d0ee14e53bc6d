//! Copies made by this run: the ETag of the source version, and the ETag of its copy.
//!
//! Only copies whose ETag is not that of their source (other parts, or an encryption key) are recorded, so most clones
//! record nothing. Such a pair, listed again, is proven: the copy was conditional on the one ETag, and the store answered
//! with the other.
//!
//! Always: bounded, and forgotten with the process. A copy without a record is only compared in other ways.

use std::{
    collections::HashSet,
    sync::{Mutex, PoisonError},
};

use sha2::{Digest as _, Sha256};

use crate::s3::{ETag, Listed};

/// Most records kept: nine megabytes.
const MOST: usize = 450_000;

#[derive(Debug, Default)]
pub(super) struct Records(Mutex<HashSet<u128>>);

impl Records {
    /// Records that `source` was copied as listed, and that the copy has this ETag.
    pub fn add(&self, source: &Listed, copy: &ETag) {
        let Some(etag) = source.etag.as_ref().filter(|etag| *etag != copy) else { return };
        let mut records = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if records.len() < MOST {
            records.insert(fingerprint(source, etag, copy));
        }
    }

    /// Whether these two versions are recorded as a copy.
    pub fn prove(&self, source: &Listed, destination: &Listed) -> bool {
        let (Some(etag), Some(copy)) = (&source.etag, &destination.etag) else { return false };
        let records = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        !records.is_empty() && records.contains(&fingerprint(source, etag, copy))
    }
}

fn fingerprint(source: &Listed, etag: &ETag, copy: &ETag) -> u128 {
    let mut hash = Sha256::new();
    for text in [source.key.as_str(), &etag.to_string(), &copy.to_string()] {
        hash.update((text.len() as u64).to_be_bytes());
        hash.update(text);
    }
    let hash: [u8; 32] = hash.finalize().into();
    hash.iter().take(16).fold(0, |short, byte| short << 8 | u128::from(*byte))
}

#[cfg(test)]
mod tests {
    use model::Time;

    use super::*;

    fn object(key: &str, etag: &str) -> Listed {
        Listed { key: key.parse().unwrap(), size: 1, etag: ETag::parse(etag), modified: Time(0), class: None }
    }

    #[test]
    fn only_recorded_pairs_are_proven() {
        let records = Records::default();
        records.add(&object("a", "1"), &ETag::parse("2").unwrap());
        records.add(&object("b", ""), &ETag::parse("2").unwrap());
        assert!(records.prove(&object("a", "1"), &object("copy/a", "2")));
        for (source, destination) in [
            (object("a", "3"), object("a", "2")),
            (object("a", "1"), object("a", "3")),
            (object("b", "1"), object("b", "2")),
            (object("b", ""), object("b", "2")),
        ] {
            assert!(!records.prove(&source, &destination));
        }
    }

    #[test]
    fn copy_with_equal_etag_is_not_recorded() {
        let records = Records::default();
        records.add(&object("a", "1"), &ETag::parse("1").unwrap());
        assert!(records.0.lock().unwrap().is_empty());
    }
}
