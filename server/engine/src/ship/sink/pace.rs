//! The rate limit of a sink in events per second, shared by all its deliveries, including events sent again.
//!
//! Events are sent in pieces of at most a tenth of the limit, so that no second sees more than the limit and one such
//! piece.

use std::num::NonZeroU32;

use super::Batch;
use crate::limit::Limiter;

#[derive(Debug)]
pub(in crate::ship) struct Pace {
    /// `None` without a limit.
    limiter: Option<Limiter>,
    most_at_once: usize,
}

impl Pace {
    pub fn new(events_per_second: Option<NonZeroU32>) -> Self {
        let most_at_once = events_per_second.map_or(usize::MAX, |ceiling| (ceiling.get() / 10).max(1) as usize);
        Self { limiter: events_per_second.map(Limiter::new), most_at_once }
    }

    /// Most events to send in one piece.
    pub fn most_at_once(&self) -> usize {
        self.most_at_once
    }

    /// Waits until `events` events may be sent.
    pub async fn turn(&self, events: usize) {
        if let Some(limiter) = &self.limiter {
            limiter.acquire(events as u64).await;
        }
    }

    /// Waits until a further piece of a batch may be written from byte `from` on; returns the end of that piece.
    pub async fn piece(&self, batch: &Batch, from: usize) -> usize {
        let first = batch.marks.partition_point(|mark| mark.end <= from);
        let last = first.saturating_add(self.most_at_once).min(batch.marks.len());
        // The rest of a partially written event has already been waited for.
        if batch.start(first) == from {
            self.turn(last - first).await;
        }
        batch.start(last)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tokio::time::Instant;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn no_second_exceeds_limit_plus_one_piece() {
        let pace = Pace::new(NonZeroU32::new(1_000));
        let piece = pace.most_at_once();
        let mut turns = Vec::new();
        let began = Instant::now();
        for _ in 0..35 {
            pace.turn(piece).await;
            turns.push(Instant::now());
        }
        for (first, turn) in turns.iter().enumerate() {
            let within = turns[first..].iter().filter(|other| **other - *turn < Duration::from_secs(1)).count();
            assert!(within * piece <= 1_000 + piece);
        }
        assert!(began.elapsed() <= Duration::from_secs(4), "no turn is wasted");
    }

    #[tokio::test(start_paused = true)]
    async fn pace_without_limit_does_not_wait() {
        let (pace, began) = (Pace::new(None), Instant::now());
        pace.turn(1_000_000).await;
        pace.turn(1_000_000).await;
        assert_eq!(began.elapsed(), Duration::ZERO);
    }
}
