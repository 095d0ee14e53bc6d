//! A table in any supported database, as an endpoint of a sync.

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
};

use async_trait::async_trait;
use engine::sync::{
    BATCH_BYTES, Cell, ContentSum, Local, Mark, Meta, Order, Page, Refusal, Remote, Row, RowBatch, Span, SyncFault,
    TableEndpoint, Usage, digest,
};

use crate::{
    Migration, TableError, TableSpec, answer,
    database::{Database, Horizon, Identity, Snapshot},
    mysql::MysqlTable,
    postgres::PostgresTable,
    span::below,
    sqlite::SqliteTable,
};

/// Most rows read at once to compare contents.
const CONTENT_ROWS: usize = 500;

/// An open table. Cheap to clone: clones share the connections.
#[derive(Clone)]
pub struct Table {
    database: Arc<dyn Database>,
    is_copy: bool,
}

impl Table {
    /// Connects, and checks that the table can be synced: the columns exist, the key is unique, key and version are
    /// integers and never null.
    pub async fn open(spec: TableSpec) -> Result<Self, TableError> {
        let database: Arc<dyn Database> = if spec.url.starts_with("sqlite:") {
            Arc::new(SqliteTable::open(&spec).await?)
        } else if spec.url.starts_with("postgres://") || spec.url.starts_with("postgresql://") {
            Arc::new(PostgresTable::open(&spec).await?)
        } else if spec.url.starts_with("mysql://") || spec.url.starts_with("mariadb://") {
            Arc::new(MysqlTable::open(&spec).await?)
        } else {
            return Err(TableError::Url);
        };
        Ok(Self { database, is_copy: false })
    }

    /// The table as remote endpoint: its horizon is not needed, is reported as 0, and waits for no open transaction.
    #[must_use]
    pub fn as_copy(self) -> Self {
        Self { is_copy: true, ..self }
    }

    /// Whether complete summaries exist.
    pub async fn summarised(&self) -> Result<bool, TableError> {
        Ok(self.snapshot().await?.summarised())
    }

    /// The migration that makes the table fast to compare, without applying it.
    pub async fn migration(&self) -> Result<Migration, TableError> {
        self.database.migration().await
    }

    /// Applies [`Table::migration`]. Call this only on request of an operator. May be repeated, also after a failure.
    pub async fn migrate(&self) -> Result<(), TableError> {
        self.database.migrate().await
    }

    /// Splits the versions in use into at most `pieces` adjacent spans, each with its row count. Exact and cheap with
    /// summaries, otherwise an estimate from at most a thousand rows per piece. Empty for an empty table.
    pub async fn blocks(&self, pieces: usize) -> Result<Vec<(Span, u64)>, TableError> {
        answer::map(&mut *self.snapshot().await?, self.database.location(), pieces).await
    }

    /// Passes the digest of each row that still has its version.
    async fn each_content(
        &self,
        marks: &[Mark],
        columns: &[String],
        mut take: impl FnMut(Mark, u128),
    ) -> Result<(), SyncFault> {
        let mut rest = marks;
        while !rest.is_empty() {
            let RowBatch { taken, rows } = Local::rows(self, &rest[..rest.len().min(CONTENT_ROWS)]).await?;
            for row in &rows {
                let mark = mark_of(row);
                take(mark, digest(mark, row, columns));
            }
            rest = &rest[taken.max(1)..];
        }
        Ok(())
    }

    async fn snapshot(&self) -> Result<Box<dyn Snapshot>, TableError> {
        self.database.snapshot().await
    }
}

#[async_trait]
impl TableEndpoint for Table {
    fn location(&self) -> String {
        self.database.location().to_owned()
    }

    fn usage(&self) -> Usage {
        Usage { rows: self.database.read().get(), ..Usage::default() }
    }

    async fn meta(&self) -> Result<Meta, SyncFault> {
        self.database.refresh().await?;
        self.database.refresh_summaries().await?;
        // Read before the snapshot: every later snapshot contains all rows below the horizon.
        let horizon = if self.is_copy { Horizon::default() } else { self.database.horizon().await? };
        let identity = if self.is_copy { Identity::default() } else { self.database.identity().await? };
        let mut snapshot = self.snapshot().await?;
        let extremes = snapshot.extremes().await?;
        if let Some((low, _)) = extremes.filter(|(low, _)| *low < 0) {
            return Err(TableError::Negative { location: self.location(), version: low }.into());
        }
        let count = answer::count(&mut *snapshot, self.database.location(), Span::ALL).await?;
        let extremes = extremes.map(|(low, high)| (low.unsigned_abs(), high.unsigned_abs()));
        let mut held_back = horizon.held_back;
        if let Some(held_back) = &mut held_back {
            let above = Span { from: horizon.below, until: Span::END };
            held_back.rows = answer::count(&mut *snapshot, self.database.location(), above).await?;
        }
        let Identity { epoch, clock, storage } = identity;
        Ok(Meta {
            count,
            extremes,
            horizon: horizon.below,
            epoch,
            clock,
            storage,
            columns: Some(self.database.columns()),
            compares: true,
            held_back: held_back.filter(|held_back| held_back.rows > 0),
        })
    }

    async fn cells(&self, spans: &[Span], split: bool, below: u64) -> Result<Vec<Cell>, SyncFault> {
        let bounded = |span: Span| self::below(span, below);
        let pieces: Vec<_> = if split {
            spans.iter().flat_map(Span::split).map(bounded).collect()
        } else {
            spans.iter().copied().map(bounded).collect()
        };
        Ok(answer::cells(&mut *self.snapshot().await?, self.database.location(), &pieces).await?)
    }

    async fn count(&self, span: Span) -> Result<u64, SyncFault> {
        Ok(answer::count(&mut *self.snapshot().await?, self.database.location(), span).await?)
    }

    async fn list(&self, spans: &[Span], below: u64) -> Result<Vec<Vec<Mark>>, SyncFault> {
        let spans: Vec<_> = spans.iter().map(|span| self::below(*span, below)).collect();
        Ok(answer::list(&mut *self.snapshot().await?, self.database.location(), &spans).await?)
    }

    async fn page(&self, span: Span, order: Order, limit: usize) -> Result<Page, SyncFault> {
        Ok(answer::page(&mut *self.snapshot().await?, self.database.location(), span, order, limit).await?)
    }

    async fn contents(&self, spans: &[Span], columns: &[String], below: u64) -> Result<Vec<ContentSum>, SyncFault> {
        let mut sums = Vec::with_capacity(spans.len());
        for marks in self.list(spans, below).await? {
            let mut sum = ContentSum::default();
            self.each_content(&marks, columns, |_, digest| sum.add(digest)).await?;
            sums.push(sum);
        }
        Ok(sums)
    }

    async fn content_rows(&self, span: Span, columns: &[String], below: u64) -> Result<Vec<(Mark, u128)>, SyncFault> {
        let mut rows = Vec::new();
        for marks in self.list(&[span], below).await? {
            self.each_content(&marks, columns, |mark, digest| rows.push((mark, digest))).await?;
        }
        Ok(rows)
    }
}

#[async_trait]
impl Local for Table {
    async fn current_versions(&self, keys: &[u64]) -> Result<Vec<Option<u64>>, SyncFault> {
        let requested: Vec<_> = keys.iter().map(|key| key.cast_signed()).collect();
        let marks = self.database.current_marks(&requested).await?;
        let versions: HashMap<_, _> = marks.iter().map(|mark| (mark.key, mark.version)).collect();
        Ok(keys.iter().map(|key| versions.get(key).copied()).collect())
    }

    async fn rows(&self, marks: &[Mark]) -> Result<RowBatch, SyncFault> {
        let keys: Vec<_> = marks.iter().map(|mark| mark.key.cast_signed()).collect();
        let sizes: HashMap<_, _> = self.database.sizes(&keys).await?.into_iter().collect();
        let mut bytes = 0;
        let fits = |key: &&i64| {
            bytes += sizes.get(*key).copied().unwrap_or_default();
            bytes <= BATCH_BYTES
        };
        let taken = keys.iter().take_while(fits).count().max(1).min(keys.len());
        let wanted: HashSet<_> = marks[..taken].iter().collect();
        let mut rows = self.database.rows(&keys[..taken]).await?;
        rows.retain(|row| wanted.contains(&mark_of(row)));
        Ok(RowBatch { taken, rows })
    }
}

fn mark_of(row: &Row) -> Mark {
    Mark { version: row.version, key: row.key.as_i64().unwrap_or_default().cast_unsigned() }
}

#[async_trait]
impl Remote for Table {
    async fn upload(&self, rows: Vec<Row>) -> Result<Vec<(Mark, Refusal)>, SyncFault> {
        self.database.upload(rows).await.map_err(not_a_row)
    }

    async fn delete(&self, marks: &[Mark]) -> Result<Vec<(Mark, Refusal)>, SyncFault> {
        self.database.delete(marks).await.map_err(not_a_row)
    }
}

/// The fault of a write whose answer already names the rows at fault: it has another cause, which bisecting the batch
/// cannot find.
fn not_a_row(error: TableError) -> SyncFault {
    match error.into() {
        SyncFault::Refused(error) => SyncFault::Failed(error),
        fault => fault,
    }
}
