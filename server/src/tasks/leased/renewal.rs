//! Keeps a lease for as long as it is needed, and says when it is lost.
//!
//! Always: without a renewal that succeeded, the holder stops before the database lets another process take over.

use std::time::Duration;

use tokio::time::{Instant, sleep_until, timeout_at};

use super::{Lease, LeaseTable, report::Log};

/// Renewals of one lease.
pub struct Renewal {
    every: Duration,
    /// How long to believe in the lease after a renewal was sent.
    believed: Duration,
    next: Instant,
    until: Instant,
}

impl Renewal {
    /// `asked_at`: taken before the lease was asked for, as the database counts from later.
    pub fn new(lease: &Lease, asked_at: Instant) -> Self {
        // A quarter is left for stopping, and for a clock that runs a little differently.
        let (every, believed) = (lease.length / 3, lease.length / 4 * 3);
        Self { every, believed, next: asked_at + every, until: asked_at + believed }
    }

    /// Renews the lease whenever it is time. Returns once the lease is lost; may be dropped and called again.
    pub async fn lost(&mut self, table: &dyn LeaseTable, lease: &Lease, log: &Log) {
        loop {
            sleep_until(self.next.min(self.until)).await;
            let sent_at = Instant::now();
            if sent_at >= self.until {
                return;
            }
            match timeout_at(self.until, table.renew(lease)).await {
                Ok(Ok(true)) => {
                    self.until = sent_at + self.believed;
                    log.lease_answered();
                }
                Ok(Ok(false)) | Err(_) => return,
                Ok(Err(error)) => log.lease_failed(&error),
            }
            self.next = sent_at + self.every;
        }
    }
}
