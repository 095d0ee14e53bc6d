//! The digest of a plan: SHA-256 over the request and every object that would be sent, in key order.

use model::{Digest, ReprocessSpec};
use sha2::{Digest as _, Sha256};

use crate::s3::{ETag, Listed};

pub struct PlanDigest {
    hash: Sha256,
}

impl PlanDigest {
    /// Starts with the request, without what does not change what is sent: the plan, the rate limit and the dry run.
    pub fn of(spec: &ReprocessSpec) -> Self {
        let request = ReprocessSpec { plan: None, max_events_per_second: None, dry_run: false, ..spec.clone() };
        let mut digest = Self { hash: Sha256::new() };
        digest.part(&serde_json::to_vec(&request).unwrap_or_default());
        digest
    }

    pub fn add(&mut self, object: &Listed) {
        self.part(object.key.as_str().as_bytes());
        self.part(object.etag.as_ref().map(ETag::to_string).unwrap_or_default().as_bytes());
        self.part(&object.size.to_be_bytes());
    }

    /// Hashes a part after its length, so that no two lists give the same bytes.
    fn part(&mut self, bytes: &[u8]) {
        self.hash.update((bytes.len() as u64).to_be_bytes());
        self.hash.update(bytes);
    }

    pub fn finish(self) -> Digest {
        Digest::of(self.hash.finalize().into())
    }
}
