//! The interface of a database, so that the rest of this crate is independent of the product.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use async_trait::async_trait;
use engine::sync::{Column, HeldBack, Mark, Order, Refusal, Row, Span};

use crate::{Migration, TableError, range_sums::Sum};

/// A table in its database.
#[async_trait]
pub trait Database: Send + Sync {
    /// Location for display, without secrets: `table orders of postgres://db.internal/shop`.
    fn location(&self) -> &str;
    /// Counter of rows read so far, from the table and its summaries.
    fn read(&self) -> &Counter;
    /// Reads the table's shape again, and opens a file again that was replaced. Once for each evaluation.
    async fn refresh(&self) -> Result<(), TableError>;
    /// The columns that are sent or written, beside key and version.
    fn columns(&self) -> Vec<Column>;
    /// Folds pending changes into the summaries, if there are any. Answers are correct without it, but slower.
    async fn refresh_summaries(&self) -> Result<(), TableError>;
    /// A consistent view of the committed data.
    async fn snapshot(&self) -> Result<Box<dyn Snapshot>, TableError>;
    /// The version below which no row will be committed from now on. Every later snapshot sees all rows below it.
    async fn horizon(&self) -> Result<Horizon, TableError>;
    async fn identity(&self) -> Result<Identity, TableError>;
    /// Marks of the existing rows with these keys, in any order.
    async fn current_marks(&self, keys: &[i64]) -> Result<Vec<Mark>, TableError>;
    /// The rows with these keys, in their current version.
    async fn rows(&self, keys: &[i64]) -> Result<Vec<Row>, TableError>;
    /// About how many bytes the rows with these keys have, in any order. A row that is not named has next to none.
    async fn sizes(&self, keys: &[i64]) -> Result<Vec<(i64, u64)>, TableError>;
    async fn upload(&self, rows: Vec<Row>) -> Result<Vec<(Mark, Refusal)>, TableError>;
    /// Deletes rows; returns those that the database refuses to delete.
    async fn delete(&self, marks: &[Mark]) -> Result<Vec<(Mark, Refusal)>, TableError>;
    async fn migration(&self) -> Result<Migration, TableError>;
    async fn migrate(&self) -> Result<(), TableError>;
}

/// Identity of a database and of a table's storage; see [`engine::sync::Meta`].
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Identity {
    pub epoch: String,
    pub clock: Option<u64>,
    pub storage: Option<String>,
}

/// The version below which rows are final, and what holds back the committed rows above it. Their number is added
/// later.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Horizon {
    pub below: u64,
    pub held_back: Option<HeldBack>,
}

/// Receives the mark of each row read.
pub type TakeRow<'a> = dyn FnMut(Mark) + Send + 'a;
/// Receives the number and the sum of each block read.
pub type TakeBlock<'a> = dyn FnMut(u64, Sum) + Send + 'a;

/// A consistent snapshot of a table and its summaries. Spans passed here are not empty, sorted, and do not touch.
#[async_trait]
pub trait Snapshot: Send {
    /// Whether summaries are complete, so that blocks can be read.
    fn summarised(&self) -> bool;
    /// Whether an index on the version finds rows without reading all of them.
    fn indexed(&self) -> bool;
    /// Number of rows in a span.
    async fn count(&mut self, span: Span) -> Result<u64, TableError>;
    /// Number of rows in each span, counted up to `most`.
    async fn count_few(&mut self, spans: &[Span], most: u64) -> Result<Vec<u64>, TableError>;
    /// Lowest and highest version; `None` for an empty table.
    async fn extremes(&mut self) -> Result<Option<(i64, i64)>, TableError>;
    /// Version of the row after `before` others, from the start or the end of the span.
    async fn nth(&mut self, span: Span, order: Order, before: u64) -> Result<Option<u64>, TableError>;
    /// Every row of the spans, in any order.
    async fn rows(&mut self, spans: &[Span], take: &mut TakeRow<'_>) -> Result<(), TableError>;
    /// The blocks of a level whose numbers lie in the spans.
    async fn blocks(&mut self, level: u32, spans: &[Span], take: &mut TakeBlock<'_>) -> Result<(), TableError>;
    /// Pending changes: sums to add to blocks of the narrowest level, and to the levels above.
    async fn changes(&mut self, take: &mut TakeBlock<'_>) -> Result<(), TableError>;
}

/// A shared counter of rows read.
#[derive(Clone, Debug, Default)]
pub struct Counter(Arc<AtomicU64>);

impl Counter {
    pub fn add(&self, rows: u64) {
        self.0.fetch_add(rows, Ordering::Relaxed);
    }

    pub fn get(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}
