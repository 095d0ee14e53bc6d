//! The two ends of a sync, as whoever drives an evaluation reaches them: tables in databases, or the API of a remote.
//!
//! Always: an end answers from what is committed, and may be asked the same again. What it counts as spent only grows.

use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::cell::{Cell, Mark};
use super::exchange::{Meta, Order, Page, SyncFault};
use super::quarantine::Refusal;
use super::span::Span;

/// A row as it travels. A value is null, a boolean, a number, a text, or `{"base64": "…"}` for bytes; what a database
/// has beyond these (times, decimals, JSON) is text, which it reads as it writes it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Row {
    /// An integer or a text.
    pub key: Value,
    pub version: u64,
    /// The other columns by name.
    pub values: Map<String, Value>,
}

/// What an end has taken since it was opened.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Usage {
    /// To a remote over HTTP.
    pub requests: u64,
    /// Bodies, as they travelled.
    pub bytes_sent: u64,
    pub bytes_received: u64,
    /// Read from the table and its summaries, as far as the end knows.
    pub rows: u64,
}

impl Usage {
    /// What was taken since it was so much.
    #[must_use]
    pub fn since(&self, before: &Self) -> Self {
        Self {
            requests: self.requests.saturating_sub(before.requests),
            bytes_sent: self.bytes_sent.saturating_sub(before.bytes_sent),
            bytes_received: self.bytes_received.saturating_sub(before.bytes_received),
            rows: self.rows.saturating_sub(before.rows),
        }
    }
}

/// What both ends answer.
#[async_trait]
pub trait TableEndpoint: Send + Sync {
    /// For people, without secrets: `table orders of postgres://db.internal/shop`.
    fn location(&self) -> String;

    fn usage(&self) -> Usage;

    async fn meta(&self) -> Result<Meta, SyncFault>;

    /// The cell of each span, or of each of its pieces by [`Span::split`]; of rows below `below` alone.
    async fn cells(&self, spans: &[Span], split: bool, below: u64) -> Result<Vec<Cell>, SyncFault>;

    /// Rows in a span.
    async fn count(&self, span: Span) -> Result<u64, SyncFault>;

    /// The rows of each span, those below `below` alone, in the order of marks.
    async fn list(&self, spans: &[Span], below: u64) -> Result<Vec<Vec<Mark>>, SyncFault>;

    /// About `limit` rows from one end of the span: never a part of those of one version.
    async fn page(&self, span: Span, order: Order, limit: usize) -> Result<Page, SyncFault>;
}

/// The end that is the truth.
#[async_trait]
pub trait Local: TableEndpoint {
    /// The versions that the rows with these keys have now, in that order; `None` where there is no such row.
    async fn current_versions(&self, keys: &[u64]) -> Result<Vec<Option<u64>>, SyncFault>;

    /// These rows where they still have that version, in any order.
    async fn rows(&self, marks: &[Mark]) -> Result<Vec<Row>, SyncFault>;
}

/// The end that follows.
#[async_trait]
pub trait Remote: TableEndpoint {
    /// Takes rows, but for those older than what it has; answers which it will not have.
    async fn upload(&self, rows: Vec<Row>) -> Result<Vec<(Mark, Refusal)>, SyncFault>;

    /// Deletes rows where key and version still match.
    async fn delete(&self, marks: &[Mark]) -> Result<(), SyncFault>;
}
