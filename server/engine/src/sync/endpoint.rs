//! The endpoints of a sync as traits: a table in a database, or the API of a remote.
//!
//! Always: an endpoint answers from committed data, and any question may be repeated. Its usage counters only grow.

use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::cell::{Cell, Mark};
use super::content::ContentSum;
use super::exchange::{Meta, Order, Page, SyncFault};
use super::quarantine::Refusal;
use super::span::Span;

/// A row in transit. A value is null, a boolean, a number, a text, or `{"base64": "…"}` for bytes; other types of a
/// database (times, decimals, JSON) travel as text in the form that the database both writes and reads.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Row {
    /// An integer or a text.
    pub key: Value,
    pub version: u64,
    /// The other columns by name.
    pub values: Map<String, Value>,
}

/// Most bytes of rows read at once, unless a single row has more.
pub const BATCH_BYTES: u64 = 8 << 20;

/// Rows of the first of the requested marks.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct RowBatch {
    /// Number of marks that were looked up.
    pub taken: usize,
    pub rows: Vec<Row>,
}

/// Resources that an endpoint used since it was opened.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Usage {
    /// HTTP requests to a remote.
    pub requests: u64,
    /// Bytes of request bodies, compressed as sent.
    pub bytes_sent: u64,
    pub bytes_received: u64,
    /// Rows read from the table and its summaries, as far as the endpoint knows.
    pub rows: u64,
}

impl Usage {
    /// Usage since an earlier reading.
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

/// What both endpoints can answer.
#[async_trait]
pub trait TableEndpoint: Send + Sync {
    /// Location for display, without secrets: `table orders of postgres://db.internal/shop`.
    fn location(&self) -> String;

    fn usage(&self) -> Usage;

    async fn meta(&self) -> Result<Meta, SyncFault>;

    /// The cell of each span, or with `split` of each of its pieces by [`Span::split`]; only rows below `below` count.
    async fn cells(&self, spans: &[Span], split: bool, below: u64) -> Result<Vec<Cell>, SyncFault>;

    /// Number of rows in a span.
    async fn count(&self, span: Span) -> Result<u64, SyncFault>;

    /// The rows of each span that lie below `below`, in the order of marks.
    async fn list(&self, spans: &[Span], below: u64) -> Result<Vec<Vec<Mark>>, SyncFault>;

    /// About `limit` rows from the start or the end of the span; rows of one version are never separated.
    async fn page(&self, span: Span, order: Order, limit: usize) -> Result<Page, SyncFault>;

    /// The sum of the rows' digests over these columns, for each span; only rows below `below` count.
    async fn contents(&self, spans: &[Span], columns: &[String], below: u64) -> Result<Vec<ContentSum>, SyncFault>;

    /// The digest over these columns of each row of a span below `below`.
    async fn content_rows(&self, span: Span, columns: &[String], below: u64) -> Result<Vec<(Mark, u128)>, SyncFault>;
}

/// The local endpoint: the source of truth.
#[async_trait]
pub trait Local: TableEndpoint {
    /// Current versions of the rows with these keys, in that order; `None` where there is no such row.
    async fn current_versions(&self, keys: &[u64]) -> Result<Vec<Option<u64>>, SyncFault>;

    /// The rows among the first marks that still have the given version, in any order: of as many marks as have about
    /// [`BATCH_BYTES`] together, at least of one.
    async fn rows(&self, marks: &[Mark]) -> Result<RowBatch, SyncFault>;
}

/// The remote endpoint: the copy.
#[async_trait]
pub trait Remote: TableEndpoint {
    /// Stores rows, except those older than its own, and replaces rows of the same version; returns the rows that it
    /// refuses.
    async fn upload(&self, rows: Vec<Row>) -> Result<Vec<(Mark, Refusal)>, SyncFault>;

    /// Deletes the rows whose key and version still match; returns those that it refuses to delete.
    async fn delete(&self, marks: &[Mark]) -> Result<Vec<(Mark, Refusal)>, SyncFault>;
}
