//! Versions that commit out of their order.

use db::testing::Scratch;
use engine::sync::{SyncFault, TableEndpoint as _};
use sqlx::PgPool;
use tables::Table;

use crate::world::{Pool, World, spec};

struct Late {
    world: World,
    pool: PgPool,
}

async fn shop() -> Late {
    let world = World::new(Scratch::postgres().await).await;
    world.run("CREATE SEQUENCE versions; ALTER TABLE orders ALTER row_version SET DEFAULT nextval('versions')").await;
    let Pool::Postgres(pool) = &world.pool else { unreachable!() };
    let pool = pool.clone();
    Late { world, pool }
}

const INSERT: &str = "INSERT INTO orders (id, customer) SELECT COALESCE(max(id), 0) + 1 + $1, 'c' FROM orders";

#[tokio::test(flavor = "multi_thread")]
async fn the_horizon_stays_below_a_version_that_is_not_committed_yet_and_moves_once_it_is() {
    let Late { world, pool } = shop().await;
    sqlx::query(INSERT).bind(0).execute(&pool).await.unwrap();
    let table = world.open().await;
    assert_eq!(table.meta().await.unwrap().horizon, 2);
    let mut late = pool.begin().await.unwrap();
    sqlx::query(INSERT).bind(100).execute(&mut *late).await.unwrap();
    for _ in 0..3 {
        sqlx::query(INSERT).bind(0).execute(&pool).await.unwrap();
        let meta = table.meta().await.unwrap();
        assert!(meta.horizon <= 2, "version 2 is open, and the horizon {}", meta.horizon);
    }
    // One that began after them is not waited for by what was seen before it.
    let mut later = pool.begin().await.unwrap();
    sqlx::query(INSERT).bind(200).execute(&mut *later).await.unwrap();
    late.commit().await.unwrap();
    let meta = table.meta().await.unwrap();
    assert_eq!((meta.horizon, meta.count), (6, 5), "versions 1 to 5 are in, 6 is open");
    later.rollback().await.unwrap();
    assert_eq!(table.meta().await.unwrap().horizon, 6);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_comes_while_a_transaction_is_open_waits_for_it_and_says_whose_it_is() {
    let Late { world, pool } = shop().await;
    let mut late = pool.begin().await.unwrap();
    sqlx::query(INSERT).bind(0).execute(&mut *late).await.unwrap();
    sqlx::query(INSERT).bind(50).execute(&pool).await.unwrap();
    let (process,): (i32,) = sqlx::query_as("SELECT pg_backend_pid()").fetch_one(&mut *late).await.unwrap();
    let table = world.open().await;
    let Err(SyncFault::Unavailable(words)) = table.meta().await else { panic!("nothing can be known") };
    assert!(words.contains(&format!("process {process} ")), "{words}");
    assert_eq!(table.clone().following().meta().await.unwrap().count, 1, "who only follows need not wait");
    late.rollback().await.unwrap();
    assert_eq!(table.meta().await.unwrap().horizon, 3);
}

/// Whoever only reads, or writes to another table, holds nothing back.
#[tokio::test(flavor = "multi_thread")]
async fn transactions_that_do_not_write_to_the_table_hold_nothing_back() {
    let Late { world, pool } = shop().await;
    world.run("CREATE TABLE others (id int)").await;
    let mut other = pool.begin().await.unwrap();
    sqlx::raw_sql("INSERT INTO others VALUES (1); SELECT * FROM orders").execute(&mut *other).await.unwrap();
    sqlx::query(INSERT).bind(0).execute(&pool).await.unwrap();
    assert_eq!(world.open().await.meta().await.unwrap().horizon, 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_table_made_anew_or_restored_from_a_dump_has_another_epoch() {
    let Late { world, .. } = shop().await;
    let before = world.open().await.meta().await.unwrap().epoch;
    assert_eq!(world.open().await.meta().await.unwrap().epoch, before);
    world.run("ALTER TABLE orders RENAME TO old; CREATE TABLE orders (LIKE old INCLUDING ALL)").await;
    assert_ne!(world.open().await.meta().await.unwrap().epoch, before);
    let other = World::new(Scratch::postgres().await).await;
    let epoch = Table::open(spec(&other.scratch.url, "orders")).await.unwrap().meta().await.unwrap().epoch;
    assert_ne!(epoch, before);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_is_replaced_has_another_epoch_and_one_with_summaries_keeps_its_own() {
    let world = World::new(Scratch::sqlite()).await;
    let path = world.scratch.url.trim_start_matches("sqlite:").to_owned();
    let before = world.open().await.meta().await.unwrap().epoch;
    std::fs::copy(&path, format!("{path}.copy")).unwrap();
    let copy = Table::open(spec(&format!("sqlite:{path}.copy"), "orders")).await.unwrap();
    assert_ne!(copy.meta().await.unwrap().epoch, before);
    world.open().await.migrate().await.unwrap();
    assert_eq!(world.open().await.meta().await.unwrap().epoch, before);
}
