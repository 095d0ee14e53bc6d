//! One interface to both databases: every statement of this crate goes through it.
//!
//! The rest of the crate writes SQL that both databases understand; the differences (pools, how a transaction begins,
//! how rows are locked) are in this folder. SQLite gets one writing connection, because its file has one writer at a
//! time and a queue for a connection is fair, while the lock of the file is not. Its readers never wait for the writer
//! (WAL).
//!
//! Always: in SQLite a transaction holds its lock from the start (`BEGIN IMMEDIATE`), so that rows it has read stay
//! unchanged until it writes; in PostgreSQL it locks the rows that it is going to change as it reads them. A dropped
//! transaction is rolled back.

mod migrations;
mod open;
mod statement;

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

use sqlx::{AssertSqlSafe, PgPool, Postgres, Sqlite, SqlitePool};

use self::statement::Value;
pub use self::{
    open::open,
    statement::{Row, Statement, json},
};
use crate::DbError;

/// Key of PostgreSQL's advisory lock for claiming jobs; any number not used otherwise.
const CLAIM_LOCK: i64 = 0x6c6f_6779_6172_6401;

enum Pools {
    /// For a database in memory both are the same pool of one connection.
    Sqlite {
        writer: SqlitePool,
        readers: SqlitePool,
    },
    Postgres(PgPool),
}

pub struct Database {
    pools: Pools,
    /// Product and version, such as `SQLite 3.50.2`.
    pub description: String,
    statements: Arc<AtomicU64>,
}

macro_rules! fetch {
    ($database:ty, $row:path, $statement:expr, $executor:expr) => {{
        let Statement { sql, values, persistent } = $statement;
        // The SQL consists of literals of this crate only: see `statement`.
        let mut query = sqlx::query::<$database>(AssertSqlSafe(sql)).persistent(persistent);
        for value in values {
            query = match value {
                Value::Text(text) => query.bind(text),
                Value::Integer(number) => query.bind(number),
                Value::Bytes(bytes) => query.bind(bytes),
            };
        }
        Ok(query.fetch_all($executor).await?.into_iter().map($row).collect())
    }};
}

impl Database {
    /// Number of statements sent so far.
    pub fn statements(&self) -> u64 {
        self.statements.load(Ordering::Relaxed)
    }

    /// Runs a statement that changes nothing.
    pub async fn read(&self, statement: Statement) -> Result<Vec<Row>, DbError> {
        self.statements.fetch_add(1, Ordering::Relaxed);
        match &self.pools {
            Pools::Sqlite { readers, .. } => fetch!(Sqlite, Row::Sqlite, statement, readers),
            Pools::Postgres(pool) => fetch!(Postgres, Row::Postgres, statement, pool),
        }
    }

    /// Runs a single changing statement; returns its rows.
    pub async fn write(&self, statement: Statement) -> Result<Vec<Row>, DbError> {
        self.statements.fetch_add(1, Ordering::Relaxed);
        match &self.pools {
            Pools::Sqlite { writer, .. } => fetch!(Sqlite, Row::Sqlite, statement, writer),
            Pools::Postgres(pool) => fetch!(Postgres, Row::Postgres, statement, pool),
        }
    }

    pub async fn begin(&self) -> Result<Transaction, DbError> {
        let inner = match &self.pools {
            Pools::Sqlite { writer, .. } => Inner::Sqlite(writer.begin_with("BEGIN IMMEDIATE").await?),
            Pools::Postgres(pool) => Inner::Postgres(pool.begin().await?),
        };
        Ok(Transaction { inner, statements: Arc::clone(&self.statements) })
    }

    /// The database's clock in Unix milliseconds; `None` if it is the local clock.
    pub async fn clock(&self) -> Result<Option<i64>, DbError> {
        if matches!(self.pools, Pools::Sqlite { .. }) {
            return Ok(None);
        }
        let statement = Statement::new("SELECT CAST(EXTRACT(EPOCH FROM clock_timestamp()) * 1000 AS BIGINT) AS now");
        self.read(statement).await?.first().map(|row| row.get("now")).transpose()
    }
}

enum Inner {
    Sqlite(sqlx::Transaction<'static, Sqlite>),
    Postgres(sqlx::Transaction<'static, Postgres>),
}

pub struct Transaction {
    inner: Inner,
    statements: Arc<AtomicU64>,
}

impl Transaction {
    pub async fn run(&mut self, statement: Statement) -> Result<Vec<Row>, DbError> {
        self.statements.fetch_add(1, Ordering::Relaxed);
        match &mut self.inner {
            Inner::Sqlite(transaction) => fetch!(Sqlite, Row::Sqlite, statement, &mut **transaction),
            Inner::Postgres(transaction) => fetch!(Postgres, Row::Postgres, statement, &mut **transaction),
        }
    }

    /// Waits until no other transaction claims jobs. In SQLite transactions wait for each other anyway.
    pub async fn lock_claims(&mut self) -> Result<(), DbError> {
        if matches!(self.inner, Inner::Postgres(_)) {
            self.run(Statement::new("SELECT CAST(pg_advisory_xact_lock($1) AS TEXT)").bind(CLAIM_LOCK)).await?;
        }
        Ok(())
    }

    /// Suffix of a `SELECT` whose rows will be changed: other transactions wait for this one.
    pub fn for_update(&self) -> &'static str {
        match self.inner {
            Inner::Sqlite(_) => "",
            Inner::Postgres(_) => " FOR UPDATE",
        }
    }

    /// Like `for_update`, but skips rows that another transaction has locked.
    pub fn for_update_skip_locked(&self) -> &'static str {
        match self.inner {
            Inner::Sqlite(_) => "",
            Inner::Postgres(_) => " FOR UPDATE SKIP LOCKED",
        }
    }

    pub async fn commit(self) -> Result<(), DbError> {
        match self.inner {
            Inner::Sqlite(transaction) => transaction.commit().await?,
            Inner::Postgres(transaction) => transaction.commit().await?,
        }
        Ok(())
    }
}
