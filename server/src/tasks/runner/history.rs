//! The points of a job's rate chart: few, evenly spread over the time worked, whatever that time is.
//!
//! Always: at most [`MOST`] points, in the order of `active_ms`. When they are full every other one is dropped and
//! points are taken half as often from then on.

use model::{Point, Progress};

const MOST: usize = 120;
const FIRST_INTERVAL_MS: u64 = 1_000;

pub struct History {
    points: Vec<Point>,
    interval_ms: u64,
}

impl History {
    /// Continues the points of an earlier attempt; the interval follows from their distance.
    pub fn resume(points: Vec<Point>) -> Self {
        let widest = points.windows(2).map(|pair| pair[1].active_ms.saturating_sub(pair[0].active_ms)).max();
        let mut interval_ms = FIRST_INTERVAL_MS;
        while interval_ms * 2 <= widest.unwrap_or(0) {
            interval_ms *= 2;
        }
        Self { points, interval_ms }
    }

    pub fn points(&self) -> &[Point] {
        &self.points
    }

    pub fn push(&mut self, progress: &Progress) {
        let point = progress.point();
        // A beat comes a little early at times; half an interval of tolerance keeps the points even.
        let due = self
            .points
            .last()
            .is_none_or(|last| point.active_ms + self.interval_ms / 2 >= last.active_ms + self.interval_ms);
        if !due {
            return;
        }
        self.points.push(point);
        if self.points.len() > MOST {
            let mut index = 0;
            self.points.retain(|_| {
                index += 1;
                index % 2 == 1
            });
            self.interval_ms *= 2;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn after(seconds: u64) -> Progress {
        Progress { active_ms: seconds * 1_000, done: seconds, ..Progress::default() }
    }

    #[test]
    fn a_day_of_work_stays_within_the_limit_and_evenly_spread() {
        let mut history = History::resume(Vec::new());
        for second in 0..86_400 {
            history.push(&after(second));
            assert!(history.points().len() <= MOST);
        }
        let gaps: Vec<u64> = history.points().windows(2).map(|pair| pair[1].active_ms - pair[0].active_ms).collect();
        assert!(history.points().len() >= MOST / 2);
        assert!(gaps.iter().max() <= gaps.iter().min().map(|least| least * 2).as_ref(), "{gaps:?}");
        assert_eq!(history.points()[0].active_ms, 0);
    }

    #[test]
    fn a_resumed_history_keeps_its_interval() {
        let mut history = History::resume(Vec::new());
        (0..1_000).for_each(|second| history.push(&after(second)));
        let before = history.points().len();
        let mut resumed = History::resume(history.points().to_vec());
        resumed.push(&after(1_001));
        assert_eq!(resumed.interval_ms, history.interval_ms);
        assert!(resumed.points().len() <= before + 1);
    }
}
