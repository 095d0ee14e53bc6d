//! A ceiling on events a second, shared by all deliveries of a sink, resent events included.
//!
//! Events are sent in pieces of at most a tenth of the ceiling, so that no second sees more than the ceiling and one
//! such piece.

use std::num::NonZeroU32;

use super::Batch;
use crate::limit::Limiter;

#[derive(Debug)]
pub(in crate::ship) struct Pace {
    /// `None`: without a ceiling.
    limiter: Option<Limiter>,
    most_at_once: usize,
}

impl Pace {
    pub fn new(events_per_second: Option<NonZeroU32>) -> Self {
        let most_at_once = events_per_second.map_or(usize::MAX, |ceiling| (ceiling.get() / 10).max(1) as usize);
        Self { limiter: events_per_second.map(Limiter::new), most_at_once }
    }

    /// The most events to send in one piece.
    pub fn most_at_once(&self) -> usize {
        self.most_at_once
    }

    /// Waits until so many events may go.
    pub async fn turn(&self, events: usize) {
        if let Some(limiter) = &self.limiter {
            limiter.acquire(events as u64).await;
        }
    }

    /// Waits until some more of a batch may be written from this byte on; answers up to which.
    pub async fn piece(&self, batch: &Batch, from: usize) -> usize {
        let first = batch.marks.partition_point(|mark| mark.end <= from);
        let last = first.saturating_add(self.most_at_once).min(batch.marks.len());
        // The rest of an event that is begun has had its turn.
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
    async fn no_second_sees_more_than_the_ceiling_and_one_piece() {
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
    async fn without_a_ceiling_nobody_waits() {
        let (pace, began) = (Pace::new(None), Instant::now());
        pace.turn(1_000_000).await;
        pace.turn(1_000_000).await;
        assert_eq!(began.elapsed(), Duration::ZERO);
    }
}
