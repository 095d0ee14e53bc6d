//! The messages between an evaluation and the two endpoints: questions, changes and their answers.
//!
//! An evaluation does no I/O: it returns the next question or change, and its driver returns the answer or the fault.
//! The driver knows where the endpoints are; tests drive evaluations with tables in memory.
//!
//! Always: the local endpoint answers from committed data. Where a question carries `local_below`, it leaves out rows
//! at or above that version, because transactions may still commit among them.

use serde::{Deserialize, Serialize};

use super::cell::{Cell, Mark};
use super::content::ContentSum;
use super::quarantine::Refusal;
use super::shape::Column;
use super::span::Span;
use super::verdict::Verdict;

/// The next step of an evaluation, until it is answered.
#[derive(Clone, Debug, PartialEq)]
pub enum Step {
    Ask(Question),
    Apply(Change),
    Done(Verdict),
}

/// A question to the endpoints. Questions change nothing.
#[derive(Clone, Debug, PartialEq)]
pub enum Question {
    /// Metadata of both tables → [`Answer::Meta`].
    Meta,
    /// The cells of the spans at both endpoints, or with `split` the cells of their pieces by [`Span::split`], in that
    /// order → [`Answer::Cells`].
    Cells { spans: Vec<Span>, split: bool, local_below: u64 },
    /// Number of rows below a version at both endpoints → [`Answer::Counts`].
    Counts { below: u64, local_below: u64 },
    /// Every row of the spans at both endpoints, span by span → [`Answer::Lists`].
    Lists { spans: Vec<Span>, local_below: u64 },
    /// About `limit` rows of one endpoint, from the start or the end of the span → [`Answer::Page`].
    Page { endpoint: EndpointRole, span: Span, order: Order, limit: usize },
    /// Sums of the values of the rows of each span at both endpoints → [`Answer::Contents`].
    Contents { spans: Vec<Span>, columns: Vec<String>, local_below: u64 },
    /// The digest of the values of each row of a span at both endpoints → [`Answer::ContentRows`].
    ContentRows { span: Span, columns: Vec<String>, local_below: u64 },
    /// Current versions of the local rows with these keys, without a version bound → [`Answer::Versions`].
    Versions { keys: Vec<u64> },
}

/// A change at the remote. Changes are idempotent.
#[derive(Clone, Debug, PartialEq)]
pub enum Change {
    /// Upload these local rows, without those that no longer exist. The remote keeps its row where that is newer
    /// → [`Answer::Uploaded`].
    Upload { marks: Vec<Mark> },
    /// Delete the rows whose key *and* version still match → [`Answer::Deleted`].
    Delete { marks: Vec<Mark> },
}

#[derive(Clone, Debug, PartialEq)]
pub enum Answer {
    Meta(Box<PerEndpoint<Meta>>),
    Cells(Vec<PerEndpoint<Cell>>),
    Counts(PerEndpoint<u64>),
    /// The rows of each span, in the order of marks.
    Lists(Vec<PerEndpoint<Vec<Mark>>>),
    Page(Page),
    Contents(Vec<PerEndpoint<ContentSum>>),
    ContentRows(PerEndpoint<Vec<(Mark, u128)>>),
    /// Versions in the order of the keys; `None` where there is no such row.
    Versions(Vec<Option<u64>>),
    /// The rows that the remote refused, of the first `taken` marks; it accepted the others. The marks behind them
    /// were not sent, because the rows before them are large.
    Uploaded {
        taken: usize,
        refused: Vec<(Mark, Refusal)>,
    },
    /// The rows that the remote refused to delete.
    Deleted {
        refused: Vec<(Mark, Refusal)>,
    },
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

/// One value for each endpoint.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PerEndpoint<T> {
    pub local: T,
    pub remote: T,
}

/// Metadata of a table.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Meta {
    /// Number of rows.
    pub count: u64,
    /// Lowest and highest version; `None` for an empty table.
    pub extremes: Option<(u64, u64)>,
    /// Local only: no row below this version will be committed from now on.
    pub horizon: u64,
    /// Local only: identity of the database; changes when it is restored or replaced.
    pub epoch: String,
    /// Local only: a number that only grows in the life of the database. Lower than before: an older state was
    /// restored.
    #[serde(default)]
    pub clock: Option<u64>,
    /// Local only: identity of the table's storage, which changes when all rows are rewritten at once.
    #[serde(default)]
    pub storage: Option<String>,
    /// Local: the columns to send. Remote: the columns that can be written; `None` if it does not tell.
    #[serde(default)]
    pub columns: Option<Vec<Column>>,
    /// Remote only: it replaces rows of the same version, and compares contents.
    #[serde(default)]
    pub compares: bool,
    /// Local only: what keeps committed rows above the horizon.
    #[serde(default)]
    pub held_back: Option<HeldBack>,
}

/// Committed rows that wait for an open transaction, which may still commit among them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HeldBack {
    pub rows: u64,
    /// Description of the transaction open longest.
    pub by: String,
    /// Its start in Unix milliseconds, if the database tells.
    pub since: Option<u64>,
}

/// A page of rows of a span.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page {
    /// Versions that the page covers: the part of the requested span where reading began. It ends between two versions,
    /// and is the whole span if no rows are left.
    pub covers: Span,
    /// All rows of `covers` in the order of marks, in both reading directions.
    pub marks: Vec<Mark>,
}

/// Reason why a question or change has no answer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SyncFault {
    /// The endpoint did not answer; a change may or may not have been made.
    #[error("no answer: {0}")]
    Unavailable(String),
    /// The endpoint understood and refused. For an upload: at least one of its rows is at fault.
    #[error("refused: {0}")]
    Refused(String),
    /// The endpoint refused for a reason that lies in no row, such as a missing permission.
    #[error("failed: {0}")]
    Failed(String),
}
