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

pub use self::open::Shape;
use crate::{
    Migration, TableError,
    database::{Counter, Database, Snapshot},
    error::at,
};

pub struct SqliteTable {
    location: String,
    pool: SqlitePool,
    shape: Arc<Shape>,
    read: Counter,
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

    async fn horizon(&self) -> Result<u64, TableError> {
        let highest = self.snapshot().await?.extremes().await?.map_or(0, |(_, highest)| highest.saturating_add(1));
        Ok(u64::try_from(highest).unwrap_or_default())
    }

    async fn epoch(&self) -> Result<String, TableError> {
        let kept: Option<(bool,)> = sqlx::query_as("SELECT TRUE FROM sqlite_schema WHERE type = 'table' AND name = $1")
            .bind(crate::naming::part(&self.shape.name, "epoch"))
            .fetch_optional(&self.pool)
            .await
            .map_err(at(&self.location))?;
        if kept.is_none() {
            return self.epoch_of_file();
        }
        let sql = format!("SELECT epoch FROM {}", self.shape.parts.epoch);
        let (epoch,): (String,) =
            sqlx::query_as(AssertSqlSafe(sql)).fetch_one(&self.pool).await.map_err(at(&self.location))?;
        Ok(epoch)
    }

    async fn current_marks(&self, keys: &[i64]) -> Result<Vec<Mark>, TableError> {
        let Shape { table, key, version, .. } = &*self.shape;
        let sql = format!("SELECT {key}, {version} FROM {table} WHERE {key} IN (SELECT value FROM json_each($1))");
        let found: Vec<(i64, i64)> = sqlx::query_as(AssertSqlSafe(sql))
            .bind(json(keys))
            .fetch_all(&self.pool)
            .await
            .map_err(at(&self.location))?;
        self.read.add(found.len() as u64);
        let mark = |(key, version): (i64, i64)| Mark { version: version.cast_unsigned(), key: integer_key(key) };
        Ok(found.into_iter().map(mark).collect())
    }

    async fn rows(&self, keys: &[i64]) -> Result<Vec<Row>, TableError> {
        self.whole_rows(keys).await
    }

    async fn upload(&self, rows: Vec<Row>) -> Result<Vec<(Mark, Refusal)>, TableError> {
        self.write(rows).await
    }

    async fn delete(&self, marks: &[Mark]) -> Result<(), TableError> {
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
