//! What an evaluation asks of the two ends, and what they answer.
//!
//! The engine does no I/O: it says what it wants to know or to change next, and is told the answer or the fault. Whoever
//! drives it knows where the ends are; the tests drive it with tables in memory.
//!
//! Always: the local end answers from what is committed. Where a question carries `local_below`, it leaves out rows at or
//! above that version, as transactions may yet commit among them.

use serde::{Deserialize, Serialize};

use super::cell::{Cell, Mark};
use super::quarantine::Refusal;
use super::span::Span;
use super::verdict::Verdict;

/// What to do next. The same until it is answered.
#[derive(Clone, Debug, PartialEq)]
pub enum Step {
    Ask(Question),
    Apply(Change),
    Done(Verdict),
}

/// A question; none of them changes anything.
#[derive(Clone, Debug, PartialEq)]
pub enum Question {
    /// Both ends as a whole → [`Answer::Meta`].
    Meta,
    /// The cells of the spans, or with `split` those of their pieces by [`Span::split`], at both ends, in that order
    /// → [`Answer::Cells`].
    Cells { spans: Vec<Span>, split: bool, local_below: u64 },
    /// How many rows lie below a version at both ends → [`Answer::Counts`].
    Counts { below: u64, local_below: u64 },
    /// Every row of the spans at both ends, span by span → [`Answer::Lists`].
    Lists { spans: Vec<Span>, local_below: u64 },
    /// Up to about `limit` rows of one end, from one end of the span → [`Answer::Page`].
    Page { endpoint: EndpointRole, span: Span, order: Order, limit: usize },
    /// The versions that the local rows with these keys have now, committed below any version → [`Answer::Versions`].
    Versions { keys: Vec<u64> },
}

/// A change at the remote. Each may be repeated without harm.
#[derive(Clone, Debug, PartialEq)]
pub enum Change {
    /// Send these rows as they are locally, leaving out those that are gone. The remote keeps what is newer
    /// → [`Answer::Uploaded`].
    Upload { marks: Vec<Mark> },
    /// Delete these rows where key *and* version still match → [`Answer::Deleted`].
    Delete { marks: Vec<Mark> },
}

#[derive(Clone, Debug, PartialEq)]
pub enum Answer {
    Meta(PerEndpoint<Meta>),
    Cells(Vec<PerEndpoint<Cell>>),
    Counts(PerEndpoint<u64>),
    /// Rows in the order of marks.
    Lists(Vec<PerEndpoint<Vec<Mark>>>),
    Page(Page),
    /// In the order of the keys; `None` where there is no such row.
    Versions(Vec<Option<u64>>),
    /// The rows that the remote named as ones it will not have. It took the others.
    Uploaded {
        refused: Vec<(Mark, Refusal)>,
    },
    Deleted,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EndpointRole {
    Local,
    Remote,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    Ascending,
    Descending,
}

/// The same of both ends.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PerEndpoint<T> {
    pub local: T,
    pub remote: T,
}

/// A table as a whole.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Meta {
    pub count: u64,
    /// The lowest and the highest version, if there is a row.
    pub extremes: Option<(u64, u64)>,
    /// Local only: everything that will ever lie below this version is committed.
    pub horizon: u64,
    /// Local only: changes when the database is restored or replaced.
    pub epoch: String,
}

/// Some rows of a span.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page {
    /// What the rows cover: the part of the span asked for that begins at the side where reading began. It ends between
    /// two versions, and is all of the span if no rows are left.
    pub covers: Span,
    /// All rows of it, in the order of marks, whichever way they were read.
    pub marks: Vec<Mark>,
}

/// Why there is no answer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SyncFault {
    /// Nothing is known about whether a change was made.
    #[error("no answer: {0}")]
    Unavailable(String),
    /// An end understood, and will not. Of an upload: some row of it is at fault.
    #[error("refused: {0}")]
    Refused(String),
}
