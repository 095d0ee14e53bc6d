//! What each part of the destination takes a second, found out from what it refuses.
//!
//! S3 limits writes per partition, which is a range of keys, and answers those beyond with `503 SlowDown`. Where the
//! partitions end it does not say. So destination keys are told apart by their first folder below the clone's prefix:
//! one that refuses is slowed down to what it takes, while the copies to all others go on.
//!
//! A rate, not a number of copies at once, is what is held: more copies at once than a partition takes are refused
//! whatever their number. It is held just where a few are still refused, as the limit cannot be seen from below.

use std::{
    collections::{HashMap, VecDeque},
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::time::Instant;

/// What is judged at a time.
const INTERVAL: Duration = Duration::from_millis(250);
/// One refusal of so many is a sign of being at the limit, and no more than that.
const TOLERATED: u64 = 50;
/// Steps up, doubled as long as nothing is refused.
const FIRST_STEP: f64 = 0.01;
const WIDEST_STEP: f64 = 0.08;
/// Steps down: what was taken while copies were sent again is less than what could have been.
const STEP_DOWN: f64 = 0.9;
/// A folder's first rate, of what went through: above its limit, so that the first interval shows what that is.
const FIRST_RATE: f64 = 2.0;
/// Folders held back at once; with more, it is the store as a whole that is slow.
const MOST: usize = 256;
/// A folder that has refused nothing for so long is free again.
const FORGIVEN: Duration = Duration::from_mins(1);
const LEAST: f64 = 1.0;

/// The folder of a destination key that shares its limit, `rest` being what follows the clone's prefix.
pub(super) fn folder(rest: &str) -> &str {
    rest.find('/').map_or("", |end| &rest[..=end])
}

/// Copies that wait for their folder's turn are held here, each of them some `Work`.
pub(super) struct Throttle<Work> {
    inner: Mutex<Inner<Work>>,
}

struct Inner<Work> {
    folders: HashMap<String, Folder<Work>>,
    in_use: bool,
    /// Copies answered, for a first guess at what a folder took.
    all: Window,
}

struct Folder<Work> {
    rate: f64,
    step: f64,
    turn: Instant,
    waiting: VecDeque<Work>,
    window: Window,
    refused_at: Instant,
    /// What it takes has been seen at least once.
    seen: bool,
}

struct Window {
    since: Instant,
    taken: u64,
    refused: u64,
}

impl Window {
    fn new(since: Instant) -> Self {
        Self { since, taken: 0, refused: 0 }
    }

    #[expect(clippy::cast_precision_loss, reason = "a rate")]
    fn rate(&self, now: Instant) -> f64 {
        self.taken as f64 / (now - self.since).as_secs_f64().max(0.01)
    }
}

/// What may be done now.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Next<Work> {
    Begin(Work),
    /// Nothing before then.
    Wait(Instant),
    Empty,
}

impl<Work> Throttle<Work> {
    pub fn new() -> Self {
        Self { inner: Mutex::new(Inner { folders: HashMap::new(), in_use: false, all: Window::new(Instant::now()) }) }
    }

    /// Answers the work if it may begin at once, and keeps it until its turn otherwise.
    pub fn admit(&self, folder: &str, work: Work) -> Option<Work> {
        match self.inner().folders.get_mut(folder) {
            Some(slow) => slow.waiting.push_back(work),
            None => return Some(work),
        }
        None
    }

    /// The work whose turn it is.
    pub fn next(&self) -> Next<Work> {
        let (mut inner, now) = (self.inner(), Instant::now());
        let waiting = inner.folders.values_mut().filter(|folder| !folder.waiting.is_empty());
        let Some(folder) = waiting.min_by_key(|folder| folder.turn) else { return Next::Empty };
        if folder.turn > now {
            return Next::Wait(folder.turn);
        }
        // Turns missed because nobody came are lost, but for one interval's delay of the caller.
        let earliest = now.checked_sub(Duration::from_millis(20)).unwrap_or(now);
        folder.turn = folder.turn.max(earliest) + Duration::from_secs_f64(1.0 / folder.rate);
        folder.waiting.pop_front().map_or(Next::Empty, Next::Begin)
    }

    /// A copy to this folder was done.
    pub fn taken(&self, folder: &str) {
        let (mut inner, now) = (self.inner(), Instant::now());
        if now - inner.all.since >= INTERVAL * 4 {
            inner.all = Window::new(now);
        }
        inner.all.taken += 1;
        if let Some(slow) = inner.folders.get_mut(folder) {
            slow.window.taken += 1;
            slow.judge(now);
            if slow.waiting.is_empty() && now - slow.refused_at >= FORGIVEN {
                inner.folders.remove(folder);
            }
        }
    }

    /// A copy to this folder was answered with "slow down". False: it is not held back for that.
    pub fn refused(&self, folder: &str) -> bool {
        let (mut inner, now) = (self.inner(), Instant::now());
        let guess = (inner.all.rate(now) * FIRST_RATE).max(LEAST);
        if !inner.in_use {
            return false;
        }
        if let Some(slow) = inner.folders.get_mut(folder) {
            slow.window.refused += 1;
            slow.refused_at = now;
            slow.judge(now);
        } else if inner.folders.len() >= MOST {
            return false;
        } else {
            inner.folders.insert(
                folder.to_owned(),
                Folder {
                    rate: guess,
                    step: FIRST_STEP,
                    turn: now,
                    waiting: VecDeque::new(),
                    window: Window::new(now),
                    refused_at: now,
                    seen: false,
                },
            );
        }
        true
    }

    pub fn holds(&self, folder: &str) -> bool {
        let inner = self.inner();
        inner.in_use && inner.folders.contains_key(folder)
    }

    /// Work that was refused comes first when its folder's turn has come. Answers it if the folder is not held.
    pub fn hold(&self, folder: &str, work: Work) -> Option<Work> {
        match self.inner().folders.get_mut(folder) {
            Some(slow) => slow.waiting.push_front(work),
            None => return Some(work),
        }
        None
    }

    pub fn is_empty(&self) -> bool {
        self.inner().folders.values().all(|folder| folder.waiting.is_empty())
    }

    /// Whether copies come through here: else nothing is held back.
    pub fn set_in_use(&self, in_use: bool) {
        self.inner().in_use = in_use;
    }

    fn inner(&self) -> MutexGuard<'_, Inner<Work>> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<Work> Folder<Work> {
    fn judge(&mut self, now: Instant) {
        if now - self.window.since < INTERVAL {
            return;
        }
        let window = std::mem::replace(&mut self.window, Window::new(now));
        if window.refused * TOLERATED > window.taken {
            let least = if self.seen { self.rate * STEP_DOWN } else { LEAST };
            self.rate = window.rate(now).clamp(least.min(self.rate), self.rate).max(LEAST);
            (self.step, self.seen) = (FIRST_STEP, true);
        } else if window.refused == 0 && !self.waiting.is_empty() {
            self.rate *= 1.0 + self.step;
            self.step = (self.step * 2.0).min(WIDEST_STEP);
        }
    }
}

#[cfg(test)]
mod tests {
    use tokio::time::{advance, sleep_until};

    use super::*;

    /// A partition that takes so many a second, a tenth of a second's worth at once.
    struct Partition {
        a_second: f64,
        booked: Instant,
    }

    impl Partition {
        fn takes(&mut self, now: Instant) -> bool {
            let fits = self.booked <= now + Duration::from_millis(100);
            if fits {
                self.booked = self.booked.max(now) + Duration::from_secs_f64(1.0 / self.a_second);
            }
            fits
        }
    }

    /// Copies to a slow folder for so many seconds; answers how many were taken and how many refused.
    async fn run(throttle: &Throttle<u32>, partition: &mut Partition, seconds: u64) -> (u64, u64) {
        let end = Instant::now() + Duration::from_secs(seconds);
        let (mut taken, mut refused) = (0, 0);
        while Instant::now() < end {
            let begin = match throttle.admit("slow/", 0) {
                Some(_) => true,
                None => match throttle.next() {
                    Next::Begin(_) => true,
                    Next::Wait(until) => {
                        sleep_until(until).await;
                        false
                    }
                    Next::Empty => false,
                },
            };
            if !begin {
                continue;
            }
            if partition.takes(Instant::now()) {
                throttle.taken("slow/");
                taken += 1;
            } else {
                throttle.refused("slow/");
                refused += 1;
            }
            advance(Duration::from_micros(100)).await;
        }
        (taken, refused)
    }

    #[tokio::test(start_paused = true)]
    async fn a_partition_is_given_what_it_takes_and_little_more() {
        let throttle = Throttle::new();
        throttle.set_in_use(true);
        let mut partition = Partition { a_second: 3_500.0, booked: Instant::now() };
        run(&throttle, &mut partition, 3).await;
        let (taken, refused) = run(&throttle, &mut partition, 10).await;
        assert!(taken >= 33_250, "{taken} of 35,000");
        assert!(refused * 20 <= taken, "{refused} refused of {taken}");
    }

    #[tokio::test(start_paused = true)]
    async fn one_that_comes_to_take_more_is_given_more() {
        let throttle = Throttle::new();
        throttle.set_in_use(true);
        let mut partition = Partition { a_second: 500.0, booked: Instant::now() };
        run(&throttle, &mut partition, 5).await;
        partition.a_second = 3_500.0;
        run(&throttle, &mut partition, 10).await;
        let (taken, _) = run(&throttle, &mut partition, 5).await;
        assert!(taken >= 16_000, "{taken} of 17,500");
    }

    #[tokio::test(start_paused = true)]
    async fn a_slow_folder_holds_up_no_other() {
        let throttle = Throttle::new();
        throttle.set_in_use(true);
        throttle.refused("slow/");
        assert_eq!(throttle.admit("slow/", 1), None);
        assert_eq!(throttle.admit("slow/", 2), None);
        assert_eq!(throttle.next(), Next::Begin(1));
        assert!(matches!(throttle.next(), Next::Wait(_)));
        assert_eq!(throttle.admit("quick/", 3), Some(3));
    }

    #[test]
    fn keys_share_the_limit_of_their_first_folder() {
        assert_eq!((folder("a/b/c"), folder("a"), folder("/a"), folder("")), ("a/", "", "/", ""));
    }
}
