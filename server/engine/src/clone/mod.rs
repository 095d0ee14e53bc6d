//! The clone engine.

mod tracker;

use model::{ClonePreview, CloneSpec, Key, Proof, Time};
use tokio_util::sync::CancellationToken;

pub use self::tracker::{Checkpoint, Range, RangeState, Taken, Tracker};
use crate::s3::Store;

#[derive(Clone, Debug)]
pub struct Options {
    /// Copies in flight at once.
    pub concurrency: usize,
    /// Compare both listings at the end. Without it there is no proof.
    pub verify: bool,
}

/// The instant, asked of the caller so that tests can drive it.
pub type Clock = fn() -> Time;

#[derive(Debug, thiserror::Error)]
pub enum CloneError {
    /// Asked to stop by the token; the tracker holds the checkpoint.
    #[error("stopped")]
    Stopped,
}

impl CloneError {
    /// For `JobError`: stable code, and what to do now.
    pub fn code(&self) -> &'static str {
        todo!()
    }

    pub fn advice(&self) -> &'static str {
        todo!()
    }

    /// True where the endpoint could not be reached at all: exit code 3.
    pub fn unreachable(&self) -> bool {
        todo!()
    }
}

/// Refuses, with the reason, what must not be started: same place, destination inside the source, missing bucket, no
/// permission.
pub async fn check(_spec: &CloneSpec, _source: &Store, _destination: &Store) -> Result<(), CloneError> {
    todo!()
}

/// Runs, or goes on from the tracker's checkpoint: unfinished ranges first, then the keys of `retry` (those recorded
/// as failed earlier), then the comparison. `Ok(None)` only with `verify: false`. The caller judges success by
/// `Proof::holds` and the tracker's failures.
pub async fn run(
    _spec: &CloneSpec,
    _source: &Store,
    _destination: &Store,
    _options: &Options,
    _retry: Option<tokio::sync::mpsc::Receiver<Key>>,
    _tracker: &Tracker,
    _stop: &CancellationToken,
) -> Result<Option<Proof>, CloneError> {
    todo!()
}

/// Lists both sides up to `most_keys` or `most_time` and counts what a run would do.
pub async fn preview(
    _spec: &CloneSpec,
    _source: &Store,
    _destination: &Store,
    _most_keys: u64,
    _most_time: std::time::Duration,
) -> Result<ClonePreview, CloneError> {
    todo!()
}
