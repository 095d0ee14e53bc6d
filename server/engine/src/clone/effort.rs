//! How much is under way at once, and what keeps it from being more.
//!
//! Shared by the crew, which sets it, and the tracker, which tells it with the progress. A limit is what was met since
//! the tracker was last asked; of several the one that an operator can do most about.

use std::{
    sync::atomic::{AtomicBool, AtomicU32, Ordering::Relaxed},
    time::Duration,
};

use model::Limit;
use tokio::{runtime::Handle, time::Instant};

use crate::s3::Meter;

/// Of the time of all threads.
const BUSY: f64 = 0.9;

#[derive(Debug, Default)]
pub(super) struct Effort {
    allowed: AtomicU32,
    ceiling: AtomicU32,
    /// More was to be done than was allowed.
    full: AtomicBool,
}

impl Effort {
    pub fn allow(&self, allowed: usize, ceiling: usize) {
        self.allowed.store(u32::try_from(allowed).unwrap_or(u32::MAX), Relaxed);
        self.ceiling.store(u32::try_from(ceiling).unwrap_or(u32::MAX), Relaxed);
    }

    pub fn fill(&self) {
        self.full.store(true, Relaxed);
    }

    pub fn allowed(&self) -> u32 {
        self.allowed.load(Relaxed)
    }
}

/// Finds the limit from one look to the next.
#[derive(Debug, Default)]
pub(super) struct Limits {
    throttled: u64,
    paced: u64,
    busy: Option<(Instant, Duration)>,
    last: Option<Limit>,
}

impl Limits {
    pub fn look(&mut self, effort: &Effort, meter: &Meter, now: Instant) -> Option<Limit> {
        let throttled = std::mem::replace(&mut self.throttled, meter.throttled()) != meter.throttled();
        let paced = std::mem::replace(&mut self.paced, meter.paced()) != meter.paced();
        let Some(busy) = self.busy(now) else { return self.last };
        let full = effort.full.swap(false, Relaxed);
        self.last = Some(if throttled {
            Limit::Throttling
        } else if paced {
            Limit::Ceiling
        } else if busy >= BUSY {
            Limit::Cpu
        } else if !full {
            Limit::Listing
        } else if effort.allowed() >= effort.ceiling.load(Relaxed) {
            Limit::Concurrency
        } else {
            Limit::Latency
        });
        self.last
    }

    /// The share of their time that the runtime's threads were busy since the last look; `None`: too short to tell.
    fn busy(&mut self, now: Instant) -> Option<f64> {
        let threads = Handle::try_current().ok()?.metrics();
        let total = (0..threads.num_workers()).map(|worker| threads.worker_total_busy_duration(worker)).sum();
        let Some((since, before)) = self.busy else {
            self.busy = Some((now, total));
            return None;
        };
        let passed = now - since;
        if passed < Duration::from_millis(100) {
            return None;
        }
        self.busy = Some((now, total));
        let possible = passed.as_secs_f64() * f64::from(u32::try_from(threads.num_workers()).unwrap_or(1));
        Some(total.saturating_sub(before).as_secs_f64() / possible)
    }
}
