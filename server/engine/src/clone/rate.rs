//! Objects and bytes a second over the last ten seconds, and what they say about the time left.
//!
//! Time left is a range between the recent rate and that of the whole attempt, widened by a fifth: one number would
//! claim to know. It is given only with five seconds of rate behind it.

use std::{collections::VecDeque, time::Duration};

use model::Left;

const SPAN: Duration = Duration::from_secs(10);
const ENOUGH: Duration = Duration::from_secs(5);

/// What had been done at an instant, counted from the start of the attempt.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Sample {
    pub at: Duration,
    pub objects: u64,
    pub bytes: u64,
}

#[derive(Debug, Default)]
pub(crate) struct Rate {
    samples: VecDeque<Sample>,
    first: Option<Sample>,
}

fn per_second(part: u64, time: Duration) -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "a rate for people")]
    if time.is_zero() { 0.0 } else { part as f64 / time.as_secs_f64() }
}

impl Rate {
    /// Another phase counts other things.
    pub fn restart(&mut self) {
        *self = Self::default();
    }

    pub fn sample(&mut self, sample: Sample) {
        self.first.get_or_insert(sample);
        while self.samples.get(1).is_some_and(|second| sample.at.saturating_sub(second.at) >= SPAN) {
            self.samples.pop_front();
        }
        self.samples.push_back(sample);
    }

    /// Objects and bytes a second.
    pub fn recent(&self) -> (f64, f64) {
        self.samples.front().map_or((0.0, 0.0), |from| self.since(from))
    }

    /// With so many objects still to do.
    pub fn left(&self, objects: u64) -> Option<Left> {
        let (first, last) = (self.first?, self.samples.back()?);
        let (recent, _) = self.recent();
        let (whole, _) = self.since(&first);
        if objects == 0 || recent <= 0.0 || whole <= 0.0 || last.at.saturating_sub(first.at) < ENOUGH {
            return None;
        }
        #[expect(
            clippy::cast_precision_loss,
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "an estimate"
        )]
        let seconds = |rate: f64, factor: f64| (objects as f64 / rate * factor).ceil() as u64;
        Some(Left { at_least_s: seconds(recent.max(whole), 0.8), at_most_s: seconds(recent.min(whole), 1.2) })
    }

    fn since(&self, from: &Sample) -> (f64, f64) {
        let Some(last) = self.samples.back() else { return (0.0, 0.0) };
        let time = last.at.saturating_sub(from.at);
        (
            per_second(last.objects.saturating_sub(from.objects), time),
            per_second(last.bytes.saturating_sub(from.bytes), time),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn after(seconds: u64, objects: u64) -> Sample {
        Sample { at: Duration::from_secs(seconds), objects, bytes: objects * 10 }
    }

    #[test]
    fn the_rate_is_that_of_the_last_ten_seconds() {
        let mut rate = Rate::default();
        for second in 0..=20 {
            rate.sample(after(second, second * 100));
        }
        for second in 21..=30 {
            rate.sample(after(second, 2_000 + (second - 20) * 10));
        }
        let (objects, bytes) = rate.recent();
        assert!((objects - 10.0).abs() < 0.01, "{objects}");
        assert!((bytes - 100.0).abs() < 0.1, "{bytes}");
    }

    #[test]
    fn time_left_is_a_range_once_it_means_something() {
        let mut rate = Rate::default();
        rate.sample(after(0, 0));
        rate.sample(after(4, 400));
        assert_eq!(rate.left(1_000), None);
        rate.sample(after(5, 500));
        assert_eq!(rate.left(1_000), Some(Left { at_least_s: 8, at_most_s: 12 }));
        assert_eq!(rate.left(0), None);
    }

    #[test]
    fn nothing_done_says_nothing_about_the_end() {
        let mut rate = Rate::default();
        rate.sample(after(0, 0));
        rate.sample(after(9, 0));
        assert_eq!(rate.left(5), None);
    }
}
