//! What a clone is asked to do, and what a preview of it answers.

use serde::{Deserialize, Serialize};

use crate::{Location, Place, Time};

/// What a clone does with what it finds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    /// Copies what is missing or different at the destination, then compares both listings.
    #[default]
    Copy,
    /// Compares both listings and writes nothing.
    Verify,
}

/// The body of `POST /api/v1/clones` and of its preview.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CloneRequest {
    pub source: Place,
    pub destination: Place,
    #[serde(default)]
    pub mode: Mode,
    #[serde(default)]
    pub dry_run: bool,
}

/// A clone as it is stored with its job: the request with every default filled in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CloneSpec {
    pub source: Location,
    pub destination: Location,
    #[serde(default)]
    pub mode: Mode,
    /// List and compare as a copy would, write nothing, count what would be done.
    #[serde(default)]
    pub dry_run: bool,
}

/// What a clone would do, judged from both listings; nothing has been written.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClonePreview {
    pub spec: CloneSpec,
    pub at: Time,
    /// False when the listings were longer than a preview reads: the counts are then "at least".
    pub complete: bool,
    pub objects: u64,
    pub bytes: u64,
    pub to_copy: u64,
    pub to_copy_bytes: u64,
    /// Equal at the destination already.
    pub to_skip: u64,
    /// Only at the destination; a copy leaves them.
    pub extra: u64,
    /// Cannot be copied: too large for any upload, or no key could hold it at the destination.
    pub refused: u64,
    pub requests: RequestCounts,
    /// Up to ten keys that would be copied.
    pub examples: Vec<String>,
}

/// Requests that running it would take, verification included.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RequestCounts {
    pub list: u64,
    pub copy: u64,
}
