//! Rows sent a second, over the last minute in which any was.

use std::{collections::VecDeque, time::Duration};

use tokio::time::Instant;

const SPAN: Duration = Duration::from_mins(1);

#[derive(Debug, Default)]
pub struct Rate {
    /// When so many rows had just been sent; the first sends none, it is where counting begins.
    samples: VecDeque<(Instant, u64)>,
}

impl Rate {
    /// So many rows were sent since the last time.
    pub fn sent(&mut self, rows: u64) {
        let now = Instant::now();
        while self.samples.front().is_some_and(|(at, _)| now - *at > SPAN) {
            self.samples.pop_front();
        }
        if rows > 0 || self.samples.is_empty() {
            self.samples.push_back((now, rows));
        }
    }

    /// A second; `None` where nothing was sent of late.
    pub fn per_second(&self) -> Option<f64> {
        let ((first, _), (last, _)) = (self.samples.front()?, self.samples.back()?);
        let rows: u64 = self.samples.iter().skip(1).map(|(_, rows)| rows).sum();
        let seconds = (*last - *first).as_secs_f64();
        #[expect(clippy::cast_precision_loss, reason = "a rate for people")]
        let rate = (rows > 0 && seconds > 0.0).then(|| rows as f64 / seconds);
        rate
    }

    /// Milliseconds until so many rows are sent.
    pub fn left_ms(&self, rows: u64) -> Option<u64> {
        #[expect(
            clippy::cast_precision_loss,
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "an estimate"
        )]
        let left = |rate: f64| (rows as f64 / rate * 1_000.0).ceil() as u64;
        self.per_second().filter(|_| rows > 0).map(left)
    }
}

#[cfg(test)]
mod tests {
    use tokio::time::sleep;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_rate_is_that_of_the_last_minute_and_tells_what_is_left() {
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
