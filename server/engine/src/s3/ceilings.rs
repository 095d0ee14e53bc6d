//! Ceilings that an operator sets on the use of a store by this process.
//!
//! Always: an `S3Client` and all its clones share the same ceilings, so that several jobs together stay below them. The
//! destination's count for bytes that the store copies by itself, those of both endpoints for bytes through this process.

use std::{num::NonZeroU32, sync::Arc};

use super::{S3Client, retry::Retry};
use crate::limit::{BytesPerSecond, Limiter};

/// `None`: no ceiling.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Ceilings {
    /// Ceiling on requests of every kind, retries included.
    pub requests_per_second: Option<NonZeroU32>,
    /// Ceiling on the bytes of copied objects.
    pub bytes_per_second: Option<BytesPerSecond>,
}

impl Ceilings {
    /// These, and the other's where there is none.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        Self {
            requests_per_second: self.requests_per_second.or(other.requests_per_second),
            bytes_per_second: self.bytes_per_second.or(other.bytes_per_second),
        }
    }
}

impl S3Client {
    /// The same store under these ceilings, which its clones share.
    #[must_use]
    pub fn under(&self, ceilings: Ceilings) -> Self {
        let pace = ceilings.requests_per_second.map(|most| Arc::new(Limiter::new(most)));
        let bandwidth = ceilings.bytes_per_second.map(|most| Arc::new(Limiter::new(most)));
        Self { retry: Retry { pace, bandwidth, ..self.retry.clone() }, ..self.clone() }
    }

    /// The same store, for a job that has ceilings of its own on requests and bytes.
    #[must_use]
    pub(crate) fn also_under(&self, pace: Option<Arc<Limiter>>, bandwidth: Option<Arc<Limiter>>) -> Self {
        let retry = Retry { job_pace: pace, job_bandwidth: bandwidth, ..self.retry.clone() };
        Self { retry, ..self.clone() }
    }

    /// The same store under the ceilings of the job that `other` has.
    #[must_use]
    pub(crate) fn also_under_those_of(&self, other: &Self) -> Self {
        self.also_under(other.retry.job_pace.clone(), other.retry.job_bandwidth.clone())
    }
}
