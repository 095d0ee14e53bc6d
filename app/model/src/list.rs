//! Lists: filters, keyset cursors, pages, and capped counts.

use serde::{Deserialize, Serialize};

use crate::{BucketName, JobId, Kind, State, StoreName, Time};

/// Filter of jobs. Each field narrows; an empty filter lists all, newest first. Unknown fields are refused, so that a
/// typo cannot turn "cancel these" into "cancel all".
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Filter {
    pub kind: Option<Kind>,
    /// States to include; empty for all.
    pub states: Vec<State>,
    /// Source or destination.
    pub store: Option<StoreName>,
    /// Source or destination.
    pub bucket: Option<BucketName>,
    pub author: Option<String>,
    /// Part of the title or the error, ignoring case. Without `from` only the newest 50,000 jobs are searched, to stay
    /// fast on large databases.
    pub text: Option<String>,
    /// Created in `[from, to)`.
    pub from: Option<Time>,
    pub to: Option<Time>,
}

/// Cursor of the next page: the last job of this page. Opaque to callers.
pub type Cursor = JobId;

/// A page of a list; `next` is `None` on the last page.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Page<T> {
    pub items: Vec<T>,
    pub next: Option<String>,
}

/// A count capped at a limit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Count {
    pub at_least: u64,
    /// Whether there are more than `at_least`.
    pub capped: bool,
}

impl Count {
    /// Limit of counting.
    pub const CAP: u64 = 10_000;
}
