//! The demo's tables: orders and customers of a shop that is always open, and the copy that is to follow it.
//!
//! Both lie in SQLite files. Every stroke of the writer inserts, changes and deletes some rows for good, so that there is
//! something to keep in step. Names are made up by rule, nobody's.
//!
//! Always: a row's version is new with every write and never used again, as the tables share one counter. About as many
//! rows go as come.

use std::{
    path::{Path, PathBuf},
    time::Duration,
};

use sqlx::{
    Connection, SqliteConnection,
    sqlite::{SqliteConnectOptions, SqliteJournalMode},
};

const ORDERS: i64 = 30_000;
const CUSTOMERS: i64 = 2_000;
/// Of what the writer does in one stroke.
const WRITES: i64 = 4;
const BUSY: Duration = Duration::from_secs(10);

const TABLES: &str = "
CREATE TABLE IF NOT EXISTS customers (
    id INTEGER PRIMARY KEY, name TEXT NOT NULL, city TEXT NOT NULL, row_version INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS orders (
    id INTEGER PRIMARY KEY, customer INTEGER NOT NULL, state TEXT NOT NULL, cents INTEGER NOT NULL,
    row_version INTEGER NOT NULL);
CREATE INDEX IF NOT EXISTS customers_versions ON customers (row_version);
CREATE INDEX IF NOT EXISTS orders_versions ON orders (row_version);
";

/// Where nothing is yet.
const FIRST_ROWS: &str = "
CREATE TABLE versions (last INTEGER NOT NULL);
INSERT INTO customers
    WITH RECURSIVE numbers (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM numbers WHERE i < $1)
    SELECT i, 'Customer ' || i, CASE i % 4 WHEN 0 THEN 'Zürich' WHEN 1 THEN 'Perth' WHEN 2 THEN 'Oslo' ELSE 'Lima' END, i
    FROM numbers;
INSERT INTO orders
    WITH RECURSIVE numbers (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM numbers WHERE i < $2)
    SELECT i, 1 + i * 7919 % $1, 'paid', 500 + i * 104729 % 20000, $1 + i FROM numbers;
INSERT INTO versions VALUES ($1 + $2);
";

/// The files of the demo's tables.
#[derive(Clone, Debug)]
pub struct Shop {
    local: PathBuf,
    copy: PathBuf,
}

/// Works in the shop; one of them at a time.
pub struct Writer {
    shop: SqliteConnection,
}

impl Shop {
    /// Their names, in both databases.
    pub const TABLES: [&'static str; 2] = ["orders", "customers"];

    /// Files in this folder; nothing is touched yet.
    pub fn within(folder: &Path) -> Self {
        Self { local: folder.join("shop.db"), copy: folder.join("shop-copy.db") }
    }

    pub fn local_url(&self) -> String {
        format!("sqlite:{}", self.local.display())
    }

    pub fn copy_url(&self) -> String {
        format!("sqlite:{}", self.copy.display())
    }

    /// Makes what is missing: the shop with its first rows, the copy without any.
    pub async fn open(&self) -> Result<Writer, sqlx::Error> {
        let mut copy = connect(&self.copy).await?;
        sqlx::raw_sql(TABLES).execute(&mut copy).await?;
        copy.close().await?;
        let mut shop = connect(&self.local).await?;
        sqlx::raw_sql(TABLES).execute(&mut shop).await?;
        let mut first = shop.begin_with("BEGIN IMMEDIATE").await?;
        let there: Option<i64> = sqlx::query_scalar("SELECT 1 FROM sqlite_schema WHERE name = 'versions'")
            .fetch_optional(&mut *first)
            .await?;
        if there.is_none() {
            for statement in FIRST_ROWS.split_inclusive(";\n").filter(|text| !text.trim().is_empty()) {
                sqlx::query(statement).bind(CUSTOMERS).bind(ORDERS).execute(&mut *first).await?;
            }
        }
        first.commit().await?;
        Ok(Writer { shop })
    }
}

impl Writer {
    /// One stroke: orders come, are changed and go, and a customer moves; in one transaction.
    pub async fn stroke(&mut self) -> Result<(), sqlx::Error> {
        let (come, change, go) = (rand::random_range(0..=2 * WRITES), WRITES, rand::random_range(0..=2 * WRITES));
        let picks: Vec<i64> = (0..=change + go).map(|_| rand::random_range(0..i64::from(u32::MAX))).collect();
        let mut stroke = self.shop.begin_with("BEGIN IMMEDIATE").await?;
        let written = come + change + 1;
        let mut version: i64 = sqlx::query_scalar("UPDATE versions SET last = last + $1 RETURNING last - $1")
            .bind(written)
            .fetch_one(&mut *stroke)
            .await?;
        for _ in 0..come {
            version += 1;
            sqlx::query(
                "INSERT INTO orders (customer, state, cents, row_version) \
                 SELECT 1 + $1 % $2, 'new', 500 + $1 * 104729 % 20000, $1",
            )
            .bind(version)
            .bind(CUSTOMERS)
            .execute(&mut *stroke)
            .await?;
        }
        let (changed, rest) = picks.split_at(usize::try_from(change).unwrap_or_default());
        for pick in changed {
            version += 1;
            let sql = "UPDATE orders SET state = 'sent', row_version = $2 WHERE id = \
                       (SELECT id FROM orders WHERE id >= $1 % (SELECT MAX(id) FROM orders) ORDER BY id LIMIT 1)";
            sqlx::query(sql).bind(pick).bind(version).execute(&mut *stroke).await?;
        }
        let (moved, gone) = rest.split_at(1);
        for pick in gone {
            let sql = "DELETE FROM orders WHERE id = \
                       (SELECT id FROM orders WHERE id >= $1 % (SELECT MAX(id) FROM orders) ORDER BY id LIMIT 1)";
            sqlx::query(sql).bind(pick).execute(&mut *stroke).await?;
        }
        sqlx::query("UPDATE customers SET city = 'Turku', row_version = $2 WHERE id = 1 + $1 % $3")
            .bind(moved[0])
            .bind(version + 1)
            .bind(CUSTOMERS)
            .execute(&mut *stroke)
            .await?;
        stroke.commit().await
    }
}

async fn connect(file: &Path) -> Result<SqliteConnection, sqlx::Error> {
    let options = SqliteConnectOptions::new()
        .filename(file)
        .create_if_missing(true)
        .journal_mode(SqliteJournalMode::Wal)
        .busy_timeout(BUSY);
    SqliteConnection::connect_with(&options).await
}
