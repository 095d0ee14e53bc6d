//! Counts answered requests by operation.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError},
};

use s3s::{
    S3Result,
    access::{S3Access, S3AccessContext},
};

use super::pace::Gate;

#[derive(Debug, Default)]
pub struct Counts(Mutex<BTreeMap<String, u64>>);

impl Counts {
    fn add(&self, operation: &str) {
        let mut counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match counts.get_mut(operation) {
            Some(count) => *count += 1,
            None => {
                counts.insert(operation.to_owned(), 1);
            }
        }
    }

    pub fn all(&self) -> BTreeMap<String, u64> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// Counts requests and applies the pace. Signatures do not matter here: the layer in front decides about them. A
/// refused request counts as `SlowDown` as well.
pub struct CountAll(pub Arc<Counts>, pub Gate);

#[async_trait::async_trait]
impl S3Access for CountAll {
    async fn check(&self, context: &mut S3AccessContext<'_>) -> S3Result<()> {
        let Self(counts, gate) = self;
        counts.add(context.s3_op().name());
        let passed = gate.pass(context.s3_op().name(), context.s3_path()).await;
        if passed.is_err() {
            counts.add("SlowDown");
        }
        passed
    }
}
