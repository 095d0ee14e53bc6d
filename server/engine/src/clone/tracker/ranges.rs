//! The ranges of a run, each with its keys above the cursor.
//!
//! Always: ranges cover the key space without gap or overlap. However often it is split, they stay few: the place of a
//! done range is used again, and done neighbours are joined.

use std::{
    ops::{Index, IndexMut},
    sync::Arc,
};

use model::Key;
use tokio::sync::Semaphore;

use super::{Range, RangeState};
use crate::clone::window::Window;

/// Most keys of a range between its cursor and what is listed: a slow range must not delay the others.
const RANGE_WINDOW: usize = 8_192;

/// Ranges above which the places of done ones are used again.
const OPEN_RANGES: usize = 512;

/// A range and its keys above the cursor.
pub(super) struct RangeProgress {
    pub range: Range,
    pub window: Window,
    /// Permits for keys between the cursor and what is listed.
    pub room: Arc<Semaphore>,
    pub listed: bool,
    pub found: u64,
    pub settled: u64,
    pub failed: u64,
    /// Whether its place is free.
    is_vacant: bool,
}

#[derive(Default)]
pub(super) struct OpenRanges {
    open: Vec<RangeProgress>,
    /// Done ranges whose place was needed, neighbours joined: no more than gaps between the others.
    finished: Vec<RangeProgress>,
    vacant: Vec<usize>,
}

impl OpenRanges {
    pub fn of(ranges: Vec<Range>) -> Self {
        Self { open: ranges.into_iter().map(RangeProgress::new).collect(), ..Self::default() }
    }

    /// Unfinished ranges with their index; one over all keys for a fresh start.
    pub fn unfinished(&mut self) -> Vec<(usize, Range)> {
        if self.open.is_empty() {
            self.open.push(RangeProgress::new(Range {
                after: None,
                last: None,
                cursor: None,
                state: RangeState::Waiting,
            }));
        }
        let ranges = self.open.iter().enumerate().map(|(index, progress)| (index, progress.range.clone()));
        ranges.filter(|(_, range)| range.state != RangeState::Done).collect()
    }

    /// Ends a range at `at`; returns the index of the new range above.
    pub fn split(&mut self, range: usize, at: Key) -> usize {
        let last = self.open[range].range.last.replace(at.clone());
        let upper = RangeProgress::new(Range { after: Some(at), last, cursor: None, state: RangeState::Waiting });
        if self.vacant.is_empty() && self.open.len() >= OPEN_RANGES {
            self.clear_up();
        }
        if let Some(place) = self.vacant.pop() {
            self.open[place] = upper;
            return place;
        }
        self.open.push(upper);
        self.open.len() - 1
    }

    /// Makes the places of done ranges vacant.
    fn clear_up(&mut self) {
        for (place, progress) in
            self.open.iter_mut().enumerate().filter(|(_, progress)| progress.range.state == RangeState::Done)
        {
            let nothing = Range { after: None, last: None, cursor: None, state: RangeState::Done };
            self.finished
                .push(std::mem::replace(progress, RangeProgress { is_vacant: true, ..RangeProgress::new(nothing) }));
            self.vacant.push(place);
        }
        join_neighbours(&mut self.finished);
    }

    pub fn all(&self) -> impl Iterator<Item = &RangeProgress> {
        self.open.iter().filter(|progress| !progress.is_vacant).chain(&self.finished)
    }
}

impl Index<usize> for OpenRanges {
    type Output = RangeProgress;

    fn index(&self, range: usize) -> &RangeProgress {
        &self.open[range]
    }
}

impl IndexMut<usize> for OpenRanges {
    fn index_mut(&mut self, range: usize) -> &mut RangeProgress {
        &mut self.open[range]
    }
}

impl RangeProgress {
    pub fn new(range: Range) -> Self {
        let room = Arc::new(Semaphore::new(RANGE_WINDOW));
        Self {
            range,
            window: Window::default(),
            room,
            listed: false,
            found: 0,
            settled: 0,
            failed: 0,
            is_vacant: false,
        }
    }

    pub fn finish_if_due(&mut self) {
        if self.listed && self.window.is_empty() {
            self.range.state = RangeState::Done;
        }
    }
}

fn join_neighbours(ranges: &mut Vec<RangeProgress>) {
    ranges.sort_unstable_by(|left, right| left.range.after.cmp(&right.range.after));
    ranges.dedup_by(|next, progress| {
        let neighbours = progress.range.last.is_some() && progress.range.last == next.range.after;
        if neighbours {
            progress.range.last = next.range.last.take();
            progress.range.cursor = next.range.cursor.take().or(progress.range.cursor.take());
            progress.found += next.found;
            progress.settled += next.settled;
            progress.failed += next.failed;
        }
        neighbours
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn split_ranges_stay_few_and_cover_all_keys() {
        let mut ranges = OpenRanges::default();
        ranges.unfinished();
        let mut range = 0;
        for number in 0..5_000 {
            let upper = ranges.split(range, format!("{number:05}").parse().unwrap());
            (ranges[range].found, ranges[range].listed) = (1, true);
            ranges[range].finish_if_due();
            range = upper;
        }
        assert!(ranges.all().count() <= OPEN_RANGES + 1);
        assert_eq!(ranges.all().map(|progress| progress.found).sum::<u64>(), 5_000);
        let mut ranges: Vec<&Range> = ranges.all().map(|progress| &progress.range).collect();
        ranges.sort_by(|left, right| left.after.cmp(&right.after));
        assert!(ranges.windows(2).all(|pair| pair[0].last.is_some() && pair[0].last == pair[1].after));
        assert_eq!((&ranges[0].after, &ranges[ranges.len() - 1].last), (&None, &None));
    }
}
