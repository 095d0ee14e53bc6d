//! A table, whichever database it lies in, as either end of a sync.

use std::sync::Arc;

use async_trait::async_trait;
use engine::sync::{Cell, Local, Mark, Meta, Order, Page, Refusal, Remote, Row, Span, SyncFault, TableEndpoint, Usage};

use crate::{
    Migration, TableError, TableSpec, answer,
    database::{Database, Snapshot},
    mysql::MysqlTable,
    postgres::PostgresTable,
    span::below,
    sqlite::SqliteTable,
};

/// Cheap to clone: all clones share the connections.
#[derive(Clone)]
pub struct Table {
    database: Arc<dyn Database>,
    follows: bool,
}

impl Table {
    /// Connects, and checks that the table can be kept in step: that the columns exist, that the key is unique, that
    /// both it and the version are integers and never null.
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
        Ok(Self { database, follows: false })
    }

    /// The same as the end that follows, whose horizon nobody asks for: it is told as 0, and no open transaction is
    /// waited for.
    #[must_use]
    pub fn following(self) -> Self {
        Self { follows: true, ..self }
    }

    /// Whether ranges are read from summaries.
    pub async fn summarised(&self) -> Result<bool, TableError> {
        Ok(self.snapshot().await?.summarised())
    }

    /// What would make it quick to compare. Nothing is done.
    pub async fn migration(&self) -> Result<Migration, TableError> {
        self.database.migration().await
    }

    /// Does what [`Table::migration`] says. Only when an operator asks for it. May be repeated, and after a failure is.
    pub async fn migrate(&self) -> Result<(), TableError> {
        self.database.migrate().await
    }

    /// About how many rows lie in each of at most so many pieces of the versions in use, side by side; none of an empty
    /// table. Exact and cheap with summaries; else an estimate from at most a thousand rows a piece.
    pub async fn blocks(&self, pieces: usize) -> Result<Vec<(Span, u64)>, TableError> {
        answer::map(&mut *self.snapshot().await?, self.database.location(), pieces).await
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
        self.database.tidy().await?;
        // Before the snapshot: what lies below it is in every later snapshot.
        let horizon = if self.follows { 0 } else { self.database.horizon().await? };
        let epoch = self.database.epoch().await?;
        let mut snapshot = self.snapshot().await?;
        let extremes = snapshot.extremes().await?;
        if let Some((low, _)) = extremes.filter(|(low, _)| *low < 0) {
            return Err(TableError::Negative { place: self.location(), version: low }.into());
        }
        let count = answer::count(&mut *snapshot, self.database.location(), Span::ALL).await?;
        let extremes = extremes.map(|(low, high)| (low.unsigned_abs(), high.unsigned_abs()));
        Ok(Meta { count, extremes, horizon, epoch })
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
}

#[async_trait]
impl Local for Table {
    async fn current_versions(&self, keys: &[u64]) -> Result<Vec<Option<u64>>, SyncFault> {
        let asked: Vec<_> = keys.iter().map(|key| key.cast_signed()).collect();
        let marks = self.database.held(&asked).await?;
        let versions: std::collections::HashMap<_, _> = marks.iter().map(|mark| (mark.key, mark.version)).collect();
        Ok(keys.iter().map(|key| versions.get(key).copied()).collect())
    }

    async fn rows(&self, marks: &[Mark]) -> Result<Vec<Row>, SyncFault> {
        let keys: Vec<_> = marks.iter().map(|mark| mark.key.cast_signed()).collect();
        let wanted: std::collections::HashSet<_> = marks.iter().collect();
        let mut rows = self.database.rows(&keys).await?;
        rows.retain(|row| {
            let key = row.key.as_i64().unwrap_or_default().cast_unsigned();
            wanted.contains(&Mark { version: row.version, key })
        });
        Ok(rows)
    }
}

#[async_trait]
impl Remote for Table {
    async fn upload(&self, rows: Vec<Row>) -> Result<Vec<(Mark, Refusal)>, SyncFault> {
        // Rows at fault are in the answer; where there is none, something else is, and dividing the rows finds nothing.
        self.database.upload(rows).await.map_err(|error| SyncFault::Unavailable(error.to_string()))
    }

    async fn delete(&self, marks: &[Mark]) -> Result<(), SyncFault> {
        Ok(self.database.delete(marks).await?)
    }
}
