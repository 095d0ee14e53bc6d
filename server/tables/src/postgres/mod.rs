//! A table in PostgreSQL.
//!
//! Always: an answer is read in one `REPEATABLE READ` transaction. Types unknown to JSON travel as text that PostgreSQL
//! writes and reads, with settings independent of the server's locale and time zone.

mod horizon;
mod migration;
mod open;
mod read;
mod rows;
mod shape;
mod write;

use async_trait::async_trait;
use engine::sync::{Mark, Refusal, Row, integer_key};
use sqlx::{AssertSqlSafe, PgPool};

use self::shape::Shape;
use crate::{
    Migration, TableError,
    database::{Counter, Database, Snapshot},
    error::at,
    horizon::Horizon,
};

pub struct PostgresTable {
    location: String,
    pool: PgPool,
    shape: Shape,
    horizon: Horizon,
    read: Counter,
}

#[async_trait]
impl Database for PostgresTable {
    fn location(&self) -> &str {
        &self.location
    }

    fn read(&self) -> &Counter {
        &self.read
    }

    async fn snapshot(&self) -> Result<Box<dyn Snapshot>, TableError> {
        Ok(Box::new(read::PostgresSnapshot::of(self).await?))
    }

    async fn refresh_summaries(&self) -> Result<(), TableError> {
        self.fold().await
    }

    async fn horizon(&self) -> Result<u64, TableError> {
        self.find_horizon().await
    }

    /// Cluster, timeline, database and table. A restored dump creates another table, a restored backup another
    /// timeline.
    async fn epoch(&self) -> Result<String, TableError> {
        let (permitted, within): (bool, String) = sqlx::query_as(
            "SELECT has_function_privilege('pg_control_system()', 'EXECUTE')
                AND has_function_privilege('pg_control_checkpoint()', 'EXECUTE'),
                    format('database %s, table %s', (SELECT oid FROM pg_database WHERE datname = current_database()), $1)",
        )
        .bind(self.shape.oid)
        .fetch_one(&self.pool)
        .await
        .map_err(at(&self.location))?;
        if !permitted {
            return Ok(within);
        }
        let (cluster,): (String,) = sqlx::query_as(
            "SELECT format('system %s, timeline %s', system_identifier, timeline_id)
             FROM pg_control_system(), pg_control_checkpoint()",
        )
        .fetch_one(&self.pool)
        .await
        .map_err(at(&self.location))?;
        Ok(format!("{cluster}, {within}"))
    }

    async fn current_marks(&self, keys: &[i64]) -> Result<Vec<Mark>, TableError> {
        let Shape { table, key, version, .. } = &self.shape;
        let sql = format!("SELECT {key}::bigint, {version}::bigint FROM {table} WHERE {key} = ANY($1)");
        let found: Vec<(i64, i64)> =
            sqlx::query_as(AssertSqlSafe(sql)).bind(keys).fetch_all(&self.pool).await.map_err(at(&self.location))?;
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
        let Shape { table, key, version, .. } = &self.shape;
        let sql = format!(
            "DELETE FROM {table} AS held USING unnest($1::bigint[], $2::bigint[]) AS doomed (key, version)
             WHERE held.{key} = doomed.key AND held.{version} = doomed.version"
        );
        let mut marks = marks.to_vec();
        marks.sort_unstable_by_key(|mark| mark.key);
        let keys: Vec<_> = marks.iter().map(|mark| mark.key.cast_signed()).collect();
        let versions: Vec<_> = marks.iter().map(|mark| mark.version.cast_signed()).collect();
        let query = sqlx::query(AssertSqlSafe(sql)).bind(keys).bind(versions);
        query.execute(&self.pool).await.map_err(at(&self.location))?;
        Ok(())
    }

    async fn migration(&self) -> Result<Migration, TableError> {
        self.plan().await
    }

    async fn migrate(&self) -> Result<(), TableError> {
        self.apply().await
    }
}
