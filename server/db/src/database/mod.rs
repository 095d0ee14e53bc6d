//! Both databases behind one door: whatever this crate says to a database goes through here.
//!
//! The rest of the crate writes SQL that both understand; all that differs (pools, how a transaction begins, how rows
//! are locked) is in this folder. SQLite has one connection that writes, as its file has one writer at a time anyway,
//! and waiting for a connection is fair where waiting for the file's lock is not; its readers do not wait for it (WAL).
//!
//! Always: a transaction holds its locks from its start in SQLite (`BEGIN IMMEDIATE`), so that what it has read still
//! holds when it writes; in PostgreSQL it locks the rows it is going to change as it reads them. One that is dropped,
//! for whatever reason, is undone.

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

/// The advisory lock under which PostgreSQL hands out jobs: any number that nothing else in the database uses.
const CLAIM_LOCK: i64 = 0x6c6f_6779_6172_6401;

enum Pools {
    /// In memory both are the same pool of one connection.
    Sqlite {
        writer: SqlitePool,
        readers: SqlitePool,
    },
    Postgres(PgPool),
}

pub struct Database {
    pools: Pools,
    /// `SQLite 3.50.2`
    pub description: String,
    statements: Arc<AtomicU64>,
}

macro_rules! fetch {
    ($database:ty, $row:path, $statement:expr, $executor:expr) => {{
        let Statement { sql, values, kept } = $statement;
        // Made of this crate's literals only: see `statement`.
        let mut query = sqlx::query::<$database>(AssertSqlSafe(sql)).persistent(kept);
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
    /// Statements sent so far.
    pub fn statements(&self) -> u64 {
        self.statements.load(Ordering::Relaxed)
    }

    /// For statements that change nothing.
    pub async fn read(&self, statement: Statement) -> Result<Vec<Row>, DbError> {
        self.statements.fetch_add(1, Ordering::Relaxed);
        match &self.pools {
            Pools::Sqlite { readers, .. } => fetch!(Sqlite, Row::Sqlite, statement, readers),
            Pools::Postgres(pool) => fetch!(Postgres, Row::Postgres, statement, pool),
        }
    }

    /// A change that is one statement, with the rows it returns.
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

    /// The database's clock in Unix milliseconds; `None` where it is this machine's.
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

    /// Waits until no other claim is under way. SQLite's transactions already wait for each other.
    pub async fn lock_claims(&mut self) -> Result<(), DbError> {
        if matches!(self.inner, Inner::Postgres(_)) {
            self.run(Statement::new("SELECT CAST(pg_advisory_xact_lock($1) AS TEXT)").bind(CLAIM_LOCK)).await?;
        }
        Ok(())
    }

    /// Ends a `SELECT` whose rows are to be changed: others wait for this transaction.
    pub fn for_update(&self) -> &'static str {
        match self.inner {
            Inner::Sqlite(_) => "",
            Inner::Postgres(_) => " FOR UPDATE",
        }
    }

    /// The same, passing over rows that another transaction is changing.
    pub fn for_update_of_free(&self) -> &'static str {
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
