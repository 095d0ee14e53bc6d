//! Why a reprocess does not start or cannot continue. An error of a single object is a [`model::Failure`] instead.

use std::path::PathBuf;

use model::Key;

use super::{plan::LedgerError, sink::SinkError};
use crate::s3::S3Error;

#[derive(Debug, thiserror::Error)]
pub enum ShipError {
    /// Stopped by the token; the tracker has the checkpoint.
    #[error("stopped")]
    Stopped,
    #[error(transparent)]
    Store(#[from] S3Error),
    /// A key of a list cannot be read, in a preview.
    #[error("{}: {source}", key.as_str().escape_debug())]
    Key { key: Key, source: S3Error },
    #[error(transparent)]
    Sink(#[from] SinkError),
    /// The listing no longer matches the plan.
    #[error("the listing no longer matches the plan: {objects} objects of {bytes} bytes would be sent now{}", written(.newest.as_ref()))]
    PlanChanged {
        objects: u64,
        bytes: u64,
        /// The most recently written object that would be sent.
        newest: Option<(Key, model::Time)>,
    },
    /// The plan matched when the run began, and then objects were deleted.
    #[error("{found} of {planned} planned objects were found, the others no longer exist")]
    PlanUnfulfilled { planned: u64, found: u64 },
    #[error("the records of earlier runs cannot be read: {0}")]
    Ledger(#[from] LedgerError),
    #[error("dead letters cannot be {what}: {}: {why}", path.display())]
    DeadLetters { what: &'static str, path: PathBuf, why: String },
    /// A task of the engine itself failed: a bug in Logyard.
    #[error("internal error in the reprocess: {0}")]
    Broke(#[from] tokio::task::JoinError),
}

fn written(object: Option<&(Key, model::Time)>) -> String {
    object.map_or_else(String::new, |(key, at)| {
        format!("; the last of them, {}, was written at {at}", key.as_str().escape_debug())
    })
}

impl ShipError {
    /// For `JobError`: stable code, and what to do now.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Stopped => "stopped",
            Self::Store(error) | Self::Key { source: error, .. } => error.code(),
            Self::Sink(error) => error.code(),
            Self::PlanChanged { .. } | Self::PlanUnfulfilled { .. } => "plan_changed",
            Self::Ledger(_) => "records",
            Self::DeadLetters { .. } => "dead_letters",
            Self::Broke(_) => "internal",
        }
    }

    pub fn advice(&self) -> &'static str {
        match self {
            Self::Stopped => {
                "Resume at any time. Events already sent are not sent again, except those of unfinished objects."
            }
            Self::Store(error) | Self::Key { source: error, .. } => error.advice(),
            Self::Sink(error) => error.advice(),
            Self::PlanChanged { .. } => "Request a new preview and start with its plan.",
            Self::PlanUnfulfilled { .. } => {
                "The others were processed. Request a new preview to see which objects exist now."
            }
            Self::Ledger(_) => "Resume when the database answers again.",
            Self::DeadLetters { .. } => "Check the file's path, its permissions and the free disk space, then resume.",
            Self::Broke(_) => "Resume. If it happens again, report it with the log.",
        }
    }

    /// Whether store or sink could not be reached at all: exit code 3.
    pub fn unreachable(&self) -> bool {
        match self {
            Self::Store(error) | Self::Key { source: error, .. } => error.unreachable(),
            Self::Sink(error) => error.unreachable(),
            _ => false,
        }
    }
}
