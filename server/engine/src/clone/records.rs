//! Copies that are on record: the ETag of the source version, the ETag of its copy, and what is known of its content.
//!
//! Only copies that their ETag does not prove (other parts, an encryption key, an ETag that is no digest) are recorded, so
//! most clones record nothing. The copy was conditional on the one ETag, and the store answered with the other: listed again, the pair
//! is a copy for sure. Whether its content is that of the source, only a digest tells.
//!
//! Always: bounded. What this run adds is handed to its caller, which may keep it for later runs between the same places. A
//! copy without a record is only compared in other ways.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
};

use model::CloneSpec;
use sha2::{Digest as _, Sha256};

use crate::s3::{Copied, ETag, Evidence, Listed, S3Client};

/// A copy on record: a digest of its key and ETags, and the evidence for its content.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CopyRecord {
    fingerprint: u128,
    evidence: Evidence,
}

impl CopyRecord {
    pub const BYTES: usize = 17;
    /// Most records kept for two places: some twenty megabytes in memory.
    pub const MOST: usize = 450_000;

    pub fn to_bytes(self) -> [u8; Self::BYTES] {
        let mut bytes = [0; Self::BYTES];
        bytes[..16].copy_from_slice(&self.fingerprint.to_be_bytes());
        bytes[16] = u8::from(self.evidence == Evidence::Digest);
        bytes
    }

    pub fn from_bytes(bytes: [u8; Self::BYTES]) -> Self {
        let (fingerprint, rest) = bytes.split_first_chunk().unwrap_or((&[0; 16], &[]));
        let evidence = if rest == [1] { Evidence::Digest } else { Evidence::Written };
        Self { fingerprint: u128::from_be_bytes(*fingerprint), evidence }
    }
}

/// Names the two buckets of a clone at their endpoints, for records that outlive a run: under the same names another
/// store has another digest.
pub fn places(spec: &CloneSpec, source: &S3Client, destination: &S3Client) -> [u8; 16] {
    let (from, to) = (source.endpoint().describe(), destination.endpoint().describe());
    digest([from.as_str(), spec.source.bucket.as_str(), to.as_str(), spec.destination.bucket.as_str()])
}

#[derive(Debug, Default)]
pub(super) struct Records(Mutex<Known>);

#[derive(Debug, Default)]
struct Known {
    evidence: HashMap<u128, Evidence>,
    /// Added and not taken.
    fresh: Vec<CopyRecord>,
}

impl Records {
    /// Starts with the records of earlier runs, which must come latest first.
    pub fn of(earlier: impl IntoIterator<Item = CopyRecord>) -> Self {
        let records = earlier.into_iter().take(CopyRecord::MOST);
        let evidence = records.map(|record| (record.fingerprint, record.evidence)).collect();
        Self(Mutex::new(Known { evidence, fresh: Vec::new() }))
    }

    /// Records that `source` was copied as listed.
    pub fn add(&self, source: &Listed, copied: &Copied) {
        let proven = |etag: &&ETag| **etag == copied.etag && etag.has_form_of_digest();
        let Some(etag) = source.etag.as_ref().filter(|etag| !proven(etag)) else { return };
        let record = CopyRecord { fingerprint: fingerprint(source, etag, &copied.etag), evidence: copied.evidence };
        self.change(|known| {
            known.fresh.push(record);
            if known.evidence.len() < CopyRecord::MOST || known.evidence.contains_key(&record.fingerprint) {
                known.evidence.insert(record.fingerprint, record.evidence);
            }
        });
    }

    /// Looks up the evidence that `destination` is a copy of `source`; `None` if there is no record of that copy.
    pub fn evidence(&self, source: &Listed, destination: &Listed) -> Option<Evidence> {
        let (etag, copy) = (source.etag.as_ref()?, destination.etag.as_ref()?);
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if known.evidence.is_empty() { None } else { known.evidence.get(&fingerprint(source, etag, copy)).copied() }
    }

    pub fn take_fresh(&self) -> Vec<CopyRecord> {
        self.change(|known| std::mem::take(&mut known.fresh))
    }

    pub fn put_back(&self, fresh: Vec<CopyRecord>) {
        self.change(|known| known.fresh.extend(fresh));
    }

    fn change<T>(&self, change: impl FnOnce(&mut Known) -> T) -> T {
        change(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

fn fingerprint(source: &Listed, etag: &ETag, copy: &ETag) -> u128 {
    u128::from_be_bytes(digest([source.key.as_str(), &etag.to_string(), &copy.to_string()]))
}

fn digest<const N: usize>(texts: [&str; N]) -> [u8; 16] {
    let mut hash = Sha256::new();
    for text in texts {
        hash.update((text.len() as u64).to_be_bytes());
        hash.update(text);
    }
    let hash: [u8; 32] = hash.finalize().into();
    let mut short = [0; 16];
    short.copy_from_slice(&hash[..16]);
    short
}

#[cfg(test)]
mod tests {
    use model::Time;

    use super::*;

    fn object(key: &str, etag: &str) -> Listed {
        Listed { key: key.parse().unwrap(), size: 1, etag: ETag::parse(etag), modified: Time(0), class: None }
    }

    fn copied(etag: &str, evidence: Evidence) -> Copied {
        Copied { etag: ETag::parse(etag).unwrap(), evidence }
    }

    #[test]
    fn only_recorded_pairs_are_known() {
        let records = Records::default();
        records.add(&object("a", "1"), &copied("2", Evidence::Digest));
        records.add(&object("b", ""), &copied("2", Evidence::Digest));
        records.add(&object("c", "1"), &copied("2", Evidence::Written));
        assert_eq!(records.evidence(&object("a", "1"), &object("copy/a", "2")), Some(Evidence::Digest));
        assert_eq!(records.evidence(&object("c", "1"), &object("copy/c", "2")), Some(Evidence::Written));
        for (source, destination) in [
            (object("a", "3"), object("a", "2")),
            (object("a", "1"), object("a", "3")),
            (object("b", "1"), object("b", "2")),
            (object("b", ""), object("b", "2")),
        ] {
            assert_eq!(records.evidence(&source, &destination), None);
        }
    }

    #[test]
    fn copy_with_equal_digest_is_not_recorded() {
        let (records, digest) = (Records::default(), "9e107d9d372bb6826bd81d3542a419d6");
        records.add(&object("a", digest), &copied(digest, Evidence::Written));
        assert_eq!(records.take_fresh(), []);
        records.add(&object("a", "1"), &copied("1", Evidence::Written));
        assert_eq!(records.take_fresh().len(), 1, "equal ETags that are no digests prove nothing");
    }

    #[test]
    fn records_outlive_a_run_as_bytes() {
        let records = Records::default();
        records.add(&object("a", "1"), &copied("2", Evidence::Digest));
        records.add(&object("b", "1"), &copied("3", Evidence::Written));
        let kept: Vec<_> = records.take_fresh().into_iter().map(CopyRecord::to_bytes).collect();
        assert_eq!(records.take_fresh(), []);
        let later = Records::of(kept.into_iter().map(CopyRecord::from_bytes));
        assert_eq!(later.evidence(&object("a", "1"), &object("a", "2")), Some(Evidence::Digest));
        assert_eq!(later.evidence(&object("b", "1"), &object("b", "3")), Some(Evidence::Written));
        assert_eq!(later.evidence(&object("b", "1"), &object("b", "2")), None);
    }
}
