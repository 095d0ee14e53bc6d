//! A job: its specification, state and allowed actions.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

use crate::{
    BackfillSpec, CloneSpec, Invalid, JobId, Location, Problem, ProblemCode, Progress, Proof, ReprocessSpec, Time,
};

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    Clone,
    Reprocess,
    Backfill,
}

/// Specification of a job. A closed enum: the compiler shows where a new kind must be handled.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
#[expect(clippy::large_enum_variant, reason = "a few jobs at a time are made, stored or shown")]
pub enum Spec {
    Clone(CloneSpec),
    Reprocess(ReprocessSpec),
    Backfill(BackfillSpec),
}

impl Spec {
    pub fn kind(&self) -> Kind {
        match self {
            Self::Clone(_) => Kind::Clone,
            Self::Reprocess(_) => Kind::Reprocess,
            Self::Backfill(_) => Kind::Backfill,
        }
    }

    /// Title for lists and search: `demo-assets → demo-clone`, behind the name of a job that has one.
    pub fn title(&self) -> String {
        match self {
            Self::Clone(spec) => {
                let name = spec.name.as_ref().map(|name| format!("{name}: ")).unwrap_or_default();
                format!("{name}{} → {}", spec.source, spec.destination)
            }
            Self::Reprocess(spec) => spec.title(),
            Self::Backfill(spec) => format!("log of {}, {}", spec.pipeline, spec.window),
        }
    }

    pub fn source(&self) -> &Location {
        match self {
            Self::Clone(spec) => &spec.source,
            Self::Reprocess(spec) => &spec.source,
            Self::Backfill(spec) => &spec.source,
        }
    }

    /// Destination in S3, or the source for jobs that write nothing to S3.
    pub fn destination(&self) -> &Location {
        match self {
            Self::Clone(spec) => &spec.destination,
            Self::Reprocess(spec) => &spec.source,
            Self::Backfill(spec) => &spec.source,
        }
    }
}

/// `queued → running → succeeded | failed | cancelled`, with `paused` beside running.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    Queued,
    Running,
    Paused,
    /// Ended with a valid proof.
    Succeeded,
    /// Aborted, or ended with failed items.
    Failed,
    Cancelled,
}

impl State {
    pub const ALL: [Self; 6] =
        [Self::Queued, Self::Running, Self::Paused, Self::Succeeded, Self::Failed, Self::Cancelled];

    /// Whether the job has ended.
    pub fn ended(self) -> bool {
        matches!(self, Self::Succeeded | Self::Failed | Self::Cancelled)
    }
}

/// Action of a user on a job.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Action {
    Cancel,
    Pause,
    Resume,
    Retry(Retry),
}

/// Part of a job to retry.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Retry {
    /// Everything from the start; equal objects are skipped.
    All,
    /// Only failed objects and those not reached, then the comparison.
    Failed,
}

/// Request that a running job reads at its next heartbeat.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Stop {
    Pause,
    Cancel,
}

/// Reason why an action is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a {state} job cannot be {action}")]
pub struct NotAllowed {
    pub state: State,
    pub action: Action,
}

impl From<NotAllowed> for Problem {
    fn from(refused: NotAllowed) -> Self {
        Self::new(ProblemCode::Conflict, refused.to_string())
    }
}

/// Error of a job that did not succeed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct JobError {
    /// Stable code in `snake_case`: `no_bucket`, `denied`, `listing`, `unreachable`, `items_failed`, `not_equal`, …
    pub code: String,
    /// What failed, where and why, in one or two sentences.
    pub message: String,
    /// Recommended action.
    pub advice: String,
}

impl JobError {
    /// Writes the message as a sentence, so that the errors of every kind of job look alike.
    pub fn new(code: &str, message: &str, advice: impl Into<String>) -> Self {
        Self { code: code.to_owned(), message: crate::sentence(message), advice: advice.into() }
    }
}

/// A job; the API returns this shape.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Job {
    pub id: JobId,
    pub kind: Kind,
    pub state: State,
    pub spec: Spec,
    /// Number of times a worker took it; fences a worker that has lost its lease.
    pub attempt: i64,
    pub author: String,
    pub created_at: Time,
    pub started_at: Option<Time>,
    pub ended_at: Option<Time>,
    /// Last change of the row, hence the age of the figures.
    pub updated_at: Time,
    /// Grows with every change of the row.
    pub revision: i64,
    /// Pending request.
    pub stopping: Option<Stop>,
    /// The worker that holds the lease.
    pub holder: Option<String>,
    pub progress: Progress,
    pub proof: Option<Proof>,
    pub error: Option<JobError>,
}

impl Job {
    pub fn title(&self) -> String {
        self.spec.title()
    }

    /// Whether `action` is allowed now; the single rule for pages, API and database.
    pub fn allows(&self, action: Action) -> Result<(), NotAllowed> {
        let allowed = match action {
            Action::Cancel => !self.state.ended(),
            Action::Pause => matches!(self.state, State::Queued | State::Running),
            Action::Resume => self.state == State::Paused,
            Action::Retry(Retry::All) => self.state.ended(),
            Action::Retry(Retry::Failed) => self.state == State::Failed && self.progress.failed > 0,
        };
        if allowed { Ok(()) } else { Err(NotAllowed { state: self.state, action }) }
    }
}

macro_rules! words {
    ($type:ident, $field:literal, $($variant:ident => $word:literal),+) => {
        impl $type {
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $word),+ }
            }
        }

        impl fmt::Display for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.as_str())
            }
        }

        impl FromStr for $type {
            type Err = Invalid;

            fn from_str(text: &str) -> Result<Self, Invalid> {
                match text {
                    $($word => Ok(Self::$variant),)+
                    _ => Err(Invalid::new($field, text, concat!("one of", $(" ", $word),+))),
                }
            }
        }
    };
}

words!(Kind, "kind", Clone => "clone", Reprocess => "reprocess", Backfill => "backfill");
words!(State, "state", Queued => "queued", Running => "running", Paused => "paused", Succeeded => "succeeded",
    Failed => "failed", Cancelled => "cancelled");
words!(Stop, "stop", Pause => "pause", Cancel => "cancel");
words!(Retry, "only", All => "all", Failed => "failed");

impl fmt::Display for Action {
    /// Participle for an error text: the job cannot be ….
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Cancel => "cancelled",
            Self::Pause => "paused",
            Self::Resume => "resumed",
            Self::Retry(Retry::All) => "retried",
            Self::Retry(Retry::Failed) => "retried for failed objects",
        })
    }
}
