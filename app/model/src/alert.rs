//! An alert: an active condition with its start, cause and evidence.
//!
//! Always: a pipeline, sink, schedule or table has at most one unresolved alert per kind. An acknowledged or silenced alert is still active and
//! still shown; only its notifications stop.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{Invalid, Page, PipelineName, RunId, ScheduleId, ScheduleName, SinkName, TableName, Time, Window};

/// Id of an alert: a UUIDv7, so that ids sort by opening time.
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

/// Id of a delivery attempt: a UUIDv7, so that ids sort by time.
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

/// Kind of condition.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AlertKind {
    /// No run for several of the pipeline's intervals.
    NoRuns,
    /// The oldest unprocessed object is too old.
    Lag,
    /// Records or objects did not arrive.
    Loss,
    /// Runs report success, but their figures contradict it.
    Suspicious,
    /// Several consecutive runs timed out or crashed.
    Failing,
    /// Runs come close to their memory limit.
    Memory,
    /// Too large a share of the records cannot be parsed.
    Parsing,
    /// Too large a share of the objects was delivered by more than one run.
    Twice,
    /// The state of the pipeline is unknown: its log group, bucket or queue cannot be read.
    Unknown,
    /// A canary did not arrive at a sink in time.
    Canary,
    /// A firing of a schedule failed, or its job did.
    JobFailed,
    /// A time of a schedule was skipped, because its last job had not ended.
    Skipped,
    /// A scheduled mirror waits for a confirmation of what it would delete.
    Unconfirmed,
    /// A synced table waits for a person: a mass delete, another local database, other columns at the copy.
    TableStopped,
    /// An endpoint of a synced table has not answered, or has refused, for minutes.
    TableFailing,
    /// A synced table has lacked rows for long.
    TableBehind,
    /// The copy of a synced table refuses rows.
    TableQuarantined,
}

impl AlertKind {
    pub const ALL: [Self; 17] = [
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
        Self::JobFailed,
        Self::Skipped,
        Self::Unconfirmed,
        Self::TableStopped,
        Self::TableFailing,
        Self::TableBehind,
        Self::TableQuarantined,
    ];

    /// Kinds that only tables have.
    pub const OF_TABLES: [Self; 4] =
        [Self::TableStopped, Self::TableFailing, Self::TableBehind, Self::TableQuarantined];

    /// Kinds that only schedules have.
    pub const OF_SCHEDULES: [Self; 3] = [Self::JobFailed, Self::Skipped, Self::Unconfirmed];

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
            Self::JobFailed => "job_failed",
            Self::Skipped => "skipped",
            Self::Unconfirmed => "unconfirmed",
            Self::TableStopped => "table_stopped",
            Self::TableFailing => "table_failing",
            Self::TableBehind => "table_behind",
            Self::TableQuarantined => "table_quarantined",
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

/// State of an alert.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AlertState {
    Open,
    /// A user has taken it on.
    Acknowledged,
    /// Notifications are off until a given time.
    Silenced,
    /// The condition is no longer active.
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

/// An alert; the API returns this shape.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Alert {
    pub id: AlertId,
    pub kind: AlertKind,
    /// Pipeline; `None` for an alert of a sink, a schedule or a table.
    pub pipeline: Option<PipelineName>,
    pub sink: Option<SinkName>,
    pub schedule: Option<AlertSchedule>,
    pub table: Option<TableName>,
    pub state: AlertState,
    /// The condition as a sentence with its figures.
    pub reason: String,
    /// Recommended action as a sentence.
    pub advice: String,
    /// Start of the condition, before it was noticed.
    pub since: Time,
    pub opened_at: Time,
    /// Last change of reason or evidence.
    pub updated_at: Time,
    pub resolved_at: Option<Time>,
    /// Name of the user who acknowledged it.
    pub acknowledged_by: Option<String>,
    pub acknowledged_at: Option<Time>,
    pub silenced_until: Option<Time>,
    /// Runs that are evidence, at most ten.
    pub runs: Vec<RunId>,
    /// Keys of objects that are evidence, at most ten.
    pub keys: Vec<String>,
    /// Window with the evidence.
    pub window: Window,
}

/// The schedule that an alert is about, with its name when the alert opened.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct AlertSchedule {
    pub id: ScheduleId,
    pub name: ScheduleName,
}

/// Filter of alerts. Each field narrows; an empty filter lists all, active ones first, then the newest.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct AlertFilter {
    pub pipeline: Option<PipelineName>,
    pub schedule: Option<ScheduleId>,
    pub table: Option<TableName>,
    pub kind: Option<AlertKind>,
    /// Values to include; empty for all.
    pub states: Vec<AlertState>,
    /// Active at some time in `[from, to)`.
    pub from: Option<Time>,
    pub to: Option<Time>,
}

/// Action of a user on an alert.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AlertAction {
    Acknowledge,
    /// Stops notifications until this time.
    Silence {
        until: Time,
    },
    /// Undoes acknowledging and silencing.
    Reopen,
}

/// One attempt to notify a receiver.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Notice {
    /// Alert; `None` for a test or a heartbeat.
    pub alert: Option<AlertId>,
    /// The receiver's name in the configuration.
    pub receiver: String,
    pub at: Time,
    /// Number of the attempt, from 1.
    pub attempt: u32,
    /// Event: `opened`, `updated`, `resolved` or `test`.
    pub what: String,
    /// HTTP status of the answer.
    pub status: Option<u16>,
    /// Error of the receiver; `None` if it accepted the notification.
    pub error: Option<String>,
    pub took_ms: u64,
}

/// A receiver of alerts, without secrets.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReceiverStatus {
    pub name: String,
    /// Scheme and host, or topic; without the path, which often is the secret.
    pub place: String,
    /// Format: `slack`, `json` or `sns`.
    pub format: String,
    pub last: Option<Notice>,
}

/// Content of the alerts page.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AlertList {
    pub now: Time,
    pub page: Page<Alert>,
    pub receivers: Vec<ReceiverStatus>,
    /// Delivery attempts, the newest first, at most 50.
    pub notices: Vec<Notice>,
    /// Last evaluation of the conditions, if any. If older than a minute, the page may be outdated.
    pub evaluated_at: Option<Time>,
}
