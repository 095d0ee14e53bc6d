//! The tables of the demo: orders and customers of a shop that changes all the time, and their copy.
//!
//! Both databases are SQLite files. Each batch of the writer inserts, updates and deletes some rows, so that there is
//! something to sync. Names are generated.
//!
//! Always: every write gives a row a new version that is never used again, because the tables share one counter.
//! Deletes balance inserts on average.

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
/// Average number of inserts, updates and deletes in one batch.
const WRITES: i64 = 4;
const BUSY_TIMEOUT: Duration = Duration::from_secs(10);

const TABLES: &str = "
CREATE TABLE IF NOT EXISTS customers (
    id INTEGER PRIMARY KEY, name TEXT NOT NULL, city TEXT NOT NULL, row_version INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS orders (
    id INTEGER PRIMARY KEY, customer INTEGER NOT NULL, state TEXT NOT NULL, cents INTEGER NOT NULL,
    row_version INTEGER NOT NULL);
CREATE INDEX IF NOT EXISTS customers_versions ON customers (row_version);
CREATE INDEX IF NOT EXISTS orders_versions ON orders (row_version);
";

/// Fills the empty shop.
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

/// The two database files of the demo.
#[derive(Clone, Debug)]
pub struct Shop {
    local: PathBuf,
    copy: PathBuf,
}

/// Writes to the shop; there must be only one.
pub struct Writer {
    shop: SqliteConnection,
}

impl Shop {
    /// Table names, the same in both databases.
    pub const TABLES: [&'static str; 2] = ["orders", "customers"];

    /// Paths of the files in a folder, without creating them.
    pub fn within(folder: &Path) -> Self {
        Self { local: folder.join("shop.db"), copy: folder.join("shop-copy.db") }
    }

    pub fn local_url(&self) -> String {
        format!("sqlite:{}", self.local.display())
    }

    pub fn copy_url(&self) -> String {
        format!("sqlite:{}", self.copy.display())
    }

    /// Creates what is missing: the shop with its first rows, the copy with empty tables.
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
    /// Inserts, updates and deletes orders and updates one customer, in one transaction.
    pub async fn write_batch(&mut self) -> Result<(), sqlx::Error> {
        let (inserts, updates, deletes) =
            (rand::random_range(0..=2 * WRITES), WRITES, rand::random_range(0..=2 * WRITES));
        let picks: Vec<i64> = (0..=updates + deletes).map(|_| rand::random_range(0..i64::from(u32::MAX))).collect();
        let mut transaction = self.shop.begin_with("BEGIN IMMEDIATE").await?;
        let written = inserts + updates + 1;
        let mut version: i64 = sqlx::query_scalar("UPDATE versions SET last = last + $1 RETURNING last - $1")
            .bind(written)
            .fetch_one(&mut *transaction)
            .await?;
        for _ in 0..inserts {
            version += 1;
            sqlx::query(
                "INSERT INTO orders (customer, state, cents, row_version) \
                 SELECT 1 + $1 % $2, 'new', 500 + $1 * 104729 % 20000, $1",
            )
            .bind(version)
            .bind(CUSTOMERS)
            .execute(&mut *transaction)
            .await?;
        }
        let (changed, rest) = picks.split_at(usize::try_from(updates).unwrap_or_default());
        for pick in changed {
            version += 1;
            let sql = "UPDATE orders SET state = 'sent', row_version = $2 WHERE id = \
                       (SELECT id FROM orders WHERE id >= $1 % (SELECT MAX(id) FROM orders) ORDER BY id LIMIT 1)";
            sqlx::query(sql).bind(pick).bind(version).execute(&mut *transaction).await?;
        }
        let (moved, gone) = rest.split_at(1);
        for pick in gone {
            let sql = "DELETE FROM orders WHERE id = \
                       (SELECT id FROM orders WHERE id >= $1 % (SELECT MAX(id) FROM orders) ORDER BY id LIMIT 1)";
            sqlx::query(sql).bind(pick).execute(&mut *transaction).await?;
        }
        sqlx::query("UPDATE customers SET city = 'Turku', row_version = $2 WHERE id = 1 + $1 % $3")
            .bind(moved[0])
            .bind(version + 1)
            .bind(CUSTOMERS)
            .execute(&mut *transaction)
            .await?;
        transaction.commit().await
    }
}

async fn connect(file: &Path) -> Result<SqliteConnection, sqlx::Error> {
    let options = SqliteConnectOptions::new()
        .filename(file)
        .create_if_missing(true)
        .journal_mode(SqliteJournalMode::Wal)
        .busy_timeout(BUSY_TIMEOUT);
    SqliteConnection::connect_with(&options).await
}
