//! A table in MySQL or MariaDB, as local endpoint only. Nothing is written but its summaries.
//!
//! Always: an answer is read in one InnoDB snapshot. Types unknown to JSON travel as text that MySQL writes and other
//! databases read, in UTC.

mod fold;
mod horizon;
mod migration;
mod open;
mod read;
mod rows;
mod shape;
mod sql;

use std::sync::atomic::AtomicBool;

use async_trait::async_trait;
use engine::sync::{Mark, Refusal, Row, integer_key};
use futures::TryStreamExt as _;
use sqlx::{AssertSqlSafe, FromRow, MySqlConnection, MySqlPool, mysql::MySqlRow};

use self::{horizon::Horizon, open::Server, shape::Shape};
use crate::{
    Migration, TableError, TableSpec,
    current::Current,
    database::{self, Counter, Database, Identity, Snapshot},
    error::at,
};

pub struct MysqlTable {
    location: String,
    pool: MySqlPool,
    spec: TableSpec,
    database: String,
    server: Current<Server>,
    shape: Current<Shape>,
    horizon: Horizon,
    read: Counter,
    /// Whether the summaries were found not to match the rows.
    summaries_mismatch: AtomicBool,
}

#[async_trait]
impl Database for MysqlTable {
    fn location(&self) -> &str {
        &self.location
    }

    fn read(&self) -> &Counter {
        &self.read
    }

    async fn refresh_summaries(&self) -> Result<(), TableError> {
        self.fold().await
    }

    async fn snapshot(&self) -> Result<Box<dyn Snapshot>, TableError> {
        Ok(Box::new(read::MysqlSnapshot::of(self).await?))
    }

    async fn refresh(&self) -> Result<(), TableError> {
        let failed = at(&self.location);
        let mut connection = self.pool.acquire().await.map_err(&failed)?;
        self.server.set(open::server(&mut connection).await.map_err(&failed)?);
        self.shape.set(Shape::read(&mut connection, &self.spec, &self.database, &self.location).await?);
        Ok(())
    }

    fn columns(&self) -> Vec<engine::sync::Column> {
        self.shape.get().columns.iter().map(shape::Column::told).collect()
    }

    async fn horizon(&self) -> Result<database::Horizon, TableError> {
        self.find_horizon().await
    }

    /// Server identity and InnoDB's number of the table, which changes with a restored dump, a `TRUNCATE`, and an
    /// `ALTER TABLE` that copies.
    async fn identity(&self) -> Result<Identity, TableError> {
        let (server, failed) = (self.server.get(), at(&self.location));
        let mut connection = self.pool.acquire().await.map_err(&failed)?;
        let Some(sql) = self.shape.get().number_in_innodb(&server) else {
            return Ok(Identity { epoch: server.id.clone(), ..Identity::default() });
        };
        let number: Option<(u64,)> = one(&mut connection, &sql).await.map_err(&failed)?;
        let number = number.map_or_else(|| "unknown".to_owned(), |(number,)| number.to_string());
        Ok(Identity { epoch: format!("{}, table {number}", server.id), ..Identity::default() })
    }

    async fn current_marks(&self, keys: &[i64]) -> Result<Vec<Mark>, TableError> {
        if keys.is_empty() {
            return Ok(Vec::new());
        }
        let shape = self.shape.get();
        let Shape { table, key, version, .. } = &*shape;
        let sql = format!(
            "SELECT CAST({key} AS SIGNED), CAST({version} AS SIGNED) FROM {table} WHERE {key} IN ({})",
            sql::numbers(keys)
        );
        let failed = at(&self.location);
        let mut connection = self.pool.acquire().await.map_err(&failed)?;
        let found: Vec<(i64, i64)> = all(&mut connection, &sql).await.map_err(&failed)?;
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

    async fn upload(&self, _: Vec<Row>) -> Result<Vec<(Mark, Refusal)>, TableError> {
        Err(TableError::CannotBeCopy { location: self.location.clone() })
    }

    async fn delete(&self, _: &[Mark]) -> Result<Vec<(Mark, Refusal)>, TableError> {
        Err(TableError::CannotBeCopy { location: self.location.clone() })
    }

    async fn migration(&self) -> Result<Migration, TableError> {
        self.plan().await
    }

    async fn migrate(&self) -> Result<(), TableError> {
        self.apply().await
    }
}

/// Runs a query without preparing it.
async fn all<T>(connection: &mut MySqlConnection, sql: &str) -> Result<Vec<T>, sqlx::Error>
where
    T: for<'r> FromRow<'r, MySqlRow>,
{
    let rows = sqlx::raw_sql(AssertSqlSafe(sql)).fetch(connection);
    rows.and_then(|row| async move { T::from_row(&row) }).try_collect().await
}

async fn one<T>(connection: &mut MySqlConnection, sql: &str) -> Result<Option<T>, sqlx::Error>
where
    T: for<'r> FromRow<'r, MySqlRow>,
{
    Ok(all(connection, sql).await?.into_iter().next())
}

async fn run(connection: &mut MySqlConnection, sql: &str) -> Result<(), sqlx::Error> {
    sqlx::raw_sql(AssertSqlSafe(sql)).execute(connection).await.map(drop)
}
