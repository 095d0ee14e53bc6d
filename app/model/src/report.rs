//! The completion report of a clone: whether one is kept, and where else it is written.

use serde::{Deserialize, Serialize};

use crate::{JobId, Location, Place};

/// Begin of the object's name, before the job's id.
const NAME: &str = "clone-";

/// A completion report, kept with the job: a line for each object that was copied or deleted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Report<P = Location> {
    /// Where it is also written as an object when the clone ends.
    #[serde(default = "nowhere", skip_serializing_if = "Option::is_none")]
    pub to: Option<P>,
}

impl Report {
    /// Key of the object in which a job's report is written to a place.
    pub fn key(to: &Location, job: JobId) -> String {
        format!("{}{NAME}{job}.ndjson.gz", to.prefix)
    }

    /// Whether that object may have a key under this prefix, whatever the job's id is.
    pub fn may_lie_under(to: &Location, prefix: &str) -> bool {
        let begin = format!("{}{NAME}", to.prefix);
        begin.starts_with(prefix) || prefix.starts_with(&begin)
    }
}

fn nowhere<P>() -> Option<P> {
    None
}

impl From<Report> for Report<Place> {
    fn from(report: Report) -> Self {
        Self { to: report.to.map(Place::from) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn report_lies_under_each_prefix_of_its_key() {
        let to = |prefix: &str| Location {
            store: "demo".parse().unwrap(),
            bucket: "logs".parse().unwrap(),
            prefix: prefix.parse().unwrap(),
        };
        for (place, prefix) in [("", ""), ("a/", ""), ("a/", "a/"), ("a/", "a"), ("a/", "a/cl"), ("a/", "a/clone-0")] {
            assert!(Report::may_lie_under(&to(place), prefix), "{place:?} {prefix:?}");
        }
        for (place, prefix) in [("a/", "b/"), ("a/", "a/b"), ("", "a/"), ("reports/", "reports/old/")] {
            assert!(!Report::may_lie_under(&to(place), prefix), "{place:?} {prefix:?}");
        }
    }
}
