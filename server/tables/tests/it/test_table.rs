//! A table in a scratch database with a model of its rows in memory; writes change both.

use std::collections::BTreeMap;

use db::testing::Scratch;
use engine::sync::{Cell, Mark, Span, integer_key};
use sqlx::AssertSqlSafe;
use tables::{Table, TableSpec};

pub enum Pool {
    Sqlite(sqlx::SqlitePool),
    Postgres(sqlx::PgPool),
    Mysql(sqlx::MySqlPool),
}

/// A table `orders (id, row_version, customer)`.
pub struct TestTable {
    pub scratch: Scratch,
    pub pool: Pool,
    /// Versions by key.
    pub model: BTreeMap<i64, u64>,
}

impl TestTable {
    pub async fn new(scratch: Scratch) -> Self {
        let pool = if scratch.url.starts_with("sqlite:") {
            let url = format!("{}?mode=rwc", scratch.url);
            Pool::Sqlite(sqlx::SqlitePool::connect(&url).await.expect("a file"))
        } else if scratch.url.starts_with("mysql:") {
            Pool::Mysql(sqlx::MySqlPool::connect(&scratch.url).await.expect("a database"))
        } else {
            Pool::Postgres(sqlx::PgPool::connect(&scratch.url).await.expect("a database"))
        };
        let fixture = Self { scratch, pool, model: BTreeMap::new() };
        fixture
            .run("CREATE TABLE orders (id BIGINT NOT NULL PRIMARY KEY, row_version BIGINT NOT NULL, customer TEXT)")
            .await;
        fixture
    }

    pub async fn run(&self, sql: &str) {
        let statement = sqlx::raw_sql(AssertSqlSafe(sql.to_owned()));
        match &self.pool {
            Pool::Sqlite(pool) => statement.execute(pool).await.map(drop),
            Pool::Postgres(pool) => statement.execute(pool).await.map(drop),
            Pool::Mysql(pool) => statement.execute(pool).await.map(drop),
        }
        .unwrap_or_else(|error| panic!("{error}: {sql}"));
    }

    /// Runs statements one by one on one connection.
    pub async fn run_all(&self, statements: &[String]) {
        for_each(&self.pool, statements).await.unwrap_or_else(|error| panic!("{error}"));
    }

    pub fn spec(&self) -> TableSpec {
        spec(&self.scratch.url, "orders")
    }

    pub async fn open(&self) -> Table {
        Table::open(self.spec()).await.unwrap_or_else(|error| panic!("{error}: {error:?}"))
    }

    pub async fn write(&mut self, key: i64, version: u64) {
        let or = match &self.pool {
            Pool::Mysql(_) => "ON DUPLICATE KEY UPDATE row_version = VALUES(row_version)",
            _ => "ON CONFLICT (id) DO UPDATE SET row_version = excluded.row_version",
        };
        let sql = format!("INSERT INTO orders (id, row_version, customer) VALUES ({key}, {version}, 'c{key}') {or}");
        self.run(&sql).await;
        self.model.insert(key, version);
    }

    pub async fn delete(&mut self, key: i64) {
        self.run(&format!("DELETE FROM orders WHERE id = {key}")).await;
        self.model.remove(&key);
    }

    /// Expected rows of a span.
    pub fn marks(&self, span: Span) -> Vec<Mark> {
        let rows = self.model.iter().filter(|(_, version)| span.contains(**version));
        let mut marks: Vec<_> = rows.map(|(key, version)| mark(*key, *version)).collect();
        marks.sort_unstable();
        marks
    }

    pub fn cell(&self, span: Span) -> Cell {
        Cell::of(&self.marks(span))
    }
}

pub fn spec(url: &str, table: &str) -> TableSpec {
    TableSpec {
        url: url.to_owned(),
        table: table.to_owned(),
        key: "id".to_owned(),
        version: "row_version".to_owned(),
        timestamp: None,
        columns: Vec::new(),
    }
}

pub fn mark(key: i64, version: u64) -> Mark {
    Mark { version, key: integer_key(key) }
}

async fn for_each(pool: &Pool, statements: &[String]) -> Result<(), sqlx::Error> {
    match pool {
        Pool::Sqlite(pool) => {
            let mut connection = pool.acquire().await?;
            for statement in statements {
                sqlx::raw_sql(AssertSqlSafe(statement.clone())).execute(&mut *connection).await?;
            }
        }
        Pool::Postgres(pool) => {
            let mut connection = pool.acquire().await?;
            for statement in statements {
                sqlx::raw_sql(AssertSqlSafe(statement.clone())).execute(&mut *connection).await?;
            }
        }
        Pool::Mysql(pool) => {
            let mut connection = pool.acquire().await?;
            for statement in statements {
                sqlx::raw_sql(AssertSqlSafe(statement.clone())).execute(&mut *connection).await?;
            }
        }
    }
    Ok(())
}
