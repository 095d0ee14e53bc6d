//! Objects on their way from the planner to the copier.

use model::Key;
use tokio::sync::OwnedSemaphorePermit;

use super::{Tracker, tracker::Ticket, window::Outcome};
use crate::s3::Listed;

/// An object that is missing or different at the destination, or must be compared to know.
pub(super) struct Planned {
    pub entry: Entry,
    pub source: Listed,
    pub destination: Option<Listed>,
    /// How often the store has answered its copy with "slow down".
    pub refused: u32,
}

/// Where the outcome of an object is recorded.
pub(super) enum Entry {
    /// In the window of the range that is being listed.
    Listed(Ticket),
    /// Among the failures of earlier attempts; the permit bounds how many of these are planned at once.
    Failed { _room: OwnedSemaphorePermit },
}

impl Entry {
    pub fn began(&self, tracker: &Tracker) {
        match self {
            Self::Listed(_) => tracker.began(),
            Self::Failed { .. } => tracker.retry_began(),
        }
    }

    /// An object that was begun must wait for its turn.
    pub fn held_back(&self, tracker: &Tracker) {
        match self {
            Self::Listed(_) => tracker.held_back(),
            Self::Failed { .. } => tracker.retry_held_back(),
        }
    }

    pub fn settle(self, tracker: &Tracker, key: Key, outcome: Outcome) {
        match self {
            Self::Listed(ticket) => tracker.settle(ticket, outcome),
            Self::Failed { .. } => tracker.retried(key, Some(outcome)),
        }
    }
}
