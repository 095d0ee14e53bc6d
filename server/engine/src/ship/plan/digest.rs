//! What names a plan: a SHA-256 over the request and over every object that would be sent, in key order.

use model::{Digest, ReprocessSpec};
use sha2::{Digest as _, Sha256};

use crate::s3::{ETag, Listed};

pub struct Sketch {
    hash: Sha256,
}

impl Sketch {
    /// What does not change what is sent is left out: the plan itself, the pace, and whether it is a rehearsal.
    pub fn of(spec: &ReprocessSpec) -> Self {
        let request = ReprocessSpec { plan: None, max_events_per_second: None, dry_run: false, ..spec.clone() };
        let mut sketch = Self { hash: Sha256::new() };
        sketch.part(&serde_json::to_vec(&request).unwrap_or_default());
        sketch
    }

    pub fn add(&mut self, object: &Listed) {
        self.part(object.key.as_str().as_bytes());
        self.part(object.etag.as_ref().map(ETag::to_string).unwrap_or_default().as_bytes());
        self.part(&object.size.to_be_bytes());
    }

    /// Its length goes in first, so that no two lists give the same bytes.
    fn part(&mut self, bytes: &[u8]) {
        self.hash.update((bytes.len() as u64).to_be_bytes());
        self.hash.update(bytes);
    }

    pub fn finish(self) -> Digest {
        Digest::of(self.hash.finalize().into())
    }
}
