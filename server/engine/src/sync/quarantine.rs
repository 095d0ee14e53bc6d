//! The quarantine: rows that the remote refuses.
//!
//! A row that fails even when sent alone is kept here with the reason, and retried with growing delays. It is a known
//! difference, so the comparison skips it. It also skips the older version of the row that the remote may still have,
//! and leaves that in place: an old row is better than none. A row that the remote refuses to delete is kept here, too.
//!
//! Always: an entry concerns one version of a row. When the row changes, it is sent like any other.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::cell::{Difference, Mark};

/// Reason why the remote refuses a row, in its own words.
pub type Refusal = String;

/// A quarantined row.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    pub mark: Mark,
    /// Older version of the row that the remote still has.
    pub stale: Option<u64>,
    pub refusal: Refusal,
    pub attempts: u32,
    /// Time of the next attempt, in Unix milliseconds.
    pub retry_at: u64,
    /// The remote refuses to delete the row, rather than to store it.
    #[serde(default)]
    pub delete: bool,
    /// The remote has this version of the row with other values, so the comparison of versions finds nothing.
    #[serde(default)]
    pub contents: bool,
    /// It is tried again in this evaluation, so the comparison must find it.
    #[serde(default)]
    pub retrying: bool,
}

/// Quarantined rows by key.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Quarantine {
    entries: BTreeMap<u64, Entry>,
}

/// Delay before the first retry, in milliseconds; it doubles with each attempt.
const FIRST_WAIT: u64 = 60_000;
/// Longest delay between two retries, in milliseconds.
const LONGEST_WAIT: u64 = 15 * 60_000;
/// Longest reason that is kept, in characters.
const REASON: usize = 500;

impl FromIterator<Entry> for Quarantine {
    fn from_iter<I: IntoIterator<Item = Entry>>(entries: I) -> Self {
        Self { entries: entries.into_iter().map(|entry| (entry.mark.key, entry)).collect() }
    }
}

impl Quarantine {
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    pub fn get(&self, key: u64) -> Option<&Entry> {
        self.entries.get(&key)
    }

    /// Entries in the order of keys.
    pub fn entries(&self) -> impl Iterator<Item = &Entry> {
        self.entries.values()
    }

    pub fn contains(&self, mark: Mark) -> bool {
        self.entries.get(&mark.key).is_some_and(|entry| entry.mark == mark && !entry.delete)
    }

    /// Adds a row, or records another refusal of it.
    pub fn refuse(&mut self, mark: Mark, refusal: Refusal, now: u64) {
        self.insert(mark, refusal, now, false);
    }

    /// The same for a row that cannot be deleted.
    pub fn refuse_delete(&mut self, mark: Mark, refusal: Refusal, now: u64) {
        self.insert(mark, refusal, now, true);
    }

    fn insert(&mut self, mark: Mark, mut refusal: Refusal, now: u64, delete: bool) {
        let (attempts, stale) = match self.entries.get(&mark.key) {
            Some(entry) if entry.mark == mark && entry.delete == delete => (entry.attempts + 1, entry.stale),
            Some(entry) => (1, entry.stale),
            None => (1, None),
        };
        let wait = (FIRST_WAIT << (attempts - 1).min(20)).min(LONGEST_WAIT);
        let retry_at = now.saturating_add(wait);
        if let Some((cut, _)) = refusal.char_indices().nth(REASON) {
            refusal.truncate(cut);
        }
        let stale = stale.filter(|_| !delete);
        let contents = !delete && self.entries.get(&mark.key).is_some_and(|entry| entry.mark == mark && entry.contents);
        let entry = Entry { mark, stale, refusal, attempts, retry_at, delete, contents, retrying: false };
        self.entries.insert(mark.key, entry);
    }

    /// Records that the remote has this version of a row that it refuses, with other values.
    pub fn differs_in_contents(&mut self, mark: Mark) {
        if let Some(entry) = self.entries.get_mut(&mark.key).filter(|entry| entry.mark == mark && !entry.delete) {
            entry.contents = true;
        }
    }

    /// Makes deletes that are due visible to the comparison again, up to `most`.
    pub fn retry_deletes(&mut self, now: u64, most: usize) {
        let due = |entry: &&mut Entry| entry.delete && entry.retry_at <= now;
        for entry in self.entries.values_mut().filter(due).take(most) {
            entry.retrying = true;
        }
    }

    /// Marks of all rows that the remote refuses to store, in the order of marks.
    pub fn uploads(&self) -> Vec<Mark> {
        let mut marks: Vec<_> = self.entries.values().filter(|entry| !entry.delete).map(|entry| entry.mark).collect();
        marks.sort_unstable();
        marks
    }

    /// Makes rows due now: the row with this key, or all of them.
    pub fn retry_now(&mut self, key: Option<u64>) {
        for entry in self.entries.values_mut().filter(|entry| key.is_none_or(|key| entry.mark.key == key)) {
            entry.retry_at = 0;
        }
    }

    /// Removes a row once the remote has it, or a newer version.
    pub fn release(&mut self, mark: Mark) {
        if self.entries.get(&mark.key).is_some_and(|entry| entry.mark.version <= mark.version) {
            self.entries.remove(&mark.key);
        }
    }

    /// Up to `most` rows that are due, those due first in front.
    pub fn due(&self, now: u64, most: usize) -> Vec<Mark> {
        let mut due: Vec<_> = self.entries.values().filter(|entry| entry.retry_at <= now && !entry.delete).collect();
        due.sort_by_key(|entry| entry.retry_at);
        due.into_iter().take(most).map(|entry| entry.mark).collect()
    }

    /// Known differences caused by quarantined rows below a version, in the order of versions.
    pub fn differences(&self, below: u64) -> Vec<Difference> {
        let mut known: Vec<_> = self
            .entries
            .values()
            .flat_map(|entry| {
                if entry.delete {
                    let known = (!entry.retrying).then_some(Difference::Stale(entry.mark));
                    return [known, None].into_iter().flatten();
                }
                if entry.contents {
                    return [None, None].into_iter().flatten();
                }
                let stale = entry.stale.map(|version| Difference::Stale(Mark { version, key: entry.mark.key }));
                let missing = (entry.mark.version < below).then_some(Difference::Missing(entry.mark));
                [stale, missing].into_iter().flatten()
            })
            .collect();
        known.sort_by_key(|difference| difference.mark());
        known
    }

    /// Updates an entry from a difference that the comparison found. True if that explains the difference.
    pub fn resolve(&mut self, difference: Difference) -> bool {
        let mark = difference.mark();
        let Some(entry) = self.entries.get_mut(&mark.key) else { return false };
        match difference {
            // The local table no longer has the row: it is deleted like any other.
            Difference::Stale(_) if entry.mark == mark && entry.contents => {
                self.entries.remove(&mark.key);
                false
            }
            // The remote lost the row, and refuses it still.
            Difference::Missing(_) if entry.mark == mark && entry.contents => {
                entry.contents = false;
                true
            }
            // The remote has the row now, or the local table no longer has it.
            Difference::Stale(_) if entry.mark == mark && !entry.delete => {
                self.entries.remove(&mark.key);
                true
            }
            // Deleted meanwhile.
            Difference::Missing(_) if entry.mark == mark && entry.delete => {
                self.entries.remove(&mark.key);
                true
            }
            Difference::Missing(_) if entry.stale == Some(mark.version) => {
                entry.stale = None;
                true
            }
            Difference::Stale(_) | Difference::Missing(_) => false,
        }
    }

    /// Records that the remote has this older version of a quarantined row. False if the row is not in quarantine.
    pub fn record_stale(&mut self, mark: Mark, local: u64) -> bool {
        let Some(entry) = self.entries.get_mut(&mark.key).filter(|entry| !entry.delete) else { return false };
        if entry.mark.version == local {
            entry.stale = Some(mark.version);
        }
        entry.mark.version == local
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ROW: Mark = Mark { version: 9, key: 1 };

    #[test]
    fn refused_row_retries_with_doubling_delay() {
        let mut quarantine = Quarantine::default();
        let mut now = 0;
        let mut waits = Vec::new();
        for _ in 0..14 {
            quarantine.refuse(ROW, "too long".to_owned(), now);
            let retry_at = quarantine.entries().next().unwrap().retry_at;
            assert_eq!(quarantine.due(retry_at - 1, 10), []);
            assert_eq!(quarantine.due(retry_at, 10), [ROW]);
            waits.push((retry_at - now) / 60_000);
            now = retry_at;
        }
        assert_eq!(waits[..3], [1, 2, 4]);
        assert_eq!(waits[13], 15);
    }

    #[test]
    fn entry_concerns_one_version_of_a_row() {
        let mut quarantine = Quarantine::default();
        quarantine.refuse(ROW, "too long".to_owned(), 0);
        assert!(quarantine.contains(ROW));
        assert!(!quarantine.contains(Mark { version: 10, ..ROW }));
        quarantine.refuse(Mark { version: 10, ..ROW }, "still too long".to_owned(), 0);
        assert_eq!(quarantine.entries().next().unwrap().attempts, 1, "a new version starts counting again");
    }

    #[test]
    fn refused_delete_is_a_known_stale_row_until_it_is_due() {
        let mut quarantine = Quarantine::default();
        quarantine.refuse_delete(ROW, "still referenced".to_owned(), 0);
        assert_eq!(quarantine.differences(5), [Difference::Stale(ROW)]);
        assert!(!quarantine.contains(ROW) && quarantine.due(u64::MAX, 10).is_empty(), "it is no upload");
        quarantine.retry_deletes(FIRST_WAIT, 10);
        assert_eq!(quarantine.differences(5), [], "the comparison must find it");
        quarantine.refuse_delete(ROW, "still referenced".to_owned(), 0);
        assert_eq!(quarantine.entries().next().unwrap().attempts, 2);
        assert!(quarantine.resolve(Difference::Missing(ROW)) && quarantine.is_empty(), "the remote has it no more");
    }

    #[test]
    fn known_differences_follow_what_the_comparison_finds() {
        let mut quarantine = Quarantine::default();
        quarantine.refuse(ROW, "too long".to_owned(), 0);
        let old = Mark { version: 3, ..ROW };
        assert!(quarantine.record_stale(old, 9));
        assert_eq!(quarantine.differences(100), [Difference::Stale(old), Difference::Missing(ROW)]);
        assert_eq!(quarantine.differences(9), [Difference::Stale(old)], "the row lies above the bound");
        assert!(quarantine.resolve(Difference::Missing(old)));
        assert_eq!(quarantine.differences(100), [Difference::Missing(ROW)]);
        assert!(quarantine.resolve(Difference::Stale(ROW)));
        assert!(quarantine.is_empty());
    }
}
