//! What this run has made of what: each version of a source's object, by its ETag, and the version that its copy became.
//!
//! Only of copies whose ETag is not that of their source (in other parts, or under an encryption key), so that most
//! clones record nothing. Such a pair, listed again, is proven: the copy was conditional on the one ETag and answered
//! with the other.
//!
//! Always: bounded, and forgotten with the process. What is not recorded is not proven by it, and no worse off.

use std::{
    collections::HashSet,
    sync::{Mutex, PoisonError},
};

use sha2::{Digest as _, Sha256};

use crate::s3::{ETag, Listed};

/// Nine megabytes of them.
const MOST: usize = 450_000;

#[derive(Debug, Default)]
pub(super) struct Records(Mutex<HashSet<u128>>);

impl Records {
    /// `source` was copied as listed, and the copy answered with this ETag.
    pub fn add(&self, source: &Listed, copy: &ETag) {
        let Some(etag) = source.etag.as_ref().filter(|etag| *etag != copy) else { return };
        let mut records = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if records.len() < MOST {
            records.insert(fingerprint(source, etag, copy));
        }
    }

    /// Whether these two are such a pair.
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
    fn a_pair_is_proven_only_as_it_was_recorded() {
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
    fn what_has_the_same_etag_needs_no_record() {
        let records = Records::default();
        records.add(&object("a", "1"), &ETag::parse("1").unwrap());
        assert!(records.0.lock().unwrap().is_empty());
    }
}
