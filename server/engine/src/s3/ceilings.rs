//! What an operator allows a store in this process, whoever uses it.
//!
//! Always: a store and all its clones share the same ceilings, so that several jobs together stay below them. Of what
//! the store copies by itself the destination's count, and of what goes through this process those of both sides.

use std::{num::NonZeroU32, sync::Arc};

use super::{S3Client, retry::Retry};
use crate::limit::{BytesPerSecond, Limiter};

/// As configured. `None`: as many as the store takes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Ceilings {
    /// Requests of every kind, retries included.
    pub requests_per_second: Option<NonZeroU32>,
    /// Bytes of objects that are copied.
    pub bytes_per_second: Option<BytesPerSecond>,
}

impl S3Client {
    /// The same store under these ceilings. Its clones from here on share them.
    #[must_use]
    pub fn under(&self, ceilings: Ceilings) -> Self {
        let pace = ceilings.requests_per_second.map(|most| Arc::new(Limiter::new(most)));
        let bandwidth = ceilings.bytes_per_second.map(|most| Arc::new(Limiter::new(most)));
        Self { retry: Retry { pace, bandwidth, ..self.retry.clone() }, ..self.clone() }
    }
}
