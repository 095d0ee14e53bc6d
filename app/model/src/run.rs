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
    /// Used at most.
    pub memory_mb: Option<u64>,
    /// Of a Lambda function.
    pub invocation: Option<Invocation>,
    pub store: Option<StoreName>,
    pub bucket: Option<BucketName>,
    pub key: Option<Key>,
    pub etag: Option<String>,
    /// Of the object as it is stored.
    pub size: Option<u64>,
    /// Its figures in Logyard's own shape, whatever shape the shipper logged them in.
    pub summary: Option<Summary>,
    /// The summary as the shipper logged it, JSON, where that is of another shape: what the API answers as `summary`.
    #[serde(skip)]
    pub logged: Option<String>,
}

/// What the platform says of a Lambda function's run.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Invocation {
    pub memory_limit_mb: Option<u64>,
    /// What it is paid for.
    pub billed_ms: Option<u64>,
    /// Of a cold start: what came before.
    pub init_ms: Option<u64>,
    /// Where its lines lie. Neither is known of what was imported without them.
    pub log_group: Option<String>,
    pub log_stream: Option<String>,
    /// How often the same request was begun: Lambda tries an asynchronous one up to three times.
    pub attempts: u32,
}

/// A line that a shipper logged: evidence of what is said of its run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LogLine {
    pub at: Time,
    /// At most 1,000 characters of it.
    pub text: String,
}

/// Lines that differ in numbers, ids and quoted text only.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LogTemplate {
    /// With `…` in place of what differs.
    pub text: String,
    pub count: u64,
    pub first: LogLine,
}

/// A page of what a run logged, read from `CloudWatch` when asked for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunLog {
    pub page: crate::Page<LogLine>,
    /// Of the whole log, the most frequent first, at most 50.
    pub templates: Vec<LogTemplate>,
    /// Lines that the templates are made of; where there were more, they stand for the first of them.
    pub lines: u64,
    pub whole: bool,
}

/// A run with all that its page shows.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RunView {
    pub now: Time,
    pub run: Run,
    /// The lines that its outcome rests on, in order, at most 20.
    pub evidence: Vec<LogLine>,
    /// Of the same pipeline, five minutes around it: at most ten.
    pub beside: Vec<Run>,
    /// Alerts of its pipeline that held then.
    pub alerts: Vec<crate::Alert>,
    /// Its lines in the `CloudWatch` console.
    pub console: Option<String>,
}

/// Which runs. Every field narrows; an empty filter is all of them, the newest first.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct RunFilter {
    pub pipeline: Option<PipelineName>,
    /// Any of these; empty is all.
    pub outcomes: Vec<Outcome>,
    pub job: Option<JobId>,
    /// The whole key of the object.
    pub key: Option<Key>,
    pub request_id: Option<String>,
    /// Started in `[from, to)`.
    pub from: Option<Time>,
    pub to: Option<Time>,
}

/// Where the next page of runs begins: after this one, in the list's order. Text: `1770000000000-0198c0de-…`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RunCursor {
    pub started_at: Time,
    pub id: RunId,
}

/// Sums over the runs that started in a stretch of time: a point of a chart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunSums {
    pub window: crate::Window,
    pub runs: u64,
    /// Records encountered.
    pub lines: u64,
    pub parsed: u64,
    /// As far as the sinks can say: acknowledged, had already, or written and closed cleanly.
    pub delivered: u64,
    /// Records that could not be parsed and events that could not be sent.
    pub failures: u64,
}

/// A page of runs, and their chart.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RunList {
    pub now: Time,
    pub page: crate::Page<Run>,
    /// Neighbouring stretches, oldest first, of the filter's window, else of the last day.
    pub sums: Vec<RunSums>,
}

impl Outcome {
    pub const ALL: [Self; 9] = [
        Self::Delivered,
        Self::Sent,
        Self::Partial,
        Self::Empty,
        Self::Suspicious,
        Self::TimedOut,
        Self::Crashed,
        Self::Unproven,
        Self::Unknown,
    ];

    /// As in JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Delivered => "delivered",
            Self::Sent => "sent",
            Self::Partial => "partial",
            Self::Empty => "empty",
            Self::Suspicious => "suspicious",
            Self::TimedOut => "timed_out",
            Self::Crashed => "crashed",
            Self::Unproven => "unproven",
            Self::Unknown => "unknown",
        }
    }

    /// Whether the whole object is where it belongs, as far as its sink can say.
    pub fn whole(self) -> bool {
        matches!(self, Self::Delivered | Self::Sent | Self::Empty)
    }
}

impl FromStr for Outcome {
    type Err = Invalid;

    fn from_str(text: &str) -> Result<Self, Invalid> {
        let named = Self::ALL.into_iter().find(|outcome| outcome.as_str() == text);
        named.ok_or_else(|| Invalid::new("outcome", text, format!("one of {}", Self::ALL.map(Self::as_str).join(", "))))
    }
}

impl RunSource {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Lambda => "lambda",
            Self::Logyard => "logyard",
        }
    }
}

impl FromStr for RunSource {
    type Err = Invalid;

    fn from_str(text: &str) -> Result<Self, Invalid> {
        match text {
            "lambda" => Ok(Self::Lambda),
            "logyard" => Ok(Self::Logyard),
            _ => Err(Invalid::new("source", text, "lambda or logyard")),
        }
    }
}

impl Run {
    pub fn cursor(&self) -> RunCursor {
        RunCursor { started_at: self.started_at, id: self.id }
    }
}

impl fmt::Display for RunCursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.started_at.0, self.id)
    }
}

impl FromStr for RunCursor {
    type Err = Invalid;

    fn from_str(text: &str) -> Result<Self, Invalid> {
        let read = || {
            let (at, id) = text.split_once('-')?;
            Some(Self { started_at: Time(at.parse().ok()?), id: id.parse().ok()? })
        };
        read().ok_or_else(|| Invalid::new("after", text, "the `next` of the page before"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_outcome_has_one_name_and_it_is_the_one_in_json() {
        for outcome in Outcome::ALL {
            assert_eq!(outcome.as_str().parse(), Ok(outcome));
            assert_eq!(serde_json::to_value(outcome).unwrap(), outcome.as_str());
        }
        assert!("lost".parse::<Outcome>().is_err());
    }

    #[test]
    fn a_cursor_reads_as_it_is_written() {
        let cursor = RunCursor { started_at: Time(1_770_000_000_123), id: RunId(Uuid::from_u128(7)) };
        assert_eq!(cursor.to_string().parse(), Ok(cursor));
        assert_eq!("17".parse::<RunCursor>().unwrap_err().field, "after");
    }
}
