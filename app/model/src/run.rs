//! A run: one execution of a shipper over one log object, with its outcome and evidence.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{BucketName, Invalid, JobId, Key, PipelineName, StoreName, Summary, Time};

/// Id of a run: a UUIDv7, so that ids sort by recording time.
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

/// What executed the run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RunSource {
    /// A Lambda function, read from its log group.
    Lambda,
    Logyard,
}

/// Outcome of a run, derived from evidence only.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// Every event acknowledged.
    Delivered,
    /// Every event written and the connection closed in order; the sink does not acknowledge.
    Sent,
    /// Some records or events failed, or the object was truncated.
    Partial,
    /// There was nothing to deliver.
    Empty,
    /// The run reports success, but its figures contradict it.
    Suspicious,
    TimedOut,
    Crashed,
    /// The run ended without a summary.
    Unproven,
    /// The run began; there is no evidence of its end.
    Unknown,
}

/// A run; the API returns this shape.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Run {
    pub id: RunId,
    pub pipeline: Option<PipelineName>,
    pub source: RunSource,
    /// Request id of the Lambda invocation.
    pub request_id: Option<String>,
    /// Job of the run, if any.
    pub job: Option<JobId>,
    pub outcome: Outcome,
    /// Sentence that explains the outcome.
    pub reason: String,
    pub started_at: Time,
    pub duration_ms: u64,
    /// Peak memory use.
    pub memory_mb: Option<u64>,
    /// Invocation of the Lambda function.
    pub invocation: Option<Invocation>,
    pub store: Option<StoreName>,
    pub bucket: Option<BucketName>,
    pub key: Option<Key>,
    pub etag: Option<String>,
    /// Stored size of the object in bytes.
    pub size: Option<u64>,
    /// Figures in Logyard's form, converted from the form that the shipper logged.
    pub summary: Option<Summary>,
    /// The logged summary as JSON, if the shipper uses another form; the API returns it as `summary`.
    #[serde(skip)]
    pub logged: Option<String>,
    /// Set if a person accepted what the run lacks.
    #[serde(default)]
    pub accepted: Option<Acceptance>,
}

/// A person's note that what a run lacks is not needed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Acceptance {
    pub at: Time,
    pub by: String,
    pub note: String,
}

/// The body of `POST /api/v1/runs/accept`: exactly one of `run`, `job` and `pipeline`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct AcceptRequest {
    pub run: Option<RunId>,
    pub job: Option<JobId>,
    pub pipeline: Option<PipelineName>,
    /// Why what is missing is not needed: 1 to 500 characters.
    pub note: String,
}

/// Runs to accept: those of them that are incomplete and of which another attempt would bring nothing more.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AcceptedRuns {
    Run(RunId),
    Job(JobId),
    Pipeline(PipelineName),
}

/// Platform report of a Lambda invocation.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Invocation {
    pub memory_limit_mb: Option<u64>,
    /// Billed milliseconds.
    pub billed_ms: Option<u64>,
    /// Initialisation time of a cold start, in milliseconds.
    pub init_ms: Option<u64>,
    /// Log group and stream of its lines; unknown for imported runs without them.
    pub log_group: Option<String>,
    pub log_stream: Option<String>,
    /// Number of attempts of the same request; Lambda runs an asynchronous one up to three times.
    pub attempts: u32,
}

/// A logged line, as evidence of a run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LogLine {
    pub at: Time,
    /// Text of the line, at most 1,000 characters.
    pub text: String,
}

/// Template of lines that differ only in numbers, ids and quoted text.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LogTemplate {
    /// Text with `…` for the varying parts.
    pub text: String,
    pub count: u64,
    pub first: LogLine,
}

/// A page of the log of a run, read from `CloudWatch` on request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunLog {
    pub page: crate::Page<LogLine>,
    /// Templates of the whole log, the most frequent first, at most 50.
    pub templates: Vec<LogTemplate>,
    /// Number of lines in the templates; a longer log is covered from its beginning.
    pub lines: u64,
    pub whole: bool,
}

/// Content of the page of a run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RunView {
    pub now: Time,
    pub run: Run,
    /// Lines that are evidence of the outcome, in order, at most 20.
    pub evidence: Vec<LogLine>,
    /// Runs of the same pipeline within five minutes, at most ten.
    pub beside: Vec<Run>,
    /// Alerts of its pipeline that were active at that time.
    pub alerts: Vec<crate::Alert>,
    /// URL of its lines in the `CloudWatch` console.
    pub console: Option<String>,
}

/// Filter of runs. Each field narrows; an empty filter lists all, newest first.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct RunFilter {
    pub pipeline: Option<PipelineName>,
    /// Outcomes to include; empty for all.
    pub outcomes: Vec<Outcome>,
    pub job: Option<JobId>,
    /// Complete key of the object.
    pub key: Option<Key>,
    pub request_id: Option<String>,
    /// Started in `[from, to)`.
    pub from: Option<Time>,
    pub to: Option<Time>,
}

/// Cursor of the next page of runs: the last run of this page. Text: `1770000000000-0198c0de-…`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RunCursor {
    pub started_at: Time,
    pub id: RunId,
}

/// Sums of the runs that started in an interval: a point of a chart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunSums {
    pub window: crate::Window,
    pub runs: u64,
    /// Records encountered.
    pub lines: u64,
    pub parsed: u64,
    /// Events acknowledged, known already as duplicates, or, without acknowledgements, written and closed in order.
    pub delivered: u64,
    /// Records that could not be parsed and events that could not be sent.
    pub failures: u64,
}

/// A page of runs with their chart.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RunList {
    pub now: Time,
    pub page: crate::Page<Run>,
    /// Adjacent intervals of the filter's window, or of the last day, oldest first.
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

    /// Whether the whole object arrived, as far as its sink can tell.
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

impl AcceptRequest {
    /// Longest note, in characters.
    pub const NOTE: usize = 500;

    /// The runs that it names, and the note.
    pub fn read(self) -> Result<(AcceptedRuns, String), Invalid> {
        let note = self.note.trim().to_owned();
        if note.is_empty() || note.chars().count() > Self::NOTE {
            return Err(Invalid::new("note", &note, "why what is missing is not needed, in 1 to 500 characters"));
        }
        let runs = match (self.run, self.job, self.pipeline) {
            (Some(id), None, None) => AcceptedRuns::Run(id),
            (None, Some(id), None) => AcceptedRuns::Job(id),
            (None, None, Some(name)) => AcceptedRuns::Pipeline(name),
            _ => return Err(Invalid::new("run", "", "exactly one of `run`, `job` and `pipeline`")),
        };
        Ok((runs, note))
    }
}

impl Run {
    /// Whether a person may accept what it lacks: another attempt would bring nothing more of it.
    pub fn acceptable(&self) -> bool {
        let over = self.summary.as_ref().is_some_and(|summary| !summary.worth_repeating());
        self.source == RunSource::Logyard && self.outcome == Outcome::Partial && over && self.accepted.is_none()
    }

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
    fn outcome_names_match_json() {
        for outcome in Outcome::ALL {
            assert_eq!(outcome.as_str().parse(), Ok(outcome));
            assert_eq!(serde_json::to_value(outcome).unwrap(), outcome.as_str());
        }
        assert!("lost".parse::<Outcome>().is_err());
    }

    #[test]
    fn acceptance_needs_a_note_and_names_one_thing() {
        let request = |json: serde_json::Value| serde_json::from_value::<AcceptRequest>(json).unwrap().read();
        let read = request(serde_json::json!({"pipeline": "api", "note": " a probe's own lines "})).unwrap();
        assert_eq!(read, (AcceptedRuns::Pipeline("api".parse().unwrap()), "a probe's own lines".to_owned()));
        assert_eq!(request(serde_json::json!({"pipeline": "api", "note": " "})).unwrap_err().field, "note");
        let long = "x".repeat(AcceptRequest::NOTE + 1);
        assert_eq!(request(serde_json::json!({"pipeline": "api", "note": long})).unwrap_err().field, "note");
        assert_eq!(request(serde_json::json!({"note": "why"})).unwrap_err().field, "run");
        let both = serde_json::json!({"pipeline": "api", "run": RunId(Uuid::from_u128(7)), "note": "why"});
        assert_eq!(request(both).unwrap_err().field, "run");
    }

    #[test]
    fn cursor_round_trips() {
        let cursor = RunCursor { started_at: Time(1_770_000_000_123), id: RunId(Uuid::from_u128(7)) };
        assert_eq!(cursor.to_string().parse(), Ok(cursor));
        assert_eq!("17".parse::<RunCursor>().unwrap_err().field, "after");
    }
}
