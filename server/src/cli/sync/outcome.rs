//! How a sync ended: one word for scripts, and an exit code.

use std::process::ExitCode;

use db::DbError;
use engine::sync::Verdict;
use model::{JobError, SyncState};
use serde::Serialize;

use crate::{cli::Exit, tasks::syncer::Ended};

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    #[serde(rename = "in_step")]
    InSync,
    /// In sync except quarantined rows.
    /// In sync except rows that an open transaction holds back.
    HeldBack,
    Quarantined,
    /// With --verify: rows differ. With --once: work is left.
    Differs,
    /// A deletion waits for approval.
    Waiting,
    Paused,
    /// The local database was replaced.
    EpochChanged,
    /// An endpoint refused, or the command line was wrong.
    Refused,
    Unreachable,
    Stopped,
}

/// An outcome and its error.
#[derive(Debug)]
pub struct End {
    pub outcome: Outcome,
    pub error: Option<JobError>,
}

impl Outcome {
    /// The outcome of the last evaluation.
    pub fn of(ended: &Ended) -> Self {
        match &ended.verdict {
            Some(Verdict::InSync { .. }) if ended.status.state == SyncState::HeldBack => Self::HeldBack,
            Some(Verdict::InSync { quarantined: 0, .. }) => Self::InSync,
            Some(Verdict::InSync { .. }) => Self::Quarantined,
            Some(Verdict::Working(_) | Verdict::Differs { .. }) => Self::Differs,
            Some(Verdict::Waiting(_)) => Self::Waiting,
            Some(Verdict::EpochChanged { .. }) => Self::EpochChanged,
            Some(Verdict::Unreachable { .. }) => Self::Unreachable,
            None if ended.status.state == SyncState::Unreachable => Self::Unreachable,
            Some(Verdict::Refused { .. } | Verdict::ShapeDiffers { .. }) | None => Self::Refused,
        }
    }

    pub fn exit(self) -> ExitCode {
        match self {
            Self::InSync => Exit::Done.into(),
            Self::HeldBack | Self::Quarantined | Self::Differs | Self::Waiting | Self::Paused => {
                Exit::ItemsFailed.into()
            }
            Self::EpochChanged | Self::Refused => Exit::Usage.into(),
            Self::Unreachable => Exit::Unreachable.into(),
            Self::Stopped => ExitCode::from(130), // as a shell reports Ctrl-C
        }
    }
}

impl End {
    pub fn quiet(outcome: Outcome) -> Self {
        Self { outcome, error: None }
    }

    pub fn usage(message: &impl ToString) -> Self {
        Self::failed(Outcome::Refused, "usage", &message.to_string(), "See `logyard sync --help`.")
    }

    /// Logyard's own database failed.
    pub fn database(error: &DbError) -> Self {
        let advice = "Check database.url, and that the database is up. Running the command again goes on from there.";
        Self::failed(Outcome::Unreachable, "database", &error.to_string(), advice)
    }

    /// Logyard's own database could not be opened; the message says what to check.
    pub fn database_closed(outcome: Outcome, message: &str) -> Self {
        Self::failed(outcome, "database", message, "")
    }

    pub fn paused() -> Self {
        let advice = "Resume it on its page, or by `resume` over the API.";
        Self::failed(Outcome::Paused, "paused", "a person paused this table", advice)
    }

    pub fn held(holder: Option<&str>) -> Self {
        let message = format!("{} is syncing this table and does not release it", holder.unwrap_or("Another process"));
        Self::failed(Outcome::Unreachable, "held", &message, "Wait for it or stop it, then run the command again.")
    }

    fn failed(outcome: Outcome, code: &str, message: &str, advice: &str) -> Self {
        let error = JobError::new(code, message, advice);
        Self { outcome, error: Some(error) }
    }
}
