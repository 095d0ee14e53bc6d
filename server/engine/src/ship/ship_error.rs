//! Why a reprocess does not start or cannot go on. What concerns one object is a [`model::Failure`] instead.

use std::path::PathBuf;

use model::Key;

use super::{plan::LedgerError, sink::SinkError};
use crate::s3::S3Error;

#[derive(Debug, thiserror::Error)]
pub enum ShipError {
    /// Asked to stop by the token; the tracker holds the checkpoint.
    #[error("stopped")]
    Stopped,
    #[error(transparent)]
    Store(#[from] S3Error),
    /// Of a list of keys, in a preview.
    #[error("{}: {source}", key.as_str().escape_debug())]
    Key { key: Key, source: S3Error },
    #[error(transparent)]
    Sink(#[from] SinkError),
    /// What would be sent is not what the plan says.
    #[error("the plan does not hold any more: now {objects} objects of {bytes} bytes would be sent{}", written(.newest.as_ref()))]
    PlanChanged {
        objects: u64,
        bytes: u64,
        /// Of what would be sent: the object that was written last.
        newest: Option<(Key, model::Time)>,
    },
    /// The plan held when the run began, and then objects went away.
    #[error("of {planned} planned objects only {found} were there when their turn came")]
    PlanUnfulfilled { planned: u64, found: u64 },
    #[error("the records of earlier runs cannot be read: {0}")]
    Ledger(#[from] LedgerError),
    #[error("dead letters cannot be {what}: {}: {why}", path.display())]
    DeadLetters { what: &'static str, path: PathBuf, why: String },
    /// A task of the engine itself broke: a fault of Logyard's.
    #[error("a part of the reprocess broke: {0}")]
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
            Self::Stopped => "Resume when you like: what is sent stays sent.",
            Self::Store(error) | Self::Key { source: error, .. } => error.advice(),
            Self::Sink(error) => error.advice(),
            Self::PlanChanged { .. } => "Look at a new preview, and start with its plan.",
            Self::PlanUnfulfilled { .. } => "All others were sent. Look at a new preview to see what is there now.",
            Self::Ledger(_) => "Resume once the database answers again.",
            Self::DeadLetters { .. } => "Check the file's path, its permissions and the space left, then resume.",
            Self::Broke(_) => "Resume; if it happens again, report it with the log.",
        }
    }

    /// True where store or sink could not be reached at all: exit code 3.
    pub fn unreachable(&self) -> bool {
        match self {
            Self::Store(error) | Self::Key { source: error, .. } => error.unreachable(),
            Self::Sink(error) => error.unreachable(),
            _ => false,
        }
    }
}
