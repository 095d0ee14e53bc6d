//! The ranges of a run, each with its keys above the cursor.
//!
//! Always: lanes cover the key space without gap or overlap. However often it is cut, they stay few: a done lane's place
//! is used again, and done neighbours are joined.

use std::{
    ops::{Index, IndexMut},
    sync::Arc,
};

use model::Key;
use tokio::sync::Semaphore;

use super::{LANE, Range, RangeState};
use crate::clone::window::Window;

/// Lanes above which the places of done ones are used again.
const LANES: usize = 512;

/// A range and its keys above the cursor.
pub(super) struct Lane {
    pub range: Range,
    pub window: Window,
    /// For keys between the cursor and what is listed.
    pub room: Arc<Semaphore>,
    pub listed: bool,
    pub found: u64,
    pub settled: u64,
    pub failed: u64,
    /// Its place is free.
    is_vacant: bool,
}

#[derive(Default)]
pub(super) struct Lanes {
    open: Vec<Lane>,
    /// Done ones whose place was needed, neighbours joined: no more of them than gaps between the others.
    finished: Vec<Lane>,
    vacant: Vec<usize>,
}

impl Lanes {
    pub fn of(ranges: Vec<Range>) -> Self {
        Self { open: ranges.into_iter().map(Lane::new).collect(), ..Self::default() }
    }

    /// Those still to do, with their index; one over everything for a fresh start.
    pub fn unfinished(&mut self) -> Vec<(usize, Range)> {
        if self.open.is_empty() {
            self.open.push(Lane::new(Range { after: None, last: None, cursor: None, state: RangeState::Waiting }));
        }
        let lanes = self.open.iter().enumerate().map(|(index, lane)| (index, lane.range.clone()));
        lanes.filter(|(_, range)| range.state != RangeState::Done).collect()
    }

    /// A range ends at `at`; answers the index of the one that holds what lay above.
    pub fn cut(&mut self, range: usize, at: Key) -> usize {
        let last = self.open[range].range.last.replace(at.clone());
        let upper = Lane::new(Range { after: Some(at), last, cursor: None, state: RangeState::Waiting });
        if self.vacant.is_empty() && self.open.len() >= LANES {
            self.clear_up();
        }
        if let Some(place) = self.vacant.pop() {
            self.open[place] = upper;
            return place;
        }
        self.open.push(upper);
        self.open.len() - 1
    }

    /// Makes the places of done lanes vacant.
    fn clear_up(&mut self) {
        for (place, lane) in self.open.iter_mut().enumerate().filter(|(_, lane)| lane.range.state == RangeState::Done) {
            let nothing = Range { after: None, last: None, cursor: None, state: RangeState::Done };
            self.finished.push(std::mem::replace(lane, Lane { is_vacant: true, ..Lane::new(nothing) }));
            self.vacant.push(place);
        }
        join_neighbours(&mut self.finished);
    }

    pub fn all(&self) -> impl Iterator<Item = &Lane> {
        self.open.iter().filter(|lane| !lane.is_vacant).chain(&self.finished)
    }
}

impl Index<usize> for Lanes {
    type Output = Lane;

    fn index(&self, range: usize) -> &Lane {
        &self.open[range]
    }
}

impl IndexMut<usize> for Lanes {
    fn index_mut(&mut self, range: usize) -> &mut Lane {
        &mut self.open[range]
    }
}

impl Lane {
    pub fn new(range: Range) -> Self {
        let room = Arc::new(Semaphore::new(LANE));
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

fn join_neighbours(lanes: &mut Vec<Lane>) {
    lanes.sort_unstable_by(|left, right| left.range.after.cmp(&right.range.after));
    lanes.dedup_by(|next, lane| {
        let neighbours = lane.range.last.is_some() && lane.range.last == next.range.after;
        if neighbours {
            lane.range.last = next.range.last.take();
            lane.range.cursor = next.range.cursor.take().or(lane.range.cursor.take());
            lane.found += next.found;
            lane.settled += next.settled;
            lane.failed += next.failed;
        }
        neighbours
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn however_often_a_bucket_is_cut_its_lanes_stay_few_and_cover_it_whole() {
        let mut lanes = Lanes::default();
        lanes.unfinished();
        let mut range = 0;
        for number in 0..5_000 {
            let upper = lanes.cut(range, format!("{number:05}").parse().unwrap());
            (lanes[range].found, lanes[range].listed) = (1, true);
            lanes[range].finish_if_due();
            range = upper;
        }
        assert!(lanes.all().count() <= LANES + 1);
        assert_eq!(lanes.all().map(|lane| lane.found).sum::<u64>(), 5_000);
        let mut ranges: Vec<&Range> = lanes.all().map(|lane| &lane.range).collect();
        ranges.sort_by(|left, right| left.after.cmp(&right.after));
        assert!(ranges.windows(2).all(|pair| pair[0].last.is_some() && pair[0].last == pair[1].after));
        assert_eq!((&ranges[0].after, &ranges[ranges.len() - 1].last), (&None, &None));
    }
}
