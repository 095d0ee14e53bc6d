//! A table in PostgreSQL.
//!
//! Always: an answer is read in one `REPEATABLE READ` transaction. Types unknown to JSON travel as text that PostgreSQL
//! writes and reads, with settings independent of the server's locale and time zone.

mod delete;
mod horizon;
mod migration;
mod open;
mod read;
mod rows;
mod shape;
mod write;

use async_trait::async_trait;
use engine::sync::{Mark, Refusal, Row};
use sqlx::PgPool;

use self::shape::Shape;
use crate::{
    Migration, TableError, TableSpec,
    current::Current,
    database::{self, Counter, Database, Identity, Snapshot},
    error::at,
    horizon::Horizon,
};

pub struct PostgresTable {
    location: String,
    pool: PgPool,
    spec: TableSpec,
    shape: Current<Shape>,
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

    async fn refresh(&self) -> Result<(), TableError> {
        self.shape.set(Shape::read(&self.pool, &self.spec, &self.location).await?);
        Ok(())
    }

    fn columns(&self) -> Vec<engine::sync::Column> {
        self.shape.get().columns.iter().map(shape::Column::told).collect()
    }

    async fn horizon(&self) -> Result<database::Horizon, TableError> {
        self.find_horizon().await
    }

    /// Cluster, timeline, database and table. A restored dump creates another table, a restored backup another
    /// timeline; a restored disk has older transactions.
    async fn identity(&self) -> Result<Identity, TableError> {
        let shape = self.shape.get();
        let (permitted, within, clock): (bool, String, i64) = sqlx::query_as(
            "SELECT has_function_privilege('pg_control_system()', 'EXECUTE')
                AND has_function_privilege('pg_control_checkpoint()', 'EXECUTE'),
                    format('database %s, table %s', (SELECT oid FROM pg_database WHERE datname = current_database()), $1),
                    txid_snapshot_xmax(txid_current_snapshot())",
        )
        .bind(shape.oid)
        .fetch_one(&self.pool)
        .await
        .map_err(at(&self.location))?;
        let (clock, storage) = (u64::try_from(clock).ok(), shape.storage.clone());
        if !permitted {
            return Ok(Identity { epoch: within, clock, storage });
        }
        let (cluster,): (String,) = sqlx::query_as(
            "SELECT format('system %s, timeline %s', system_identifier, timeline_id)
             FROM pg_control_system(), pg_control_checkpoint()",
        )
        .fetch_one(&self.pool)
        .await
        .map_err(at(&self.location))?;
        Ok(Identity { epoch: format!("{cluster}, {within}"), clock, storage })
    }

    async fn current_marks(&self, keys: &[i64]) -> Result<Vec<Mark>, TableError> {
        read::PostgresSnapshot::of(self).await?.marks(keys).await
    }

    async fn sizes(&self, keys: &[i64]) -> Result<Vec<(i64, u64)>, TableError> {
        self.row_sizes(keys).await
    }

    async fn rows(&self, keys: &[i64]) -> Result<Vec<Row>, TableError> {
        self.whole_rows(keys).await
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
