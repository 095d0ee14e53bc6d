//! The completion report of a clone: whether one is kept, and where else it is written.

use serde::{Deserialize, Serialize};

use crate::{Location, Place};

/// A completion report, kept with the job: a line for each object that was copied or deleted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Report<P = Location> {
    /// Where it is also written as an object when the clone ends.
    #[serde(default = "nowhere", skip_serializing_if = "Option::is_none")]
    pub to: Option<P>,
}

fn nowhere<P>() -> Option<P> {
    None
}

impl From<Report> for Report<Place> {
    fn from(report: Report) -> Self {
        Self { to: report.to.map(Place::from) }
    }
}
