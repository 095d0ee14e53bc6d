//! Simulates the latency and the write limit of a remote store, for benchmarks.
//!
//! AWS answers within tens of milliseconds, and refuses writes beyond some thousands per second to one prefix with
//! `503 SlowDown`.

use std::{
    collections::HashMap,
    num::NonZeroU32,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use s3s::{S3Result, path::S3Path, s3_error};
use tokio::time::{Instant, sleep};

/// Latency and write limit; the default has neither.
#[derive(Clone, Copy, Debug, Default)]
pub struct Pace {
    /// Delay of every request.
    pub latency: Duration,
    /// Most copies, puts and deletes per second to keys with the same text before the first `/`; more are refused.
    pub writes_per_second: Option<NonZeroU32>,
}

/// Burst allowance: time by which a limit may be used in advance.
const BURST: Duration = Duration::from_millis(100);

#[derive(Debug, Default)]
pub struct Gate {
    pace: Pace,
    /// For each written prefix, the instant until which its limit is used up.
    booked: Mutex<HashMap<String, Instant>>,
}

impl Gate {
    pub fn new(pace: Pace) -> Self {
        Self { pace, booked: Mutex::default() }
    }

    pub async fn pass(&self, operation: &str, path: &S3Path) -> S3Result<()> {
        if !self.pace.latency.is_zero() {
            sleep(self.pace.latency).await;
        }
        match (self.pace.writes_per_second, path) {
            (Some(limit), S3Path::Object { bucket, key })
                if matches!(operation, "CopyObject" | "PutObject" | "DeleteObject") =>
            {
                self.book(limit, format!("{bucket}/{}", key.split('/').next().unwrap_or_default()), Instant::now())
            }
            _ => Ok(()),
        }
    }

    fn book(&self, limit: NonZeroU32, prefix: String, now: Instant) -> S3Result<()> {
        let mut booked = self.booked.lock().unwrap_or_else(PoisonError::into_inner);
        let until = booked.entry(prefix).or_insert(now);
        if *until > now + BURST {
            return Err(s3_error!(SlowDown, "Please reduce your request rate."));
        }
        *until = (*until).max(now) + Duration::from_secs(1) / limit.get();
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_prefix_takes_its_limit_and_refuses_the_rest_while_others_go_on() {
        let limit = NonZeroU32::new(100).unwrap();
        let gate = Gate::new(Pace { writes_per_second: Some(limit), ..Pace::default() });
        let mut taken = 0;
        for _ in 0..100 {
            taken += u32::from(gate.book(limit, "a".to_owned(), Instant::now()).is_ok());
        }
        assert_eq!(taken, 11, "a tenth of a second's worth, and one");
        gate.book(limit, "b".to_owned(), Instant::now()).unwrap();
        tokio::time::advance(Duration::from_secs(1)).await;
        gate.book(limit, "a".to_owned(), Instant::now()).unwrap();
    }
}
