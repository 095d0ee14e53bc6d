//! How many tasks may run at once, and what limits the throughput.
//!
//! The worker pool sets the gauge, the tracker reports it with the progress. A limit is what was met since the last report;
//! of several the one that an operator can do most about.

use std::{
    sync::atomic::{AtomicBool, AtomicU32, Ordering::Relaxed},
    time::Duration,
};

use model::Limit;
use tokio::{runtime::Handle, time::Instant};

use crate::s3::Meter;

/// Share of the time of all threads above which the CPU is the limit.
const BUSY: f64 = 0.9;

#[derive(Debug, Default)]
pub(super) struct ConcurrencyGauge {
    allowed: AtomicU32,
    ceiling: AtomicU32,
    /// Whether tasks had to wait since the last report.
    full: AtomicBool,
}

impl ConcurrencyGauge {
    pub fn set(&self, allowed: usize, ceiling: usize) {
        self.allowed.store(u32::try_from(allowed).unwrap_or(u32::MAX), Relaxed);
        self.ceiling.store(u32::try_from(ceiling).unwrap_or(u32::MAX), Relaxed);
    }

    pub fn mark_full(&self) {
        self.full.store(true, Relaxed);
    }

    pub fn allowed(&self) -> u32 {
        self.allowed.load(Relaxed)
    }
}

/// Finds the limit between two reports.
#[derive(Debug, Default)]
pub(super) struct LimitDetector {
    throttled: u64,
    paced: u64,
    busy: Option<(Instant, Duration)>,
    last: Option<Limit>,
}

impl LimitDetector {
    pub fn detect(&mut self, gauge: &ConcurrencyGauge, meter: &Meter, now: Instant) -> Option<Limit> {
        let throttled = std::mem::replace(&mut self.throttled, meter.throttled()) != meter.throttled();
        let paced = std::mem::replace(&mut self.paced, meter.paced()) != meter.paced();
        let Some(busy) = self.busy(now) else { return self.last };
        let full = gauge.full.swap(false, Relaxed);
        self.last = Some(if throttled {
            Limit::Throttling
        } else if paced {
            Limit::Ceiling
        } else if busy >= BUSY {
            Limit::Cpu
        } else if !full {
            Limit::Listing
        } else if gauge.allowed() >= gauge.ceiling.load(Relaxed) {
            Limit::Concurrency
        } else {
            Limit::Latency
        });
        self.last
    }

    /// The share of time that the runtime's threads were busy since the last call; `None` if that was too short ago.
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
