//! How a sync ended, in a word for scripts and in an exit code.

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
    /// In step but for rows that the remote will not have.
    Quarantined,
    /// With --verify: something differs. With --once: there is more to do.
    Differs,
    /// A deletion waits for a yes.
    Waiting,
    Paused,
    /// The local database is another than before.
    EpochChanged,
    /// An end refuses, or the command line was wrong.
    Refused,
    Unreachable,
    Stopped,
}

/// An outcome with what there is to say about it.
#[derive(Debug)]
pub struct End {
    pub outcome: Outcome,
    pub error: Option<JobError>,
}

impl Outcome {
    /// Of an evaluation after which nothing else is to be done.
    pub fn of(ended: &Ended) -> Self {
        match &ended.verdict {
            Some(Verdict::InSync { quarantined: 0, .. }) => Self::InSync,
            Some(Verdict::InSync { .. }) => Self::Quarantined,
            Some(Verdict::Working(_) | Verdict::Differs { .. }) => Self::Differs,
            Some(Verdict::Waiting(_)) => Self::Waiting,
            Some(Verdict::EpochChanged { .. }) => Self::EpochChanged,
            Some(Verdict::Unreachable { .. }) => Self::Unreachable,
            None if ended.status.state == SyncState::Unreachable => Self::Unreachable,
            Some(Verdict::Refused { .. }) | None => Self::Refused,
        }
    }

    pub fn exit(self) -> ExitCode {
        match self {
            Self::InSync => Exit::Done.into(),
            Self::Quarantined | Self::Differs | Self::Waiting | Self::Paused => Exit::ItemsFailed.into(),
            Self::EpochChanged | Self::Refused => Exit::Usage.into(),
            Self::Unreachable => Exit::Unreachable.into(),
            Self::Stopped => ExitCode::from(130), // what a shell says of a command ended by Ctrl-C
        }
    }
}

impl End {
    pub fn quiet(outcome: Outcome) -> Self {
        Self { outcome, error: None }
    }

    pub fn usage(message: &impl ToString) -> Self {
        Self::failed(Outcome::Refused, "usage", message.to_string(), "See `logyard sync --help`.")
    }

    /// Logyard's own database did not take something.
    pub fn database(error: &DbError) -> Self {
        let advice = "Check database.url, and that the database is up. Running the command again goes on from there.";
        Self::failed(Outcome::Unreachable, "database", error.to_string(), advice)
    }

    /// It could not be opened; the message says what to check.
    pub fn database_closed(outcome: Outcome, message: String) -> Self {
        Self::failed(outcome, "database", message, "")
    }

    pub fn paused() -> Self {
        let message = "a person paused this table".to_owned();
        Self::failed(Outcome::Paused, "paused", message, "Resume it on its page, or by `resume` over the API.")
    }

    pub fn held(holder: Option<&str>) -> Self {
        let message = format!("{} has the table and does not give it back", holder.unwrap_or("another"));
        Self::failed(Outcome::Unreachable, "held", message, "See what it is doing, and run the command again.")
    }

    fn failed(outcome: Outcome, code: &str, message: String, advice: &str) -> Self {
        let error = JobError { code: code.to_owned(), message, advice: advice.to_owned() };
        Self { outcome, error: Some(error) }
    }
}
