//! A ceiling on events a second, shared by all deliveries of a sink, resent events included.
//!
//! Whoever sends some events waits until those before them have had their time. So no second sees more than the
//! ceiling and one piece; and pieces are kept to a tenth of it. Time in which nobody sent is not saved up.

use std::{
    num::NonZeroU32,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use tokio::time::{Instant, sleep_until};

use super::Batch;

#[derive(Debug)]
pub(in crate::ship) struct Pace {
    /// Nanoseconds for each event; 0 without a ceiling.
    each: u64,
    most_at_once: usize,
    /// When those that were let through have had their time.
    free: Mutex<Option<Instant>>,
}

impl Pace {
    pub fn new(events_per_second: Option<NonZeroU32>) -> Self {
        let (each, most_at_once) = match events_per_second {
            Some(ceiling) => (1_000_000_000_u64.div_ceil(ceiling.get().into()), (ceiling.get() / 10).max(1) as usize),
            None => (0, usize::MAX),
        };
        Self { each, most_at_once, free: Mutex::new(None) }
    }

    /// The most events to send in one piece.
    pub fn most_at_once(&self) -> usize {
        self.most_at_once
    }

    /// Waits until so many events may go.
    pub async fn turn(&self, events: usize) {
        if self.each == 0 {
            return;
        }
        let turn = {
            let mut free = self.free.lock().unwrap_or_else(PoisonError::into_inner);
            let now = Instant::now();
            let turn = free.map_or(now, |free| free.max(now));
            *free = Some(turn + Duration::from_nanos(self.each.saturating_mul(events as u64)));
            turn
        };
        sleep_until(turn).await;
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
