//! A table in SQLite.
//!
//! SQLite has one writer at a time, so versions commit in order, provided that the transaction that writes a row also
//! takes its version: then everything up to the highest version is committed. A version that a program takes earlier
//! (a clock, a counter in memory) may be overtaken by another, and is not safe.
//!
//! Always: a user's file is changed only as requested; even its journal mode stays.

mod migration;
mod open;
mod read;
mod write;

use std::sync::Arc;

use async_trait::async_trait;
use engine::sync::{Mark, Refusal, Row, integer_key};
use sqlx::{AssertSqlSafe, SqlitePool};

use self::open::Opened;
pub use self::open::Shape;
use crate::{
    Migration, TableError, TableSpec,
    current::Current,
    database::{Counter, Database, Horizon, Identity, Snapshot},
    error::at,
};

pub struct SqliteTable {
    location: String,
    spec: TableSpec,
    opened: Current<Opened>,
    read: Counter,
}

impl SqliteTable {
    fn pool(&self) -> SqlitePool {
        self.opened.get().pool.clone()
    }

    fn shape(&self) -> Arc<Shape> {
        Arc::clone(&self.opened.get().shape)
    }
}

#[async_trait]
impl Database for SqliteTable {
    fn location(&self) -> &str {
        &self.location
    }

    fn read(&self) -> &Counter {
        &self.read
    }

    async fn snapshot(&self) -> Result<Box<dyn Snapshot>, TableError> {
        Ok(Box::new(read::SqliteSnapshot::of(self).await?))
    }

    async fn refresh_summaries(&self) -> Result<(), TableError> {
        self.refresh().await
    }

    async fn refresh(&self) -> Result<(), TableError> {
        let opened = self.opened.get().again(&self.spec, &self.location).await?;
        self.opened.set(opened);
        Ok(())
    }

    fn columns(&self) -> Vec<engine::sync::Column> {
        self.shape().columns.iter().map(open::Column::told).collect()
    }

    async fn horizon(&self) -> Result<Horizon, TableError> {
        let highest = self.snapshot().await?.extremes().await?.map_or(0, |(_, highest)| highest.saturating_add(1));
        Ok(Horizon { below: u64::try_from(highest).unwrap_or_default(), held_back: None })
    }

    /// The file itself, and the epoch that the migration wrote into it; the clock is the number of changes that
    /// SQLite keeps in it. A table that was dropped and made again has another version of the schema.
    async fn identity(&self) -> Result<Identity, TableError> {
        let (pool, shape) = (self.pool(), self.shape());
        let failed = at(&self.location);
        let (schema,): (i64,) = sqlx::query_as("PRAGMA schema_version").fetch_one(&pool).await.map_err(&failed)?;
        let kept: Option<(bool,)> = sqlx::query_as("SELECT TRUE FROM sqlite_schema WHERE type = 'table' AND name = $1")
            .bind(crate::naming::part(&shape.name, "epoch"))
            .fetch_optional(&pool)
            .await
            .map_err(&failed)?;
        let mut epoch = self.epoch_of_file();
        if kept.is_some() {
            let sql = format!("SELECT epoch FROM {}", shape.parts.epoch);
            let (kept,): (String,) = sqlx::query_as(AssertSqlSafe(sql)).fetch_one(&pool).await.map_err(&failed)?;
            epoch = format!("{epoch}, made as {kept}");
        }
        Ok(Identity { epoch, clock: open::changes(&shape.file), storage: Some(format!("schema {schema}")) })
    }

    async fn current_marks(&self, keys: &[i64]) -> Result<Vec<Mark>, TableError> {
        let shape = self.shape();
        let Shape { table, key, version, .. } = &*shape;
        let sql = format!("SELECT {key}, {version} FROM {table} WHERE {key} IN (SELECT value FROM json_each($1))");
        let found: Vec<(i64, i64)> = sqlx::query_as(AssertSqlSafe(sql))
            .bind(json(keys))
            .fetch_all(&self.pool())
            .await
            .map_err(at(&self.location))?;
        self.read.add(found.len() as u64);
        let mark = |(key, version): (i64, i64)| Mark { version: version.cast_unsigned(), key: integer_key(key) };
        Ok(found.into_iter().map(mark).collect())
    }

    async fn rows(&self, keys: &[i64]) -> Result<Vec<Row>, TableError> {
        self.whole_rows(keys).await
    }

    async fn sizes(&self, keys: &[i64]) -> Result<Vec<(i64, u64)>, TableError> {
        self.row_sizes(keys).await
    }

    async fn upload(&self, rows: Vec<Row>) -> Result<Vec<(Mark, Refusal)>, TableError> {
        self.write(rows).await
    }

    async fn delete(&self, marks: &[Mark]) -> Result<Vec<(Mark, Refusal)>, TableError> {
        self.remove(marks).await
    }

    async fn migration(&self) -> Result<Migration, TableError> {
        self.plan().await
    }

    async fn migrate(&self) -> Result<(), TableError> {
        self.apply().await
    }
}

/// Numbers as a JSON list, for a single parameter.
fn json(numbers: &[i64]) -> String {
    serde_json::json!(numbers).to_string()
}
