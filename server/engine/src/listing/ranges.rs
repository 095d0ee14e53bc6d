//! Which reader reads which range of keys: ranges waiting, ranges being read, and halves taken from slow readers.
//!
//! Keys here are what follows the prefix of either place.
//!
//! Always: ranges do not overlap and leave no gap. A reader claims each key before it is shown, and a split point lies
//! above what its reader has claimed: so each key is shown once, whichever reader reads it. A range is split only after
//! its reader has got through another page since the last split: a small bucket is never split, and a wrong guess costs
//! one request a page.

use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;

use super::split::{Alphabet, common, split_point};

/// Keys on a page of a listing.
const PAGE: u64 = 1_000;

/// Half-open interval of keys, `after < key <= last`. `None` is the beginning or the end.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct KeyRange {
    pub after: Option<String>,
    pub last: Option<String>,
}

/// A range, and the number by which the visitor knows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct LabelledRange {
    pub label: usize,
    pub range: KeyRange,
}

/// A range to read, as its reader knows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Assignment {
    pub label: usize,
    pub range: KeyRange,
    /// Index into [`Inner::ranges`].
    index: usize,
}

#[derive(Debug, Default, PartialEq, Eq)]
enum State {
    #[default]
    Waiting,
    Reading,
    Read,
}

/// A range and how far its reader is.
#[derive(Debug, Default)]
struct Progress {
    label: usize,
    range: KeyRange,
    /// The last key claimed, and one well before it; of an upper half, one of the range it was split from.
    at: String,
    earlier: String,
    /// Keys claimed, now and at the last split.
    claimed: u64,
    split_at: u64,
    state: State,
}

/// The ranges of all readers.
pub(super) struct SharedRanges {
    inner: Mutex<Inner>,
    changed: Notify,
}

struct Inner {
    ranges: Vec<Progress>,
    alphabet: Alphabet,
}

impl KeyRange {
    /// Whether it holds every key.
    pub fn is_everything(&self) -> bool {
        self.after.is_none() && self.last.is_none()
    }
}

impl SharedRanges {
    pub fn new(ranges: impl IntoIterator<Item = LabelledRange>) -> Self {
        let waiting = |LabelledRange { label, range }| Progress { label, range, ..Progress::default() };
        let ranges = ranges.into_iter().map(waiting).collect();
        Self { inner: Mutex::new(Inner { ranges, alphabet: Alphabet::default() }), changed: Notify::new() }
    }

    /// The next range to read: a waiting one, else the upper half of the widest being read. `label` gives the upper half
    /// its label, from that of the range it is split from and the split point; it may refuse. `None`: all is read.
    pub async fn next(&self, label: impl Fn(usize, &str) -> Option<usize>) -> Option<Assignment> {
        loop {
            let changed = self.changed.notified();
            tokio::pin!(changed);
            changed.as_mut().enable();
            {
                let mut inner = self.inner();
                if let Some(assigned) = inner.waiting().or_else(|| inner.steal(&label)) {
                    return Some(assigned);
                }
                if inner.ranges.iter().all(|range| range.state == State::Read) {
                    return None;
                }
            }
            changed.await;
        }
    }

    /// Claims a key, in order; false: another reader has it, and all above it.
    pub fn claim(&self, assigned: &Assignment, key: &str) -> bool {
        let mut inner = self.inner();
        let Inner { ranges, alphabet } = &mut *inner;
        let Some(progress) = ranges.get_mut(assigned.index) else { return false };
        if progress.range.last.as_deref().is_some_and(|last| key > last) {
            return false;
        }
        progress.at.clear();
        progress.at.push_str(key);
        if progress.earlier.is_empty() {
            key.clone_into(&mut progress.earlier);
        }
        progress.claimed += 1;
        if progress.claimed.is_multiple_of(PAGE) {
            alphabet.learn(key);
            self.changed.notify_waiters();
        }
        true
    }

    /// Records that a reader has come to the end of its range.
    pub fn finish(&self, assigned: &Assignment) {
        if let Some(progress) = self.inner().ranges.get_mut(assigned.index) {
            progress.state = State::Read;
        }
        self.changed.notify_waiters();
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Inner {
    fn waiting(&mut self) -> Option<Assignment> {
        let index = self.ranges.iter().position(|range| range.state == State::Waiting)?;
        Some(self.begin(index))
    }

    fn begin(&mut self, index: usize) -> Assignment {
        let progress = &mut self.ranges[index];
        progress.state = State::Reading;
        Assignment { label: progress.label, range: progress.range.clone(), index }
    }

    fn steal(&mut self, label: impl Fn(usize, &str) -> Option<usize>) -> Option<Assignment> {
        let due = |range: &&mut Progress| range.state == State::Reading && range.claimed >= range.split_at + PAGE;
        let mut victims: Vec<&mut Progress> = self.ranges.iter_mut().filter(due).collect();
        victims.sort_by_key(|range| range.narrowness());
        let upper = victims.into_iter().find_map(|range| range.split(&self.alphabet, &label))?;
        // In the place of one that is read, so that there are never more than readers and waiting ranges.
        let index = self.ranges.iter().position(|range| range.state == State::Read).unwrap_or(self.ranges.len());
        match self.ranges.get_mut(index) {
            Some(read) => *read = upper,
            None => self.ranges.push(upper),
        }
        Some(self.begin(index))
    }
}

impl Progress {
    /// Keeps the lower half and returns the upper.
    fn split(&mut self, alphabet: &Alphabet, label: impl Fn(usize, &str) -> Option<usize>) -> Option<Self> {
        self.split_at = self.claimed;
        let at = split_point(&self.at, self.range.last.as_deref(), &self.earlier, alphabet)?;
        let label = label(self.label, &at)?;
        let last = self.range.last.replace(at.clone());
        let range = KeyRange { after: Some(at), last };
        Some(Self { label, range, earlier: self.at.clone(), ..Self::default() })
    }

    /// Bytes that all keys to come have in common: the fewer, the more there may be.
    fn narrowness(&self) -> usize {
        self.range.last.as_deref().map_or(0, |last| common(&self.at, last))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn everything() -> SharedRanges {
        SharedRanges::new([LabelledRange { label: 0, range: KeyRange::default() }])
    }

    fn keys(count: usize) -> Vec<String> {
        (0..count).map(|number| format!("folder/{number:06}")).collect()
    }

    #[tokio::test]
    async fn less_than_a_page_is_never_split() {
        let ranges = everything();
        let assigned = ranges.next(|_, _| None).await.unwrap();
        for key in keys(999) {
            assert!(ranges.claim(&assigned, &key));
        }
        assert_eq!(ranges.inner().steal(|_, _| Some(0)), None);
        ranges.finish(&assigned);
        assert_eq!(ranges.next(|_, _| Some(0)).await, None);
    }

    /// Lets readers take turns, a page each, over the same sorted keys; returns the keys shown and the rounds taken.
    fn read_by(readers: usize, keys: &[String]) -> (Vec<String>, usize) {
        let ranges = everything();
        let (mut seen, mut rounds) = (Vec::new(), 0);
        let mut assignments: Vec<(Assignment, usize)> = Vec::new();
        loop {
            while assignments.len() < readers {
                let assigned = {
                    let mut inner = ranges.inner();
                    inner.waiting().or_else(|| inner.steal(|_, _| Some(0)))
                };
                let Some(assigned) = assigned else { break };
                let start = keys.partition_point(|key| assigned.range.after.as_ref().is_some_and(|after| key <= after));
                assignments.push((assigned, start));
            }
            if assignments.is_empty() {
                return (seen, rounds);
            }
            rounds += 1;
            assignments.retain_mut(|(assigned, next)| {
                for _ in 0..1_000 {
                    let Some(key) = keys.get(*next).filter(|key| ranges.claim(assigned, key)) else {
                        ranges.finish(assigned);
                        return false;
                    };
                    seen.push(key.clone());
                    *next += 1;
                }
                true
            });
        }
    }

    #[test]
    fn every_key_is_shown_once_and_readers_share_work() {
        let folders = |each: usize, count: usize| -> Vec<String> {
            (0..count).flat_map(|folder| (0..each).map(move |key| format!("{folder:05}/log-{key:04}"))).collect()
        };
        let root: Vec<String> =
            (0..100_000_u64).map(|n| format!("{:016x}", n.wrapping_mul(0x9E37_79B9_7F4A_7C15))).collect();
        let mut root_sorted = root;
        root_sorted.sort();
        for (name, keys) in [
            ("flat", keys(100_000)),
            ("195 folders", folders(512, 195)),
            ("a folder a key", folders(1, 100_000)),
            ("hexadecimal", root_sorted),
        ] {
            let (mut seen, rounds) = read_by(8, &keys);
            seen.sort();
            assert_eq!(seen.len(), keys.len(), "{name}");
            assert_eq!(seen, keys, "{name}");
            // A hundred pages by eight readers take thirteen rounds at best.
            assert!(rounds <= 40, "{name}: {rounds} rounds");
        }
    }
}
