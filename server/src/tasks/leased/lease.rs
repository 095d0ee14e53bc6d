//! What a round knows of the lease that it runs under.

use std::{sync::Arc, time::Duration};

use tokio_util::sync::CancellationToken;

use super::LeaseTable;

/// Where a process keeps its leases, and on what terms.
#[derive(Clone)]
pub struct LeaseTerms {
    pub table: Arc<dyn LeaseTable>,
    /// The name under which this process holds leases.
    pub holder: Arc<str>,
    /// How long a lease lasts without being renewed: `runner.lease_ms`.
    pub lease: Duration,
}

/// The lease of one task and key.
#[derive(Clone, Debug)]
pub struct Lease {
    pub task: &'static str,
    pub key: String,
    pub holder: Arc<str>,
    /// How long it lasts without being renewed.
    pub length: Duration,
    pub(super) shutdown: CancellationToken,
}

impl LeaseTerms {
    /// `lease_ms`: milliseconds, as configured.
    pub fn new(table: impl LeaseTable, holder: Arc<str>, lease_ms: i64) -> Self {
        Self { table: Arc::new(table), holder, lease: Duration::from_millis(lease_ms.unsigned_abs()) }
    }
}

impl Lease {
    pub fn ms(&self) -> i64 {
        i64::try_from(self.length.as_millis()).unwrap_or(i64::MAX)
    }

    /// Cancelled once the process stops: a round should then end within its task's drain limit.
    pub fn shutdown(&self) -> &CancellationToken {
        &self.shutdown
    }
}
