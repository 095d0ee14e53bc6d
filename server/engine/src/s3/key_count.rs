//! `KeyCount` of a listing's pages: the number of keys that a page says it holds.
//!
//! A page that holds fewer keys than it says may have lost one on the way, and a copy would then miss an object without
//! noticing. Some stores count in a way of their own, though, and nothing else depends on the number.
//!
//! Always: a page is asked for again until it holds what it says. Only a store that answers the same page in the same way
//! [`ALIKE`] times, and has never counted a page right, counts wrong: its counts are ignored from then on.

use std::{
    hash::{DefaultHasher, Hash, Hasher},
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
};

/// Equal answers in a row that show that a store counts wrong, and loses nothing.
const ALIKE: u32 = 5;

/// What is known of how a store counts.
#[derive(Debug, Default)]
pub(super) struct KeyCounts {
    counts_right: AtomicBool,
    counts_wrong: AtomicBool,
}

/// The answers to one request so far.
#[derive(Debug, Default)]
pub(super) struct SamePage(Mutex<(u64, u32)>);

impl KeyCounts {
    /// Whether the page can be taken for whole: it holds `keys`, and says that it holds `said`. `most` were asked for.
    pub fn holds_all<'a>(
        &self,
        said: Option<i32>,
        keys: impl ExactSizeIterator<Item = &'a str>,
        most: i32,
        before: &SamePage,
    ) -> bool {
        let Some(said) = said.and_then(|said| usize::try_from(said).ok()) else { return true };
        let found = keys.len();
        // Full and empty pages say nothing: some stores always answer with the most that was asked for, or with 0.
        if said == found && found > 0 && usize::try_from(most) != Ok(found) {
            self.counts_right.store(true, Relaxed);
        }
        if said <= found || self.counts_wrong.load(Relaxed) {
            return true;
        }
        let alike = before.again(said, keys);
        if alike < ALIKE || self.counts_right.load(Relaxed) {
            return false;
        }
        tracing::warn!(
            said,
            found,
            "the store counts the keys of its pages in a way of its own; its counts are ignored"
        );
        self.counts_wrong.store(true, Relaxed);
        true
    }
}

impl SamePage {
    /// Number of equal answers in a row, with this one.
    fn again<'a>(&self, said: usize, keys: impl Iterator<Item = &'a str>) -> u32 {
        let mut hasher = DefaultHasher::new();
        said.hash(&mut hasher);
        keys.for_each(|key| key.hash(&mut hasher));
        let mut last = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (hash, times) = *last;
        *last = (hasher.finish(), if hash == hasher.finish() { times + 1 } else { 1 });
        last.1
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A page of these keys that says it holds `said`.
    fn whole(counts: &KeyCounts, said: i32, keys: &[&str], before: &SamePage) -> bool {
        counts.holds_all(Some(said), keys.iter().copied(), 1_000, before)
    }

    #[test]
    fn page_with_fewer_keys_than_said_is_not_whole() {
        let counts = KeyCounts::default();
        assert!(!whole(&counts, 2, &["a"], &SamePage::default()));
        assert!(whole(&counts, 0, &["a"], &SamePage::default()), "nothing is missing");
        assert!(counts.holds_all(None, ["a"].into_iter(), 1_000, &SamePage::default()));
    }

    #[test]
    fn store_that_always_counts_wrong_is_believed() {
        let (counts, page) = (KeyCounts::default(), SamePage::default());
        for time in 1..=ALIKE {
            assert_eq!(whole(&counts, 1_000, &["a", "b"], &page), time == ALIKE);
        }
        assert!(whole(&counts, 1_000, &["c"], &SamePage::default()), "known by now");
    }

    #[test]
    fn store_that_has_counted_right_is_not_believed() {
        let (counts, page) = (KeyCounts::default(), SamePage::default());
        assert!(whole(&counts, 1, &["a"], &SamePage::default()));
        assert!((0..9).all(|_| !whole(&counts, 2, &["a"], &page)));
    }

    #[test]
    fn pages_that_differ_are_never_believed() {
        let (counts, page) = (KeyCounts::default(), SamePage::default());
        assert!((0..9).all(|time| !whole(&counts, 2, &[["a", "b"][time % 2]], &page)));
    }

    #[test]
    fn full_and_empty_pages_do_not_show_how_a_store_counts() {
        let (counts, page) = (KeyCounts::default(), SamePage::default());
        assert!(whole(&counts, 0, &[], &SamePage::default()));
        assert!(counts.holds_all(Some(1), ["a"].into_iter(), 1, &SamePage::default()));
        assert!((0..ALIKE).any(|_| whole(&counts, 1_000, &["a"], &page)));
    }
}
