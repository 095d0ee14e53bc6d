//! One execution of a shipper over one log object: what came of it, and what that rests on.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{BucketName, Invalid, JobId, Key, PipelineName, StoreName, Summary, Time};

/// A UUIDv7, so that runs sort by the time they were recorded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct RunId(pub Uuid);

impl fmt::Display for RunId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl FromStr for RunId {
    type Err = Invalid;

    fn from_str(text: &str) -> Result<Self, Invalid> {
        Uuid::parse_str(text).map(Self).map_err(|_| Invalid::new("id", text, "a UUID such as 0198c0de-…"))
    }
}

/// Who executed it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RunSource {
    /// A Lambda function, read from its log group.
    Lambda,
    Logyard,
}

/// What came of a run, judged from evidence only.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// Every event acknowledged.
    Delivered,
    /// Every event written and the connection closed cleanly; the sink does not acknowledge.
    Sent,
    /// Some records or events failed, or the object broke off.
    Partial,
    /// There was nothing to deliver.
    Empty,
    /// Claims success, and its figures say otherwise.
    Suspicious,
    TimedOut,
    Crashed,
    /// It ended, and left no summary.
    Unproven,
    /// It began, and nothing says how it ended.
    Unknown,
}

/// A run as everybody sees it. The API answers this very shape.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Run {
    pub id: RunId,
    pub pipeline: Option<PipelineName>,
    pub source: RunSource,
    /// Of a Lambda function's invocation.
    pub request_id: Option<String>,
    /// The job that it was part of.
    pub job: Option<JobId>,
    pub outcome: Outcome,
    /// The sentence that explains the outcome.
    pub reason: String,
    pub started_at: Time,
    pub duration_ms: u64,
    pub memory_mb: Option<u64>,
    pub store: Option<StoreName>,
    pub bucket: Option<BucketName>,
    pub key: Option<Key>,
    pub etag: Option<String>,
    /// Of the object as it is stored.
    pub size: Option<u64>,
    /// As the shipper logged it.
    pub summary: Option<Summary>,
}
