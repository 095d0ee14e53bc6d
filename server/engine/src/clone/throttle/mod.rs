//! Limits the rate of copies into each folder of the destination, by what the store refuses.
//!
//! S3 limits writes per partition, which is a range of keys, and answers those above the limit with `503 SlowDown`. It
//! does not say where partitions end. So destination keys are grouped by their first folder below the clone's prefix:
//! a folder that refuses copies is slowed down to what it takes, while the copies into all others go on.
//!
//! The limit is a rate, not a number of copies at once: a partition refuses copies above its rate, however few are in
//! flight. It stays where a few copies are still refused, as a limit cannot be seen from below.

mod folder;

use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::time::Instant;

use self::folder::{Folder, INTERVAL, Window};

/// Factor for a folder's first rate: above its share of what passed, so that the first interval shows the limit.
const FIRST_RATE: f64 = 2.0;
/// Copies a second assumed to pass at least, before the rate is known.
const FIRST_GUESS: f64 = 100.0;
/// Most folders throttled at once; with more, the whole store is slow.
const MOST: usize = 256;
/// Time without refusals after which a folder is not throttled any more.
const FORGIVEN: Duration = Duration::from_mins(1);

/// The folder with whose limit a destination key counts; `rest` is what follows the clone's prefix.
pub(super) fn folder(rest: &str) -> &str {
    rest.find('/').map_or("", |end| &rest[..=end])
}

/// Throttled folders, with the copies that wait for their turns; each copy is some `Work`.
pub(super) struct Throttle<Work> {
    inner: Mutex<Inner<Work>>,
}

struct Inner<Work> {
    folders: HashMap<String, Folder<Work>>,
    in_use: bool,
    /// Copies answered into all folders, for a first guess at a folder's rate.
    all: Window,
}

/// What a worker may do now.
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

    /// Returns the work if it may begin at once; queues it until its turn otherwise.
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
        folder.begin(now).map_or(Next::Empty, Next::Begin)
    }

    /// Records a copy into this folder.
    pub fn taken(&self, folder: &str) {
        let (mut inner, now) = (self.inner(), Instant::now());
        if now - inner.all.since >= INTERVAL * 4 {
            inner.all = Window::new(now);
        }
        inner.all.taken += 1;
        if let Some(slow) = inner.folders.get_mut(folder) {
            slow.taken(now);
            if slow.is_idle(FORGIVEN, now) {
                inner.folders.remove(folder);
            }
        }
    }

    /// Records that the store throttled a copy into this folder. False: the folder is not throttled for it.
    pub fn refused(&self, folder: &str) -> bool {
        let (mut inner, now) = (self.inner(), Instant::now());
        if !inner.in_use {
            return false;
        }
        if let Some(slow) = inner.folders.get_mut(folder) {
            slow.refused(now);
            return true;
        }
        if inner.folders.len() >= MOST {
            return false;
        }
        inner.folders.insert(folder.to_owned(), Folder::refusing(f64::INFINITY, now));
        #[expect(clippy::cast_precision_loss, reason = "a few hundred")]
        let guess = inner.all.rate(now).max(FIRST_GUESS) * FIRST_RATE / inner.folders.len() as f64;
        inner.folders.values_mut().for_each(|folder| folder.guess_at_most(guess));
        true
    }

    pub fn holds(&self, folder: &str) -> bool {
        let inner = self.inner();
        inner.in_use && inner.folders.contains_key(folder)
    }

    /// Queues refused work in front of its folder's other work. Returns it if the folder is not throttled.
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

    /// Whether copies pass through here; without that, no folder is throttled.
    pub fn set_in_use(&self, in_use: bool) {
        self.inner().in_use = in_use;
    }

    fn inner(&self) -> MutexGuard<'_, Inner<Work>> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests;
