//! A job: what someone asked for, where it stands, what may be done with it.

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

/// What a job is to do. Closed: a new kind is a new variant, and the compiler shows where it matters.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
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

    /// What a list shows and its search finds: `demo-assets → demo-clone`.
    pub fn title(&self) -> String {
        match self {
            Self::Clone(spec) => format!("{} → {}", spec.source, spec.destination),
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

    /// The other place in S3. What is sent elsewhere has none: it touches its source alone.
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
    /// Done, and proven.
    Succeeded,
    /// Could not go on, or did its work but for some items.
    Failed,
    Cancelled,
}

impl State {
    pub const ALL: [Self; 6] =
        [Self::Queued, Self::Running, Self::Paused, Self::Succeeded, Self::Failed, Self::Cancelled];

    /// True once nothing more happens by itself.
    pub fn ended(self) -> bool {
        matches!(self, Self::Succeeded | Self::Failed | Self::Cancelled)
    }
}

/// What a person may ask of a job.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Action {
    Cancel,
    Pause,
    Resume,
    Retry(Retry),
}

/// Which part of a job to do again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Retry {
    /// From the start, as if never run; what is equal already is skipped.
    All,
    /// Only the objects recorded as failed (and what was never reached), then the comparison.
    Failed,
}

/// What a running job has been asked to do at its next beat.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Stop {
    Pause,
    Cancel,
}

/// Why an action is refused.
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

/// Why a job ended without success.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct JobError {
    /// Stable, `snake_case`: `no_bucket`, `denied`, `listing`, `unreachable`, `items_failed`, `not_equal`, …
    pub code: String,
    /// What failed, where and why, in a sentence or two.
    pub message: String,
    /// What to do now.
    pub advice: String,
}

/// A job as everybody sees it. The API answers this very shape.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Job {
    pub id: JobId,
    pub kind: Kind,
    pub state: State,
    pub spec: Spec,
    /// How often a worker took it; the fence against one that was asleep past its lease.
    pub attempt: i64,
    pub author: String,
    pub created_at: Time,
    pub started_at: Option<Time>,
    pub ended_at: Option<Time>,
    /// When the row changed last: the age of the numbers.
    pub updated_at: Time,
    /// Grows with every change of the row.
    pub revision: i64,
    /// Asked for, not yet done.
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

    /// Whether `action` makes sense now; the one rule for buttons, API and store.
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
    /// As a participle: what cannot be done to the job.
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
