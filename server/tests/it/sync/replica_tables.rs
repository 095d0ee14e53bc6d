//! Tables in SQLite files, and a server that serves some of them as replicas.

use logyard::config;
use sha2::{Digest, Sha256};
use sqlx::{AssertSqlSafe, Row, SqlitePool};
use tempfile::TempDir;

use crate::support::server::TestServer;

pub const ACME: &str = "acme-0123456789abcdef";
pub const GLOBEX: &str = "globex-0123456789abcdef";

const CREATE: &str = "CREATE TABLE orders (
    id INTEGER PRIMARY KEY NOT NULL, row_version BIGINT NOT NULL,
    customer TEXT CHECK (customer <> 'poison'), total REAL, photo BLOB)";

/// A table `orders`.
pub struct Orders {
    dir: TempDir,
    pool: SqlitePool,
}

impl Orders {
    pub async fn new() -> Self {
        let dir = TempDir::new().unwrap();
        let url = format!("sqlite:{}?mode=rwc", dir.path().join("shop.db").display());
        let orders = Self { dir, pool: SqlitePool::connect(&url).await.unwrap() };
        orders.run(CREATE).await;
        orders
    }

    /// The table with the rows of the API description's examples.
    pub async fn described() -> Self {
        let orders = Self::new().await;
        orders.run("INSERT INTO orders (id, row_version, customer) VALUES (1, 2, 'Zoë'), (4, 5, 'Kim')").await;
        orders
    }

    pub async fn run(&self, sql: &str) {
        sqlx::raw_sql(AssertSqlSafe(sql.to_owned())).execute(&self.pool).await.unwrap();
    }

    /// All rows, as text.
    pub async fn dump(&self) -> Vec<String> {
        let rows =
            "SELECT id || '@' || row_version || ' ' || ifnull(quote(customer), '-') || ' ' || quote(total) || ' '
                    || quote(photo) FROM orders ORDER BY id";
        sqlx::query(rows).fetch_all(&self.pool).await.unwrap().iter().map(|row| row.get(0)).collect()
    }

    pub fn url(&self) -> String {
        format!("sqlite:{}", self.dir.path().join("shop.db").display())
    }

    pub fn spec(&self) -> tables::TableSpec {
        tables::TableSpec {
            url: self.url(),
            table: "orders".to_owned(),
            key: "id".to_owned(),
            version: "row_version".to_owned(),
            timestamp: None,
            columns: Vec::new(),
        }
    }

    /// The entry under `[[replicas]]`.
    pub fn replica(&self, customer: &str, token: &str) -> config::Replica {
        replica(customer, &self.url(), token)
    }
}

pub fn replica(customer: &str, url: &str, token: &str) -> config::Replica {
    config::Replica {
        customer: customer.to_owned(),
        database: "shop".to_owned(),
        table: "orders".to_owned(),
        url: url.to_owned(),
        name_in_database: "orders".to_owned(),
        key: "id".to_owned(),
        version: "row_version".to_owned(),
        columns: Vec::new(),
        tokens: vec![Sha256::digest(token.as_bytes()).into()],
    }
}

/// Starts a server with these replicas, and with an operator and API tokens that open none of them.
pub async fn holding(replicas: Vec<config::Replica>) -> TestServer {
    TestServer::with(|config| {
        crate::support::server::guard(config);
        config.replicas = replicas;
    })
    .await
}

/// The path of a customer's table `orders`, followed by `rest`.
pub fn path(customer: &str, rest: &str) -> String {
    format!("/v1/customers/{customer}/databases/shop/tables/orders/{rest}")
}
