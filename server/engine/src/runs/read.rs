//! What was read of one invocation.

use model::{BucketName, Invocation, Key, LogLine, Outcome, Summary, Time};

/// An invocation by its request id, as it stands by the events read so far.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Read {
    pub request_id: String,
    /// Of the last attempt, as are all the others but `invocation.attempts` and `invocation.billed_ms`.
    pub stream: String,
    pub started_at: Time,
    pub ended_at: Option<Time>,
    /// As the platform says; without its word, from the first to the last event.
    pub duration_ms: u64,
    /// Used at most.
    pub memory_mb: Option<u64>,
    pub invocation: Invocation,
    pub bucket: Option<BucketName>,
    pub key: Option<Key>,
    /// The summary, JSON, letter by letter as it was logged.
    pub logged: Option<String>,
    /// The same in Logyard's shape; `None` where figures are missing without which it would claim what nobody said.
    pub summary: Option<Summary>,
    /// The lines that the outcome rests on, in order, at most 20.
    pub evidence: Vec<LogLine>,
    pub outcome: Outcome,
    pub reason: String,
    /// Nothing more is expected of it: its events need not be read again after a restart.
    pub settled: bool,
}
