//! A backfill: the log of a pipeline's function, read again for a stretch of time.

use serde::{Deserialize, Serialize};

use crate::{Location, PipelineName, Time, Window};

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BackfillSpec {
    pub pipeline: PipelineName,
    /// Runs that began in it.
    pub window: Window,
    /// Where the pipeline's log objects lie: the log group is read with the credentials of that store.
    pub source: Location,
}

/// That a backfill read the log of its window to the end.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Backfilled {
    pub at: Time,
    pub window: Window,
    /// Events read, those read again after a pause or a restart included.
    pub events: u64,
    /// Runs of the function that began in the window, as they are recorded now.
    pub runs: u64,
}
