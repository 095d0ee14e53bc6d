//! Why a clone does not start or cannot go on. What concerns one object is a [`model::Failure`] instead.

use model::Location;

use crate::s3::StoreError;

#[derive(Debug, thiserror::Error)]
pub enum CloneError {
    /// Asked to stop by the token; the tracker holds the checkpoint.
    #[error("stopped")]
    Stopped,
    #[error("source and destination are the same place: {place} at store {}", place.store)]
    SamePlace { place: Box<Location> },
    /// Within one bucket, where the copies would appear in the source's listing, or cover it.
    #[error("source {source_place} and destination {destination} at store {} lie within each other", destination.store)]
    Overlap { source_place: Box<Location>, destination: Box<Location> },
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A task of the engine itself broke: a fault of Logyard's.
    #[error("a part of the clone broke: {0}")]
    Broke(#[from] tokio::task::JoinError),
}

impl CloneError {
    /// For `JobError`: stable code, and what to do now.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Stopped => "stopped",
            Self::SamePlace { .. } => "same_place",
            Self::Overlap { .. } => "overlap",
            Self::Store(error) => error.code(),
            Self::Broke(_) => "internal",
        }
    }

    pub fn advice(&self) -> &'static str {
        match self {
            Self::Stopped => "Resume when you like: what is done stays done.",
            Self::SamePlace { .. } => "Choose another bucket or prefix as destination.",
            Self::Overlap { .. } => {
                "Choose prefixes of which neither starts with the other, or another bucket. A prefix is no folder: \
                 `logs` also covers `logs-old/`."
            }
            Self::Store(error) => error.advice(),
            Self::Broke(_) => "Resume; if it happens again, report it with the log.",
        }
    }

    /// True where the endpoint could not be reached at all: exit code 3.
    pub fn unreachable(&self) -> bool {
        matches!(self, Self::Store(error) if error.unreachable())
    }
}
