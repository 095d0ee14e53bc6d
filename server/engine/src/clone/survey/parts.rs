//! Who reads which part of the keys: parts that nobody has begun, parts being read, and halves taken from slow readers.
//!
//! Keys here are what follows the prefix of either place. A part is half-open, `after < key <= last`.
//!
//! Always: parts do not overlap and leave no gap. A reader claims each key before it is seen, and a cut lies above
//! what its reader has claimed: so each key is seen once, whoever reads it. A part is only cut after its reader has got
//! through another page since it was cut last: a small bucket is never cut, and a wrong guess costs one request a page.

use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;

use super::split::{Alphabet, common, cut};

/// Keys of a listing's page.
const PAGE: u64 = 1_000;

/// A part to be read, as its reader knows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Share {
    /// By what the visitor knows it.
    pub label: usize,
    /// Its place among the parts.
    index: usize,
    pub after: Option<String>,
    pub last: Option<String>,
}

#[derive(Debug, Default, PartialEq, Eq)]
enum State {
    #[default]
    Waiting,
    Reading,
    Read,
}

#[derive(Debug, Default)]
struct Part {
    label: usize,
    after: Option<String>,
    last: Option<String>,
    /// The last key claimed, and one well before it; of a half, one of the part it was cut from.
    at: String,
    earlier: String,
    /// Keys claimed, and as many as there were when it was cut last.
    claimed: u64,
    cut_at: u64,
    state: State,
}

pub(super) struct Parts {
    inner: Mutex<Inner>,
    changed: Notify,
}

struct Inner {
    parts: Vec<Part>,
    alphabet: Alphabet,
}

impl Parts {
    /// Of label, `after` and `last` each.
    pub fn new(parts: impl IntoIterator<Item = (usize, Option<String>, Option<String>)>) -> Self {
        let part = |(label, after, last)| Part { label, after, last, ..Part::default() };
        let parts = parts.into_iter().map(part).collect();
        Self { inner: Mutex::new(Inner { parts, alphabet: Alphabet::default() }), changed: Notify::new() }
    }

    /// The next part to read: one that waits, else the upper half of the widest being read. `named` gives a new part
    /// its label, from that of the part it is cut from and the cut; it may refuse the cut. `None`: all is read.
    pub async fn next(&self, named: impl Fn(usize, &str) -> Option<usize>) -> Option<Share> {
        loop {
            let changed = self.changed.notified();
            tokio::pin!(changed);
            changed.as_mut().enable();
            {
                let mut inner = self.inner();
                if let Some(share) = inner.waiting().or_else(|| inner.steal(&named)) {
                    return Some(share);
                }
                if inner.parts.iter().all(|part| part.state == State::Read) {
                    return None;
                }
            }
            changed.await;
        }
    }

    /// Claims a key, in order; false: it is another reader's by now, and so is all above it.
    pub fn claim(&self, share: &Share, key: &str) -> bool {
        let mut inner = self.inner();
        let Inner { parts, alphabet } = &mut *inner;
        let Some(part) = parts.get_mut(share.index) else { return false };
        if part.last.as_deref().is_some_and(|last| key > last) {
            return false;
        }
        part.at.clear();
        part.at.push_str(key);
        if part.earlier.is_empty() {
            key.clone_into(&mut part.earlier);
        }
        part.claimed += 1;
        if part.claimed.is_multiple_of(PAGE) {
            alphabet.learn(key);
            self.changed.notify_waiters();
        }
        true
    }

    /// The reader has come to the end of its part.
    pub fn read(&self, share: &Share) {
        if let Some(part) = self.inner().parts.get_mut(share.index) {
            part.state = State::Read;
        }
        self.changed.notify_waiters();
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Inner {
    fn waiting(&mut self) -> Option<Share> {
        let index = self.parts.iter().position(|part| part.state == State::Waiting)?;
        Some(self.begin(index))
    }

    fn begin(&mut self, index: usize) -> Share {
        let part = &mut self.parts[index];
        part.state = State::Reading;
        Share { label: part.label, index, after: part.after.clone(), last: part.last.clone() }
    }

    fn steal(&mut self, named: impl Fn(usize, &str) -> Option<usize>) -> Option<Share> {
        let due = |part: &&mut Part| part.state == State::Reading && part.claimed >= part.cut_at + PAGE;
        let mut victims: Vec<&mut Part> = self.parts.iter_mut().filter(due).collect();
        victims.sort_by_key(|part| part.narrowness());
        let upper = victims.into_iter().find_map(|part| part.cut(&self.alphabet, &named))?;
        // In the place of one that is read, so that there are never more than readers and parts that wait.
        let index = self.parts.iter().position(|part| part.state == State::Read).unwrap_or(self.parts.len());
        match self.parts.get_mut(index) {
            Some(read) => *read = upper,
            None => self.parts.push(upper),
        }
        Some(self.begin(index))
    }
}

impl Part {
    /// Keeps the lower half and answers the upper.
    fn cut(&mut self, alphabet: &Alphabet, named: impl Fn(usize, &str) -> Option<usize>) -> Option<Self> {
        self.cut_at = self.claimed;
        let cut = cut(&self.at, self.last.as_deref(), &self.earlier, alphabet)?;
        let label = named(self.label, &cut)?;
        let last = self.last.replace(cut.clone());
        Some(Self { label, after: Some(cut), last, earlier: self.at.clone(), ..Self::default() })
    }

    /// Bytes that all keys to come have in common: the fewer, the more there may be.
    fn narrowness(&self) -> usize {
        self.last.as_deref().map_or(0, |last| common(&self.at, last))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn everything() -> Parts {
        Parts::new([(0, None, None)])
    }

    fn keys(count: usize) -> Vec<String> {
        (0..count).map(|number| format!("folder/{number:06}")).collect()
    }

    #[tokio::test]
    async fn less_than_a_page_is_never_cut() {
        let parts = everything();
        let share = parts.next(|_, _| None).await.unwrap();
        for key in keys(999) {
            assert!(parts.claim(&share, &key));
        }
        assert_eq!(parts.inner().steal(|_, _| Some(0)), None);
        parts.read(&share);
        assert_eq!(parts.next(|_, _| Some(0)).await, None);
    }

    /// Readers in turns, each a page at a time, over the same sorted keys.
    fn read_by(readers: usize, keys: &[String]) -> (Vec<String>, usize) {
        let parts = everything();
        let (mut seen, mut rounds) = (Vec::new(), 0);
        let mut shares: Vec<(Share, usize)> = Vec::new();
        loop {
            while shares.len() < readers {
                let share = {
                    let mut inner = parts.inner();
                    inner.waiting().or_else(|| inner.steal(|_, _| Some(0)))
                };
                let Some(share) = share else { break };
                let start = keys.partition_point(|key| share.after.as_ref().is_some_and(|after| key <= after));
                shares.push((share, start));
            }
            if shares.is_empty() {
                return (seen, rounds);
            }
            rounds += 1;
            shares.retain_mut(|(share, next)| {
                for _ in 0..1_000 {
                    let Some(key) = keys.get(*next).filter(|key| parts.claim(share, key)) else {
                        parts.read(share);
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
    fn every_key_is_seen_once_and_readers_find_work_wherever_it_is() {
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
