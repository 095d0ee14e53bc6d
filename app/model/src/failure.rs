//! What failed for one object, in a form that can be counted, shown and retried.

use serde::{Deserialize, Serialize};

use crate::{Key, Time};

/// Why, as a closed list, so that failures can be grouped.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    /// The object was replaced between listing and reading; of a copy, more than once.
    Changed,
    /// The object was deleted between listing and reading.
    Gone,
    /// The policy does not allow it.
    Denied,
    /// In an archive class: must be restored first.
    Archived,
    /// Over what an upload takes, 10,000 parts of 5 GiB.
    TooLarge,
    /// The destination's key would be empty or over 1,024 bytes.
    KeyTooLong,
    /// The store answered an error, or success without an ETag, to every attempt.
    Store,
    /// No answer in time, to every attempt.
    Timeout,
    /// Verification: at the source, not at the destination.
    Missing,
    /// Verification: at both, with another size or ETag.
    Different,
    /// Verification: at both with the same size, and nothing else to tell by.
    Unproven,
    /// Verification: only at the destination (a fault in mode `verify` only).
    Extra,
    /// A mirror left it at the destination: in no preview, replaced meanwhile, or at the source again.
    Kept,
    /// Shipping: the object breaks off, or is not what it should be: truncated or corrupt gzip, Parquet.
    Reading,
    /// Shipping: some of its records could not be parsed; all others were sent.
    Parsing,
    /// Shipping: some of its events were not delivered.
    Sending,
}

impl Reason {
    /// The reason in words, for a list of failures.
    pub fn words(self) -> &'static str {
        match self {
            Self::Changed => "changed while being read",
            Self::Gone => "deleted before being read",
            Self::Denied => "permission denied",
            Self::Archived => "archived: restore first",
            Self::TooLarge => "too large: over 10,000 parts of 5 GiB",
            Self::KeyTooLong => "key at the destination would be empty or over 1,024 bytes",
            Self::Store => "refused by the store",
            Self::Timeout => "no answer in time",
            Self::Missing => "missing at the destination",
            Self::Different => "different at the destination",
            Self::Unproven => "not proven equal: ETags cannot be compared, and there are no checksums",
            Self::Extra => "only at the destination",
            Self::Kept => "kept at the destination: not in the preview",
            Self::Reading => "not readable to the end",
            Self::Parsing => "with records that could not be parsed",
            Self::Sending => "with events that were not delivered",
        }
    }
}

/// One object that could not be brought over, after all retries. One line of the NDJSON download.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Failure {
    /// The source's key (the destination's for what only the destination has).
    pub key: Key,
    pub reason: Reason,
    /// What the store said, in its own words.
    pub message: String,
    /// Requests spent on it, over all of the job's attempts.
    pub attempts: u32,
    pub at: Time,
}

/// Failures of one reason.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FailureGroup {
    pub reason: Reason,
    pub count: u64,
    /// One of them, to see what is meant.
    pub example: Failure,
}
