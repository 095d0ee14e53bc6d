//! Failures of single objects, which can be counted, shown and retried.

use serde::{Deserialize, Serialize};

use crate::{Key, Time};

/// Reason of a failure: a closed list, so that failures can be grouped.
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
    /// A quota, a cap or the capacity of the destination is used up.
    Full,
    /// The object at the destination is locked: retention, or a legal hold.
    Locked,
    /// The key is not UTF-8, or not of 1 to 1,024 bytes.
    NotAKey,
    /// Larger than an upload allows: 10,000 parts of 5 GiB.
    TooLarge,
    /// The destination's key would be empty or over 1,024 bytes.
    KeyTooLong,
    /// Every attempt got an error from the store, or success without an ETag.
    Store,
    /// Every attempt timed out.
    Timeout,
    /// Verification: at the source, not at the destination.
    Missing,
    /// Verification: at both, with a different size or ETag.
    Different,
    /// Verification: at both with the same size, but nothing else can be compared.
    Unproven,
    /// Verification: only at the destination (a fault in mode `verify` only).
    Extra,
    /// A mirror left it at the destination: not in the preview, replaced meanwhile, or at the source again.
    Kept,
    /// Shipping: the object is truncated or corrupt (gzip, Parquet).
    Reading,
    /// Shipping: some of its records could not be parsed; all others were sent.
    Parsing,
    /// Shipping: some of its events were not delivered.
    Sending,
}

impl Reason {
    /// Text after a count: "2 objects: …".
    pub fn words(self) -> &'static str {
        match self {
            Self::Changed => "changed while being read",
            Self::Gone => "deleted before being read",
            Self::Denied => "permission denied",
            Self::Archived => "archived: restore first",
            Self::Full => "no room: a quota, a cap or the capacity is used up",
            Self::Locked => "locked at the destination",
            Self::NotAKey => "with a key that is not UTF-8 of 1 to 1,024 bytes",
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

/// One object that failed after all retries; one line of the NDJSON download.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Failure {
    /// Key at the source, or at the destination for an object that only the destination has.
    pub key: Key,
    pub reason: Reason,
    /// Error message of the store, unchanged.
    pub message: String,
    /// Number of requests for the object over all attempts of the job.
    pub attempts: u32,
    pub at: Time,
}

/// Failures of one reason.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FailureGroup {
    pub reason: Reason,
    pub count: u64,
    /// An example.
    pub example: Failure,
}
