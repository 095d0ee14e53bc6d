//! Items and bytes a second over a sliding span, and how long the rest takes at that rate.
//!
//! The time left of a job is a range between the recent rate and that of the whole attempt, widened by a fifth: one
//! number would claim to know. It is given only with five seconds of samples behind it.

use std::{collections::VecDeque, time::Duration};

use model::Left;

/// Span of a job's rate.
const SPAN: Duration = Duration::from_secs(10);
/// Shortest time between the first and the last sample that says something about the time left.
const ENOUGH: Duration = Duration::from_secs(5);

/// Totals at an instant, which is counted from the start of the attempt.
#[derive(Clone, Copy, Debug, Default)]
pub struct ThroughputSample {
    pub at: Duration,
    pub items: u64,
    pub bytes: u64,
}

#[derive(Debug)]
pub struct Throughput {
    span: Duration,
    samples: VecDeque<ThroughputSample>,
    first: Option<ThroughputSample>,
}

impl Default for Throughput {
    /// Over the last ten seconds.
    fn default() -> Self {
        Self::over(SPAN)
    }
}

fn per_second(part: u64, time: Duration) -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "a rate for people")]
    if time.is_zero() { 0.0 } else { part as f64 / time.as_secs_f64() }
}

/// Whole units of `1 / factor` seconds that `items` take at `rate` items a second.
fn time_for(items: u64, rate: f64, factor: f64) -> u64 {
    #[expect(
        clippy::cast_precision_loss,
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "an estimate"
    )]
    let time = (items as f64 / rate * factor).ceil() as u64;
    time
}

impl Throughput {
    pub fn over(span: Duration) -> Self {
        Self { span, samples: VecDeque::new(), first: None }
    }

    /// Forgets all samples, as another phase counts other things.
    pub fn restart(&mut self) {
        *self = Self::over(self.span);
    }

    pub fn sample(&mut self, sample: ThroughputSample) {
        self.first.get_or_insert(sample);
        while self.samples.get(1).is_some_and(|second| sample.at.saturating_sub(second.at) >= self.span) {
            self.samples.pop_front();
        }
        self.samples.push_back(sample);
    }

    /// Forgets all samples older than the span, so that a pause which was not sampled slows nothing down.
    pub fn forget_older(&mut self, now: Duration) {
        while self.samples.front().is_some_and(|first| now.saturating_sub(first.at) > self.span) {
            self.samples.pop_front();
        }
    }

    /// Whether there is no sample yet.
    pub fn is_empty(&self) -> bool {
        self.samples.is_empty()
    }

    /// Items and bytes a second; zero before there are two samples.
    pub fn recent(&self) -> (f64, f64) {
        self.samples.front().map_or((0.0, 0.0), |from| self.since(from))
    }

    /// Time that `items` will take, as a range.
    pub fn left(&self, items: u64) -> Option<Left> {
        let (first, last) = (self.first?, self.samples.back()?);
        let (recent, _) = self.recent();
        let (whole, _) = self.since(&first);
        if items == 0 || recent <= 0.0 || whole <= 0.0 || last.at.saturating_sub(first.at) < ENOUGH {
            return None;
        }
        let seconds = |rate: f64, factor: f64| time_for(items, rate, factor);
        Some(Left { at_least_s: seconds(recent.max(whole), 0.8), at_most_s: seconds(recent.min(whole), 1.2) })
    }

    /// Milliseconds that `items` will take at the recent rate.
    pub fn left_ms(&self, items: u64) -> Option<u64> {
        let (recent, _) = self.recent();
        (items > 0 && recent > 0.0).then(|| time_for(items, recent, 1_000.0))
    }

    fn since(&self, from: &ThroughputSample) -> (f64, f64) {
        let Some(last) = self.samples.back() else { return (0.0, 0.0) };
        let time = last.at.saturating_sub(from.at);
        (
            per_second(last.items.saturating_sub(from.items), time),
            per_second(last.bytes.saturating_sub(from.bytes), time),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn after(seconds: u64, items: u64) -> ThroughputSample {
        ThroughputSample { at: Duration::from_secs(seconds), items, bytes: items * 10 }
    }

    #[test]
    fn recent_rate_covers_the_last_ten_seconds() {
        let mut throughput = Throughput::default();
        for second in 0..=20 {
            throughput.sample(after(second, second * 100));
        }
        for second in 21..=30 {
            throughput.sample(after(second, 2_000 + (second - 20) * 10));
        }
        let (items, bytes) = throughput.recent();
        assert!((items - 10.0).abs() < 0.01, "{items}");
        assert!((bytes - 100.0).abs() < 0.1, "{bytes}");
    }

    #[test]
    fn time_left_needs_five_seconds_of_samples() {
        let mut throughput = Throughput::default();
        throughput.sample(after(0, 0));
        throughput.sample(after(4, 400));
        assert_eq!(throughput.left(1_000), None);
        throughput.sample(after(5, 500));
        assert_eq!(throughput.left(1_000), Some(Left { at_least_s: 8, at_most_s: 12 }));
        assert_eq!(throughput.left(0), None);
    }

    #[test]
    fn time_left_is_unknown_without_progress() {
        let mut throughput = Throughput::default();
        throughput.sample(after(0, 0));
        throughput.sample(after(9, 0));
        assert_eq!(throughput.left(5), None);
        assert_eq!(throughput.left_ms(5), None);
    }
}
