//! How long this process may believe in its lease on a job, by its own clock.
//!
//! The database decides who holds a lease. This is the holder's side: without a heartbeat that succeeded, it must have
//! stopped before the database lets another process take over.

use std::time::Duration;

use tokio::time::Instant;

pub struct Lease {
    length: Duration,
    until: Instant,
}

impl Lease {
    /// `asked_at` is taken before the claim was sent: the database counts from later.
    pub fn new(lease_ms: i64, asked_at: Instant) -> Self {
        let whole = Duration::from_millis(u64::try_from(lease_ms).unwrap_or(0));
        // A quarter is left for stopping, and for a clock that runs a little differently.
        let length = whole / 4 * 3;
        Self { length, until: asked_at + length }
    }

    /// A heartbeat sent at `sent_at` succeeded.
    pub fn renew(&mut self, sent_at: Instant) {
        self.until = sent_at + self.length;
    }

    /// From this time on another process may hold the job.
    pub fn until(&self) -> Instant {
        self.until
    }
}
