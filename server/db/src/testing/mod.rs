//! Real databases for tests: a SQLite file, or a database in a temporary PostgreSQL or MariaDB server.
//!
//! ```no_run
//! # async fn example() {
//! let scratch = db::testing::Scratch::postgres().await;
//! let one_server = scratch.open().await;
//! let another = scratch.open().await;
//! # }
//! ```
//!
//! Always: tests never share a database. If a server is not installed, its tests fail and name the package to install;
//! they are not skipped.

mod cluster;
mod fill;

use model::ScheduleId;
use sqlx::{AssertSqlSafe, Connection, MySqlConnection, PgConnection};
use tempfile::TempDir;

pub use self::{
    cluster::{Cluster, Durability, Software},
    fill::{fill, insert_jobs, sample},
};
use crate::{Db, database::Statement};

/// An empty database; deleted with this value, or with the server.
pub struct Scratch {
    pub url: String,
    /// Removed with this value.
    _folder: Option<TempDir>,
}

/// Makes all plans older by `by_ms` milliseconds.
pub async fn age_plans(db: &Db, by_ms: i64) {
    let statement = Statement::new("UPDATE plans SET created_at = created_at - $1").bind(by_ms);
    db.database().write(statement).await.expect("the plans are aged");
}

/// Makes the end of all jobs older by `by_ms` milliseconds.
pub async fn age_jobs(db: &Db, by_ms: i64) {
    let statement = Statement::new("UPDATE jobs SET ended_at = ended_at - $1").bind(by_ms);
    db.database().write(statement).await.expect("the jobs are aged");
}

/// Makes the last reports of all syncs older by `by_ms` milliseconds.
pub async fn age_syncs(db: &Db, by_ms: i64) {
    let statement = Statement::new("UPDATE syncs SET heard_until = heard_until - $1").bind(by_ms);
    db.database().write(statement).await.expect("the syncs are aged");
}

/// Deletes a job with its dependent rows.
pub async fn delete_job(db: &Db, id: model::JobId) {
    let statement = Statement::new("DELETE FROM jobs WHERE id = $1").bind(id);
    db.database().write(statement).await.expect("the job is deleted");
}

/// Deletes all runs, their sums and sweep times.
pub async fn forget_runs(db: &Db) {
    for table in ["DELETE FROM runs", "DELETE FROM run_sums", "DELETE FROM swept"] {
        db.database().write(Statement::new(table)).await.expect("the table is emptied");
    }
}

/// Updates the database's statistics.
pub async fn analyze(db: &Db) {
    db.database().write(Statement::new("ANALYZE")).await.expect("the tables are analyzed");
}

/// Makes the spec of a schedule unreadable.
pub async fn break_schedule(db: &Db, id: ScheduleId) {
    let statement = Statement::new("UPDATE schedules SET spec = '{}' WHERE id = $1").bind(id);
    db.database().write(statement).await.expect("the schedule is broken");
}

impl Scratch {
    /// A SQLite file in a temporary folder.
    pub fn sqlite() -> Self {
        let folder = tempfile::Builder::new().prefix("logyard-sqlite-").tempdir().expect("a temporary folder");
        Self { url: format!("sqlite:{}", folder.path().join("logyard.db").display()), _folder: Some(folder) }
    }

    /// A new database on the PostgreSQL server shared by this test run.
    pub async fn postgres() -> Self {
        Self::within(&Cluster::shared(Software::Postgres)).await
    }

    /// A new database on the shared MariaDB server, for tables to sync; Logyard's own database is never MariaDB.
    pub async fn mariadb() -> Self {
        Self::within_mariadb(&Cluster::shared(Software::Mariadb)).await
    }

    /// A new database on a MariaDB server of its own, because a horizon in MySQL waits for all writers of the server.
    pub async fn mariadb_alone() -> Self {
        Self::within_mariadb(&Cluster::own(Software::Mariadb, Durability::None)).await
    }

    async fn within_mariadb(cluster: &Cluster) -> Self {
        let name = format!("test_{}", uuid::Uuid::now_v7().simple());
        let mut connection = MySqlConnection::connect(&cluster.url("mysql")).await.expect("the server answers");
        sqlx::query(AssertSqlSafe(format!("CREATE DATABASE {name}")))
            .execute(&mut connection)
            .await
            .expect("a database");
        connection.close().await.expect("the connection closes");
        Self { url: cluster.url(&name), _folder: None }
    }

    pub async fn within(cluster: &Cluster) -> Self {
        let name = format!("test_{}", uuid::Uuid::now_v7().simple());
        let mut connection = PgConnection::connect(&cluster.url("postgres")).await.expect("the cluster answers");
        sqlx::query(AssertSqlSafe(format!("CREATE DATABASE {name}")))
            .execute(&mut connection)
            .await
            .expect("a database");
        connection.close().await.expect("the connection closes");
        Self { url: cluster.url(&name), _folder: None }
    }

    /// Opens the database, like another Logyard server.
    pub async fn open(&self) -> Db {
        Db::open(&self.url).await.unwrap_or_else(|error| panic!("{error}: {error:?}"))
    }
}
