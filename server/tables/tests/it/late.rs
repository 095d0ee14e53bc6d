//! Versions that commit out of order.

use db::testing::Scratch;
use engine::sync::{SyncFault, TableEndpoint as _};
use sqlx::PgPool;
use tables::Table;

use crate::test_table::{Pool, TestTable, spec};

struct Late {
    fixture: TestTable,
    pool: PgPool,
}

async fn shop() -> Late {
    let fixture = TestTable::new(Scratch::postgres().await).await;
    fixture.run("CREATE SEQUENCE versions; ALTER TABLE orders ALTER row_version SET DEFAULT nextval('versions')").await;
    let Pool::Postgres(pool) = &fixture.pool else { unreachable!() };
    let pool = pool.clone();
    Late { fixture, pool }
}

const INSERT: &str = "INSERT INTO orders (id, customer) SELECT COALESCE(max(id), 0) + 1 + $1, 'c' FROM orders";

#[tokio::test(flavor = "multi_thread")]
async fn horizon_stays_below_uncommitted_versions() {
    let Late { fixture, pool } = shop().await;
    sqlx::query(INSERT).bind(0).execute(&pool).await.unwrap();
    let table = fixture.open().await;
    assert_eq!(table.meta().await.unwrap().horizon, 2);
    let mut late = pool.begin().await.unwrap();
    sqlx::query(INSERT).bind(100).execute(&mut *late).await.unwrap();
    for _ in 0..3 {
        sqlx::query(INSERT).bind(0).execute(&pool).await.unwrap();
        let meta = table.meta().await.unwrap();
        assert!(meta.horizon <= 2, "version 2 is open, and the horizon {}", meta.horizon);
    }
    // A transaction that began later does not delay earlier versions.
    let mut later = pool.begin().await.unwrap();
    sqlx::query(INSERT).bind(200).execute(&mut *later).await.unwrap();
    late.commit().await.unwrap();
    let meta = table.meta().await.unwrap();
    assert_eq!((meta.horizon, meta.count), (6, 5), "versions 1 to 5 are in, 6 is open");
    later.rollback().await.unwrap();
    assert_eq!(table.meta().await.unwrap().horizon, 6);
}

#[tokio::test(flavor = "multi_thread")]
async fn first_horizon_waits_and_names_open_transaction() {
    let Late { fixture, pool } = shop().await;
    let mut late = pool.begin().await.unwrap();
    sqlx::query(INSERT).bind(0).execute(&mut *late).await.unwrap();
    sqlx::query(INSERT).bind(50).execute(&pool).await.unwrap();
    let (process,): (i32,) = sqlx::query_as("SELECT pg_backend_pid()").fetch_one(&mut *late).await.unwrap();
    let table = fixture.open().await;
    let Err(SyncFault::Unavailable(words)) = table.meta().await else { panic!("nothing can be known") };
    assert!(words.contains(&format!("process {process} ")), "{words}");
    assert_eq!(table.clone().as_copy().meta().await.unwrap().count, 1, "a copy does not wait");
    late.rollback().await.unwrap();
    assert_eq!(table.meta().await.unwrap().horizon, 3);
}

/// Transactions that only read, or write to another table, do not delay the horizon.
#[tokio::test(flavor = "multi_thread")]
async fn transactions_not_writing_the_table_are_ignored() {
    let Late { fixture, pool } = shop().await;
    fixture.run("CREATE TABLE others (id int)").await;
    let mut other = pool.begin().await.unwrap();
    sqlx::raw_sql("INSERT INTO others VALUES (1); SELECT * FROM orders").execute(&mut *other).await.unwrap();
    sqlx::query(INSERT).bind(0).execute(&pool).await.unwrap();
    assert_eq!(fixture.open().await.meta().await.unwrap().horizon, 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn recreated_or_restored_table_has_another_epoch() {
    let Late { fixture, .. } = shop().await;
    let before = fixture.open().await.meta().await.unwrap().epoch;
    assert_eq!(fixture.open().await.meta().await.unwrap().epoch, before);
    fixture.run("ALTER TABLE orders RENAME TO old; CREATE TABLE orders (LIKE old INCLUDING ALL)").await;
    assert_ne!(fixture.open().await.meta().await.unwrap().epoch, before);
    let other = TestTable::new(Scratch::postgres().await).await;
    let epoch = Table::open(spec(&other.scratch.url, "orders")).await.unwrap().meta().await.unwrap().epoch;
    assert_ne!(epoch, before);
}

#[tokio::test(flavor = "multi_thread")]
async fn replaced_file_changes_epoch() {
    let fixture = TestTable::new(Scratch::sqlite()).await;
    let path = fixture.scratch.url.trim_start_matches("sqlite:").to_owned();
    let before = fixture.open().await.meta().await.unwrap().epoch;
    std::fs::copy(&path, format!("{path}.copy")).unwrap();
    let copy = Table::open(spec(&format!("sqlite:{path}.copy"), "orders")).await.unwrap();
    assert_ne!(copy.meta().await.unwrap().epoch, before);
    let table = fixture.open().await;
    table.migrate().await.unwrap();
    assert_eq!(table.meta().await.unwrap().epoch, format!("{before}, made as {before}"));
    // The copy takes the place of the file under the open table.
    std::fs::rename(format!("{path}.copy"), &path).unwrap();
    let swapped = table.meta().await.unwrap().epoch;
    assert!(!swapped.starts_with(&before), "{swapped} after {before}");
}
