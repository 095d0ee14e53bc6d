//! A backfill: reads the log of a pipeline's function again for a window.

use serde::{Deserialize, Serialize};

use crate::{Location, PipelineName, Time, Window};

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BackfillSpec {
    pub pipeline: PipelineName,
    /// Window in which the runs began.
    pub window: Window,
    /// Location of the pipeline's log objects; the log group is read with the credentials of its store.
    pub source: Location,
}

/// Proof that a backfill read the log of its window to the end.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Backfilled {
    pub at: Time,
    pub window: Window,
    /// Events read, including those read again after a pause or a restart.
    pub events: u64,
    /// Recorded runs of the function that began in the window.
    pub runs: u64,
}
