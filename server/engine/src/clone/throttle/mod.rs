//! What each part of the destination takes a second, found out from what it refuses.
//!
//! S3 limits writes per partition, which is a range of keys, and answers those beyond with `503 SlowDown`. Where the
//! partitions end it does not say. So destination keys are told apart by their first folder below the clone's prefix:
//! one that refuses is slowed down to what it takes, while the copies to all others go on.
//!
//! A rate, not a number of copies at once, is what is held: more copies at once than a partition takes are refused
//! whatever their number. It is held just where a few are still refused, as the limit cannot be seen from below.

mod folder;

use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::time::Instant;

use self::folder::{Folder, INTERVAL, Window};

/// A folder's first rate: its share of what went through, and above its limit, so that the first interval shows what
/// that is.
const FIRST_RATE: f64 = 2.0;
/// What goes through a second at least, before that is known.
const FIRST_GUESS: f64 = 100.0;
/// Folders held back at once; with more, it is the store as a whole that is slow.
const MOST: usize = 256;
/// A folder that has refused nothing for so long is free again.
const FORGIVEN: Duration = Duration::from_mins(1);

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
        folder.begin(now).map_or(Next::Empty, Next::Begin)
    }

    /// A copy to this folder was done.
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

    /// A copy to this folder was answered with "slow down". False: it is not held back for that.
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

#[cfg(test)]
mod tests;
