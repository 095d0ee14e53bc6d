//! An alert: a condition that holds now, since when, why, and what it rests on.
//!
//! Always: a pipeline has at most one alert of a kind that is not resolved. One that is acknowledged or silenced still
//! holds, and is still shown; only nobody is told of it again.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{Invalid, Page, PipelineName, RunId, SinkName, Time, Window};

/// A UUIDv7, so that alerts sort by when they were opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct AlertId(pub Uuid);

impl fmt::Display for AlertId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl FromStr for AlertId {
    type Err = Invalid;

    fn from_str(text: &str) -> Result<Self, Invalid> {
        Uuid::parse_str(text).map(Self).map_err(|_| Invalid::new("id", text, "a UUID such as 0198c0de-…"))
    }
}

/// The id of an attempt to notify a receiver. A UUIDv7, so that attempts sort by time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DeliveryId(pub Uuid);

impl fmt::Display for DeliveryId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl FromStr for DeliveryId {
    type Err = Invalid;

    fn from_str(text: &str) -> Result<Self, Invalid> {
        Uuid::parse_str(text).map(Self).map_err(|_| Invalid::new("id", text, "a UUID such as 0198c0de-…"))
    }
}

/// What is wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AlertKind {
    /// No run for several of the pipeline's intervals.
    NoRuns,
    /// The oldest object that nobody handled is too old.
    Lag,
    /// Records or objects did not arrive.
    Loss,
    /// Runs claim success, and their figures say otherwise.
    Suspicious,
    /// Runs in a row timed out or crashed.
    Failing,
    /// Runs come near to their limit of memory.
    Memory,
    /// Too large a share of the records cannot be parsed.
    Parsing,
    /// Too large a share of the objects was delivered by more than one run.
    Twice,
    /// What is said of the pipeline is not known to be true: its log group, its bucket or its queue cannot be read.
    Unknown,
    /// A marked event did not arrive at a sink in time.
    Canary,
}

impl AlertKind {
    pub const ALL: [Self; 10] = [
        Self::NoRuns,
        Self::Lag,
        Self::Loss,
        Self::Suspicious,
        Self::Failing,
        Self::Memory,
        Self::Parsing,
        Self::Twice,
        Self::Unknown,
        Self::Canary,
    ];

    /// As in JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::NoRuns => "no_runs",
            Self::Lag => "lag",
            Self::Loss => "loss",
            Self::Suspicious => "suspicious",
            Self::Failing => "failing",
            Self::Memory => "memory",
            Self::Parsing => "parsing",
            Self::Twice => "twice",
            Self::Unknown => "unknown",
            Self::Canary => "canary",
        }
    }
}

impl FromStr for AlertKind {
    type Err = Invalid;

    fn from_str(text: &str) -> Result<Self, Invalid> {
        let named = Self::ALL.into_iter().find(|kind| kind.as_str() == text);
        named.ok_or_else(|| Invalid::new("kind", text, format!("one of {}", Self::ALL.map(Self::as_str).join(", "))))
    }
}

/// How an alert stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AlertState {
    Open,
    /// Somebody deals with it.
    Acknowledged,
    /// Nobody is told of it for a while.
    Silenced,
    /// It holds no longer.
    Resolved,
}

impl AlertState {
    pub const ALL: [Self; 4] = [Self::Open, Self::Acknowledged, Self::Silenced, Self::Resolved];

    /// As in JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Acknowledged => "acknowledged",
            Self::Silenced => "silenced",
            Self::Resolved => "resolved",
        }
    }
}

impl FromStr for AlertState {
    type Err = Invalid;

    fn from_str(text: &str) -> Result<Self, Invalid> {
        let named = Self::ALL.into_iter().find(|state| state.as_str() == text);
        named.ok_or_else(|| Invalid::new("state", text, format!("one of {}", Self::ALL.map(Self::as_str).join(", "))))
    }
}

/// An alert as everybody sees it. The API answers this very shape.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Alert {
    pub id: AlertId,
    pub kind: AlertKind,
    /// `None` where it is of a sink.
    pub pipeline: Option<PipelineName>,
    pub sink: Option<SinkName>,
    pub state: AlertState,
    /// What holds, in a sentence with its figures.
    pub reason: String,
    /// What to do, in a sentence.
    pub advice: String,
    /// When it began to hold, which is before it was noticed.
    pub since: Time,
    pub opened_at: Time,
    /// When its reason or evidence changed last.
    pub updated_at: Time,
    pub resolved_at: Option<Time>,
    /// Who acknowledged it, and when.
    pub acknowledged_by: Option<String>,
    pub acknowledged_at: Option<Time>,
    pub silenced_until: Option<Time>,
    /// Runs that it rests on, at most ten.
    pub runs: Vec<RunId>,
    /// Keys of objects that it rests on, at most ten.
    pub keys: Vec<String>,
    /// What to look at.
    pub window: Window,
}

/// Which alerts. Every field narrows; an empty filter is all of them: first those that hold, then the newest.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct AlertFilter {
    pub pipeline: Option<PipelineName>,
    pub kind: Option<AlertKind>,
    /// Any of these; empty is all.
    pub states: Vec<AlertState>,
    /// Held at some time in `[from, to)`.
    pub from: Option<Time>,
    pub to: Option<Time>,
}

/// What a person may do with an alert.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AlertAction {
    Acknowledge,
    /// Nobody is told of it until then.
    Silence {
        until: Time,
    },
    /// As if it had never been acknowledged or silenced.
    Reopen,
}

/// One attempt to tell somebody.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Notice {
    /// `None`: a test, or the sign of life.
    pub alert: Option<AlertId>,
    /// The receiver's name in the configuration.
    pub receiver: String,
    pub at: Time,
    /// Counted from 1.
    pub attempt: u32,
    /// What it told of: `opened`, `updated`, `resolved`, `test`.
    pub what: String,
    /// Of HTTP.
    pub status: Option<u16>,
    /// Why it was not taken; `None`: it was.
    pub error: Option<String>,
    pub took_ms: u64,
}

/// A receiver of alerts, as far as it may be shown.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReceiverStatus {
    pub name: String,
    /// Scheme and host, or the topic; no path, which often is the secret.
    pub place: String,
    /// `slack`, `json` or `sns`.
    pub format: String,
    pub last: Option<Notice>,
}

/// The page of alerts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AlertList {
    pub now: Time,
    pub page: Page<Alert>,
    pub receivers: Vec<ReceiverStatus>,
    /// The newest first, at most 50.
    pub notices: Vec<Notice>,
    /// When conditions were looked at last; `None`: never. Older than a minute: what is shown may be wrong.
    pub evaluated_at: Option<Time>,
}
