//! What the requests of a run have done so far.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

/// Counts of requests for progress, shared by all requests of a run.
#[derive(Debug, Default)]
pub struct Meter {
    pub(super) requests: AtomicU64,
    pub(super) retries: AtomicU64,
    pub(super) throttled: AtomicU64,
    pub(super) timed_out: AtomicU64,
    pub(super) paced: AtomicU64,
    placed: AtomicU64,
    moved: AtomicU64,
}

impl Meter {
    pub fn requests(&self) -> u64 {
        self.requests.load(Relaxed)
    }

    pub fn retries(&self) -> u64 {
        self.retries.load(Relaxed)
    }

    /// Requests that the store throttled or did not answer in time.
    pub fn refused(&self) -> u64 {
        self.throttled() + self.timed_out.load(Relaxed)
    }

    /// Requests that the store throttled.
    pub fn throttled(&self) -> u64 {
        self.throttled.load(Relaxed)
    }

    /// Records that a throttled request slows down only its folder, and is retried in its turn.
    pub(crate) fn place(&self) {
        self.placed.fetch_add(1, Relaxed);
        self.retries.fetch_add(1, Relaxed);
    }

    /// Throttled requests that slow down more than their folder, and requests not answered in time.
    pub(crate) fn unplaced(&self) -> u64 {
        self.refused().saturating_sub(self.placed.load(Relaxed))
    }

    /// Requests that had to wait at a ceiling.
    pub fn paced(&self) -> u64 {
        self.paced.load(Relaxed)
    }

    /// Bytes streamed through this process and copied in parts by the store, of finished objects or not: progress while a
    /// large object is in flight.
    pub fn moved(&self) -> u64 {
        self.moved.load(Relaxed)
    }

    /// Counts as progress a wait at a ceiling, in which nothing moves.
    pub(super) fn note_progress(&self) {
        self.move_on(1);
    }

    pub(super) fn move_on(&self, bytes: u64) {
        self.moved.fetch_add(bytes, Relaxed);
    }
}
