//! The completion report: a line of JSON for each object that a clone copied or deleted, in the order of time.
//!
//! Always: an object has its line before the cursor passes its key. The caller stores the lines before the checkpoint, so
//! only a crash between a copy and the next take can lose some. The next attempt finds these objects equal, and newer at
//! the destination than the clone's begin: it reports them as found, not as copied, since it did not see the copy.
//! Untaken lines are bounded in bytes: a clone whose caller does not take them waits.

use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};

use model::{Key, Time};
use serde::{Deserialize, Serialize};

use crate::{
    clock::now,
    s3::{Copied, ETag, Evidence, Listed},
};

/// Untaken bytes above which no object is begun.
const UNTAKEN_BYTES: usize = 8 << 20;

/// Action of a clone that a line of its report records.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Completed {
    Copied,
    /// It was equal at the destination, and written there since the clone began: by an attempt that was cut off before it
    /// could report, or by somebody else.
    Found,
    Deleted,
}

/// Evidence for the content of a copy when its line was written. The proof of the clone may rest on more.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CompletionEvidence {
    /// Its bytes were digested on their way, and both ends answered with their digest.
    Digest,
    /// Both ends have the same ETag in the form of a digest.
    Etag,
    /// It was written, or found; nothing compared its content then.
    Written,
}

/// A line of the report.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Completion {
    pub at: Time,
    pub action: Completed,
    /// Key at the source; `None` if it was deleted at the destination.
    pub key: Option<String>,
    /// In bytes.
    pub size: u64,
    pub etag: Option<String>,
    pub destination_key: String,
    pub destination_etag: Option<String>,
    pub evidence: Option<CompletionEvidence>,
}

impl Completion {
    /// Names of its fields, in their order.
    pub const COLUMNS: [&'static str; 8] =
        ["at", "action", "key", "size", "etag", "destination_key", "destination_etag", "evidence"];
}

/// The report of a running clone, as far as its caller has not taken it. Off until a begin is set.
#[derive(Debug, Default)]
pub(super) struct Completions {
    since: OnceLock<Time>,
    lines: Mutex<Lines>,
}

#[derive(Debug, Default)]
struct Lines {
    text: Vec<u8>,
    /// The latest take found nothing, and nothing was put back since: all lines are stored.
    stored: bool,
}

impl Completions {
    /// Listings tell whole seconds, so the second in which the clone began counts in full.
    pub fn begin(&self, since: Time) {
        let _ = self.since.set(Time(since.0 - since.0.rem_euclid(1_000)));
    }

    pub fn copied(&self, source: &Listed, to: &Key, copied: &Copied) {
        let evidence = match copied.evidence {
            Evidence::Digest => CompletionEvidence::Digest,
            Evidence::Written => by_etag(source.etag.as_ref(), Some(&copied.etag)),
        };
        self.add(|| Completion {
            destination_key: to.to_string(),
            destination_etag: Some(copied.etag.to_string()),
            evidence: Some(evidence),
            ..of_source(Completed::Copied, source)
        });
    }

    /// Adds an object that is equal at the destination, if it was written there since the clone began.
    pub fn found(&self, source: &Listed, destination: &Listed) {
        if self.since.get().is_some_and(|since| destination.modified >= *since) {
            self.add(|| Completion {
                destination_key: destination.key.to_string(),
                destination_etag: destination.etag.as_ref().map(ETag::to_string),
                evidence: Some(by_etag(source.etag.as_ref(), destination.etag.as_ref())),
                ..of_source(Completed::Found, source)
            });
        }
    }

    pub fn deleted(&self, extra: &Listed) {
        self.add(|| Completion {
            at: now(),
            action: Completed::Deleted,
            key: None,
            size: extra.size,
            etag: None,
            destination_key: extra.key.to_string(),
            destination_etag: extra.etag.as_ref().map(ETag::to_string),
            evidence: None,
        });
    }

    fn add(&self, line: impl FnOnce() -> Completion) {
        if self.since.get().is_none() {
            return;
        }
        // Strings and numbers always serialise, and memory takes any writing.
        let Ok(line) = serde_json::to_vec(&line()) else { return };
        let mut lines = self.lines();
        lines.text.extend_from_slice(&line);
        lines.text.push(b'\n');
        lines.stored = false;
    }

    pub fn take(&self) -> Vec<u8> {
        let mut lines = self.lines();
        lines.stored = lines.text.is_empty();
        std::mem::take(&mut lines.text)
    }

    pub fn put_back(&self, mut text: Vec<u8>) {
        let mut lines = self.lines();
        lines.stored &= text.is_empty();
        text.append(&mut lines.text);
        lines.text = text;
    }

    pub fn has_room(&self) -> bool {
        self.lines().text.len() < UNTAKEN_BYTES
    }

    pub fn is_stored(&self) -> bool {
        self.lines().stored
    }

    fn lines(&self) -> MutexGuard<'_, Lines> {
        self.lines.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn of_source(action: Completed, source: &Listed) -> Completion {
    Completion {
        at: now(),
        action,
        key: Some(source.key.to_string()),
        size: source.size,
        etag: source.etag.as_ref().map(ETag::to_string),
        destination_key: String::new(),
        destination_etag: None,
        evidence: None,
    }
}

fn by_etag(source: Option<&ETag>, destination: Option<&ETag>) -> CompletionEvidence {
    let same = source.is_some() && source == destination && source.is_some_and(ETag::has_form_of_digest);
    if same { CompletionEvidence::Etag } else { CompletionEvidence::Written }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MD5: &str = "9e107d9d372bb6826bd81d3542a419d6";

    fn object(key: &str, etag: &str, modified: i64) -> Listed {
        Listed { key: key.parse().unwrap(), size: 7, etag: ETag::parse(etag), modified: Time(modified), class: None }
    }

    fn lines(completions: &Completions) -> Vec<Completion> {
        let text = completions.take();
        text.split(|byte| *byte == b'\n')
            .filter(|line| !line.is_empty())
            .map(|line| serde_json::from_slice(line).unwrap())
            .collect()
    }

    fn copied(completions: &Completions, etag: &str, evidence: Evidence) {
        let copied = Copied { etag: ETag::parse(etag).unwrap(), evidence };
        completions.copied(&object("a\nb", MD5, 0), &"to/a\nb".parse().unwrap(), &copied);
    }

    #[test]
    fn each_copy_names_its_evidence() {
        let completions = Completions::default();
        copied(&completions, MD5, Evidence::Written);
        assert_eq!(lines(&completions), [], "nobody asked for a report");
        completions.begin(Time(5));
        copied(&completions, MD5, Evidence::Written);
        copied(&completions, "1", Evidence::Written);
        copied(&completions, "1", Evidence::Digest);
        let lines = lines(&completions);
        let evidence: Vec<_> = lines.iter().map(|line| line.evidence.unwrap()).collect();
        assert_eq!(evidence, [CompletionEvidence::Etag, CompletionEvidence::Written, CompletionEvidence::Digest]);
        let first = &lines[0];
        assert_eq!((first.key.as_deref(), first.destination_key.as_str(), first.size), (Some("a\nb"), "to/a\nb", 7));
    }

    #[test]
    fn equal_object_is_found_only_if_written_since() {
        let completions = Completions::default();
        completions.begin(Time(5_500));
        completions.found(&object("a", MD5, 0), &object("a", MD5, 4_999));
        completions.found(&object("b", MD5, 0), &object("b", MD5, 5_000));
        completions.deleted(&object("c", MD5, 0));
        let lines = lines(&completions);
        let said: Vec<_> = lines.iter().map(|line| (line.action, line.destination_key.as_str())).collect();
        assert_eq!(said, [(Completed::Found, "b"), (Completed::Deleted, "c")]);
    }

    #[test]
    fn lines_are_stored_once_a_take_finds_none() {
        let completions = Completions::default();
        completions.begin(Time(0));
        completions.deleted(&object("a", MD5, 0));
        let taken = completions.take();
        assert!(!completions.is_stored(), "they may still be on their way");
        completions.put_back(taken);
        completions.deleted(&object("b", MD5, 0));
        assert_eq!(lines(&completions).len(), 2);
        assert!(!completions.is_stored());
        assert!(completions.take().is_empty() && completions.is_stored());
    }

    #[test]
    fn report_waits_above_its_bytes() {
        let completions = Completions::default();
        completions.begin(Time(0));
        let long = object(&"k".repeat(1_000), MD5, 0);
        while completions.has_room() {
            completions.deleted(&long);
        }
        assert!((UNTAKEN_BYTES..UNTAKEN_BYTES + 2_000).contains(&completions.take().len()));
        assert!(completions.has_room());
    }
}
