//! Lists: filters, keyset cursors, pages, and counts that stop counting.

use serde::{Deserialize, Serialize};

use crate::{BucketName, JobId, Kind, State, StoreName, Time};

/// Which jobs. Every field narrows; an empty filter is all of them, newest first. Unknown fields are refused: a slip of
/// the pen must not turn "cancel these" into "cancel all".
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Filter {
    pub kind: Option<Kind>,
    /// Any of these; empty is all.
    pub states: Vec<State>,
    /// As source or as destination.
    pub store: Option<StoreName>,
    /// As source or as destination.
    pub bucket: Option<BucketName>,
    pub author: Option<String>,
    /// Part of the title or of the error, letter case ignored. Needs `from` on large databases to stay quick; without
    /// it the newest 50,000 jobs are searched.
    pub text: Option<String>,
    /// Created in `[from, to)`.
    pub from: Option<Time>,
    pub to: Option<Time>,
}

/// Where the next page starts: after this job, in the list's order. Opaque to callers.
pub type Cursor = JobId;

/// A page of a list. `next` is `None` on the last one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Page<T> {
    pub items: Vec<T>,
    pub next: Option<String>,
}

/// A count that was not pursued beyond a limit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Count {
    pub at_least: u64,
    /// True: there are more.
    pub capped: bool,
}

impl Count {
    /// Counting stops here.
    pub const CAP: u64 = 10_000;
}
