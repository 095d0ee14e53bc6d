//! Real processes sync a table of one PostgreSQL database to another over HTTP. They are killed while writers commit
//! out of order; in the end both the API and PostgreSQL report equal tables.

use std::time::Duration;

use db::testing::Scratch;
use serde_json::Value;
use sqlx::{AssertSqlSafe, PgPool};
use tables::{Table, TableSpec};
use tempfile::TempDir;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use crate::{
    support::process::TestProcess,
    sync::replica_tables::{ACME, holding, path, replica},
    sync::table_pair::until,
};

const ROWS: i64 = 50_000;
const KILLS: usize = 4;
const TABLE: &str =
    "CREATE TABLE orders (id bigint PRIMARY KEY, customer text NOT NULL, total numeric(12, 2), at timestamptz,
                                          photo bytea, row_version bigint NOT NULL);
                     CREATE SEQUENCE versions";

struct Orders {
    pool: PgPool,
    url: String,
    _scratch: Scratch,
}

impl Orders {
    /// Makes the table with summaries, as an operator would.
    async fn new() -> Self {
        let scratch = Scratch::postgres().await;
        let (pool, url) = (PgPool::connect(&scratch.url).await.unwrap(), scratch.url.clone());
        let orders = Self { pool, url, _scratch: scratch };
        orders.run(TABLE).await;
        let spec = TableSpec {
            url: orders.url.clone(),
            table: "orders".to_owned(),
            key: "id".to_owned(),
            version: "row_version".to_owned(),
            timestamp: None,
            columns: Vec::new(),
        };
        Table::open(spec).await.unwrap().migrate().await.unwrap();
        orders
    }

    async fn run(&self, sql: &str) {
        sqlx::raw_sql(AssertSqlSafe(sql.to_owned())).execute(&self.pool).await.unwrap();
    }

    /// A digest of all rows, computed by PostgreSQL.
    async fn digest(&self) -> (i64, Option<String>) {
        let sql = "SELECT count(*), md5(string_agg(orders::text, ',' ORDER BY id)) FROM orders";
        sqlx::query_as(sql).fetch_one(&self.pool).await.unwrap()
    }
}

/// Inserts, updates and deletes; each transaction stays open for a while after taking its versions.
async fn write(pool: PgPool, number: i64, resting: CancellationToken) {
    let mut stroke = 0;
    while !resting.is_cancelled() {
        let (new, old) = (ROWS * (number + 2) + stroke * 10, (number * 7919 + stroke * 104_729) % ROWS);
        let sql = format!(
            "BEGIN;
             INSERT INTO orders SELECT i, 'new', 1, now(), NULL, nextval('versions') FROM generate_series({new}, {new} + 4) i;
             UPDATE orders SET total = {stroke}, row_version = nextval('versions') WHERE id BETWEEN {old} AND {old} + 3;
             SELECT pg_sleep(0.02);
             DELETE FROM orders WHERE id = {old} + 10;
             COMMIT"
        );
        // PostgreSQL may ask one of two writers of the same rows to retry.
        let _ = sqlx::raw_sql(AssertSqlSafe(sql)).execute(&pool).await;
        stroke += 1;
    }
}

fn configuration(folder: &TempDir, local: &Orders, remote: &str) -> std::path::PathBuf {
    let file = folder.path().join("logyard.toml");
    let text = format!(
        "[runner]\nlease_ms = 3000\n[sync]\nrequests_per_second = 100000\nrows_per_second = 1000000000\n\
         [[stores]]\nname = 'own'\nregion = 'us-east-1'\nendpoint_url = 'http://127.0.0.1:9'\n\
         [[tables]]\nname = 'orders'\nurl = '{}'\nremote = '{remote}'\ntoken = '{ACME}'\nevery = '1s'\n\
         approve_above = 1000000\n",
        local.url
    );
    std::fs::write(&file, text).unwrap();
    file
}

#[tokio::test(flavor = "multi_thread")]
async fn postgresql_table_syncs_despite_writes_and_sigkill() {
    let (local, copy, folder) = (Orders::new().await, Orders::new().await, TempDir::new().unwrap());
    local
        .run(&format!(
            "INSERT INTO orders SELECT i, 'Zoë ' || i, i / 4.0, now(), decode(md5(i::text), 'hex'), nextval('versions')
             FROM generate_series(0, {ROWS} - 1) i"
        ))
        .await;
    // Rows that nobody has any more, so that there is something to find beside what is written meanwhile.
    copy.run("INSERT INTO orders SELECT -i, 'ghost', 0, now(), NULL, i FROM generate_series(1, 9) i").await;
    let remote = holding(vec![replica("acme", &copy.url, ACME)]).await;
    let config = configuration(&folder, &local, format!("{}{}", remote.url, path("acme", "")).trim_end_matches('/'));
    let (resting, mut writers) = (CancellationToken::new(), JoinSet::new());
    for number in 0..3 {
        writers.spawn(write(local.pool.clone(), number, resting.clone()));
    }

    let data = folder.path().join("data");
    for kill in 0..KILLS {
        let server = TestProcess::start(&config, &data);
        // Real time: the moment of the kill is the subject.
        tokio::time::sleep(Duration::from_millis(700 * (kill as u64 + 1))).await;
        server.kill();
    }
    resting.cancel();
    writers.join_all().await;

    let server = TestProcess::start(&config, &data);
    until("equal", || async { local.digest().await == copy.digest().await }).await;
    let url = format!("{}/api/v1/syncs/orders", server.url);
    until("told to be in step", || async {
        let told: Value = reqwest::get(&url).await.unwrap().json().await.unwrap();
        let (sync, highest) = (&told["sync"], told["sync"]["local"]["version"].as_u64());
        sync["state"] == "in_step"
            && sync["verified"]["shown_by"] == "cells"
            && sync["verified"]["below"].as_u64() > highest
            && sync["local"] == sync["remote"]
    })
    .await;
    assert!(server.terminate().await.success());
}
