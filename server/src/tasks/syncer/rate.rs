//! Rows sent a second, over the last minute in which any was.

use std::time::Duration;

use engine::limit::{Throughput, ThroughputSample};
use tokio::time::Instant;

const SPAN: Duration = Duration::from_mins(1);

#[derive(Debug)]
pub struct Rate {
    began: Instant,
    /// Rows sent since the last sample.
    rows: u64,
    throughput: Throughput,
}

impl Default for Rate {
    fn default() -> Self {
        Self { began: Instant::now(), rows: 0, throughput: Throughput::over(SPAN) }
    }
}

impl Rate {
    /// Adds rows that were sent since the last call. Calls without rows are not samples: pauses would slow the rate.
    pub fn sent(&mut self, rows: u64) {
        let at = self.began.elapsed();
        self.rows += rows;
        self.throughput.forget_older(at);
        if rows > 0 || self.throughput.is_empty() {
            self.throughput.sample(ThroughputSample { at, items: self.rows, bytes: 0 });
        }
    }

    /// Rows a second; `None` if nothing was sent in the last minute.
    pub fn per_second(&self) -> Option<f64> {
        let (rows, _) = self.throughput.recent();
        (rows > 0.0).then_some(rows)
    }

    /// Milliseconds that `rows` will take at this rate.
    pub fn left_ms(&self, rows: u64) -> Option<u64> {
        self.throughput.left_ms(rows)
    }
}

#[cfg(test)]
mod tests {
    use tokio::time::sleep;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn rate_covers_the_last_minute() {
        let mut rate = Rate::default();
        rate.sent(0);
        assert_eq!((rate.per_second(), rate.left_ms(10)), (None, None));
        for _ in 0..10 {
            sleep(Duration::from_secs(1)).await;
            rate.sent(50);
        }
        assert_eq!((rate.per_second(), rate.left_ms(1_000)), (Some(50.0), Some(20_000)));
        assert_eq!(rate.left_ms(0), None);
        sleep(Duration::from_secs(90)).await;
        rate.sent(0);
        assert_eq!(rate.per_second(), None);
    }
}
