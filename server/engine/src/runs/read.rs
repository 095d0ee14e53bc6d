//! One invocation as read from the log.

use model::{BucketName, Invocation, Key, LogLine, Outcome, Summary, Time};

/// An invocation, as far as the events read so far show it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Read {
    pub request_id: String,
    /// Log stream of the last attempt. All fields are the last attempt's, except `invocation.attempts` and
    /// `invocation.billed_ms`.
    pub stream: String,
    pub started_at: Time,
    pub ended_at: Option<Time>,
    /// As the platform reports it; else the time from the first to the last event.
    pub duration_ms: u64,
    /// Most memory used.
    pub memory_mb: Option<u64>,
    pub invocation: Invocation,
    pub bucket: Option<BucketName>,
    pub key: Option<Key>,
    /// The summary as JSON, exactly as logged.
    pub logged: Option<String>,
    /// The summary in Logyard's shape; `None` if counters are missing that it needs.
    pub summary: Option<Summary>,
    /// Log lines that the outcome rests on, in order, at most 20.
    pub evidence: Vec<LogLine>,
    pub outcome: Outcome,
    pub reason: String,
    /// Whether no more events are expected: they need not be read again after a restart.
    pub settled: bool,
}
