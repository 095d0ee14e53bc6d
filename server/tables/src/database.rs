//! What a database has to do, so that the rest of this crate need not know which it is.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use async_trait::async_trait;
use engine::sync::{Mark, Order, Refusal, Row, Span};

use crate::{Migration, TableError, tally::Sum};

/// A table in its database.
#[async_trait]
pub trait Database: Send + Sync {
    /// `table orders of postgres://db.internal/shop`
    fn location(&self) -> &str;
    /// Rows read so far, of the table and of its summaries.
    fn read(&self) -> &Counter;
    /// Brings the summaries up to date, if there are any. Answers are right without, but slower.
    async fn tidy(&self) -> Result<(), TableError>;
    /// A view of what is committed now.
    async fn snapshot(&self) -> Result<Box<dyn Snapshot>, TableError>;
    /// Everything that will ever lie below the version told is committed, and seen by every later snapshot.
    async fn horizon(&self) -> Result<u64, TableError>;
    /// Another after the database was restored or replaced.
    async fn epoch(&self) -> Result<String, TableError>;
    async fn held(&self, keys: &[i64]) -> Result<Vec<Mark>, TableError>;
    /// Those with one of the keys, whichever version they have.
    async fn rows(&self, keys: &[i64]) -> Result<Vec<Row>, TableError>;
    async fn upload(&self, rows: Vec<Row>) -> Result<Vec<(Mark, Refusal)>, TableError>;
    async fn delete(&self, marks: &[Mark]) -> Result<(), TableError>;
    async fn migration(&self) -> Result<Migration, TableError>;
    async fn migrate(&self) -> Result<(), TableError>;
}

/// What a reader does with a row, and with a block: its number and what it comes to.
pub type TakeRow<'a> = dyn FnMut(Mark) + Send + 'a;
pub type TakeBlock<'a> = dyn FnMut(u64, Sum) + Send + 'a;

/// One state of a table and its summaries. Spans here have at least one version each, are in order and do not touch.
#[async_trait]
pub trait Snapshot: Send {
    /// Whether blocks can be read.
    fn summarised(&self) -> bool;
    /// Whether a few rows out of many are found without reading all.
    fn indexed(&self) -> bool;
    async fn count(&mut self, span: Span) -> Result<u64, TableError>;
    /// Rows in each span, counted up to `most`.
    async fn count_few(&mut self, spans: &[Span], most: u64) -> Result<Vec<u64>, TableError>;
    /// The lowest and the highest version, if there is a row.
    async fn extremes(&mut self) -> Result<Option<(i64, i64)>, TableError>;
    /// The version of the row with so many before it, from one end of the span.
    async fn nth(&mut self, span: Span, order: Order, before: u64) -> Result<Option<u64>, TableError>;
    /// Every row of the spans, in any order.
    async fn rows(&mut self, spans: &[Span], take: &mut TakeRow<'_>) -> Result<(), TableError>;
    /// The blocks of a level, by numbers.
    async fn blocks(&mut self, level: u32, spans: &[Span], take: &mut TakeBlock<'_>) -> Result<(), TableError>;
    /// What has to be added to the blocks of the narrowest level, and to those above them.
    async fn changes(&mut self, take: &mut TakeBlock<'_>) -> Result<(), TableError>;
}

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
