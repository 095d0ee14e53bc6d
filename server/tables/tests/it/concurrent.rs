//! Many writers at once: in every snapshot the summaries are what the rows come to, and nobody is in anybody's way.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use db::testing::Scratch;
use engine::sync::{Span, TableEndpoint as _};
use rand::{Rng as _, SeedableRng as _, rngs::StdRng};
use sqlx::{AssertSqlSafe, PgPool, postgres::PgPoolOptions};

use crate::world::{Pool, World};

const WRITERS: u64 = 6;
const TRANSACTIONS: u64 = 60;

/// Both in one statement, hence in one snapshot.
const COMPARED: &str = "SELECT
    (SELECT (count(*), bit_xor(id), bit_xor(row_version))::text FROM orders),
    (SELECT (COALESCE(sum(count), 0), bit_xor(keys), bit_xor(versions))::text
     FROM (SELECT count, keys, versions FROM orders_logyard_blocks WHERE level = $1
           UNION ALL SELECT count, keys, versions FROM orders_logyard_changes) AS sides)";

#[tokio::test(flavor = "multi_thread")]
async fn summaries_equal_the_rows_in_every_snapshot_while_many_write_and_one_takes_changes_in() {
    let mut world = World::new(Scratch::postgres().await).await;
    world.run("CREATE SEQUENCE versions").await;
    let filled = "INSERT INTO orders SELECT n, nextval('versions'), 'c' FROM generate_series(1, 500) AS n";
    world.run(filled).await;
    let Pool::Postgres(_) = &world.pool else { unreachable!() };
    let pool = PgPoolOptions::new().max_connections(12).connect(&world.scratch.url).await.unwrap();
    let writers: Vec<_> = (0..WRITERS).map(|seed| tokio::spawn(write(pool.clone(), seed))).collect();
    // Applied while they write.
    let table = world.open().await;
    table.migrate().await.unwrap();
    let done = Arc::new(AtomicBool::new(false));
    let watcher = tokio::spawn(watch(pool.clone(), Arc::clone(&done)));
    while !writers.iter().all(tokio::task::JoinHandle::is_finished) {
        table.meta().await.unwrap();
    }
    for writer in writers {
        writer.await.unwrap();
    }
    done.store(true, Ordering::Relaxed);
    assert!(watcher.await.unwrap() > 3, "there was something to see");
    let rows: Vec<(i64, i64)> = sqlx::query_as("SELECT id, row_version FROM orders").fetch_all(&pool).await.unwrap();
    world.model = rows.into_iter().map(|(key, version)| (key, version.cast_unsigned())).collect();
    for folded in [false, true] {
        if folded {
            table.meta().await.unwrap();
        }
        let spans = [Span::ALL, Span::block_around(0, 10_000), Span { from: 100, until: 777 }];
        let expected: Vec<_> = spans.iter().map(|span| world.cell(*span)).collect();
        assert_eq!(table.cells(&spans, false, Span::END).await.unwrap(), expected);
    }
    let left: i64 = sqlx::query_scalar("SELECT count(*) FROM orders_logyard_changes").fetch_one(&pool).await.unwrap();
    assert_eq!(left, 0, "all changes were taken in");
    let empty = "SELECT count(*) FROM orders_logyard_blocks WHERE count = 0";
    let empty: i64 = sqlx::query_scalar(empty).fetch_one(&pool).await.unwrap();
    assert_eq!(empty, 0, "blocks without rows are not kept");
}

/// Transactions of some statements over the same rows, in the order of keys, so that they wait for each other but never
/// in a circle: a deadlock would be the triggers' doing.
async fn write(pool: PgPool, seed: u64) {
    let mut random = StdRng::seed_from_u64(seed);
    for _ in 0..TRANSACTIONS {
        let mut transaction = pool.begin().await.unwrap();
        let mut key = random.random_range(1..200);
        for _ in 0..random.random_range(1..5) {
            let sql = match random.random_range(0..4) {
                0 => format!("DELETE FROM orders WHERE id = {key}"),
                1 => format!(
                    "INSERT INTO orders SELECT n, nextval('versions'), 'new' FROM generate_series({key}, {key} + 20) AS n
                     ON CONFLICT (id) DO UPDATE SET row_version = excluded.row_version"
                ),
                _ => format!("UPDATE orders SET row_version = nextval('versions') WHERE id = {key}"),
            };
            sqlx::query(AssertSqlSafe(sql)).execute(&mut *transaction).await.unwrap();
            key += random.random_range(21..100);
        }
        if random.random_bool(0.2) {
            transaction.rollback().await.unwrap();
        } else {
            transaction.commit().await.unwrap();
        }
    }
}

async fn watch(pool: PgPool, done: Arc<AtomicBool>) -> usize {
    let mut looks = 0;
    while !done.load(Ordering::Relaxed) {
        for level in [6, 12, 18] {
            let (rows, summaries): (String, String) =
                sqlx::query_as(COMPARED).bind(level).fetch_one(&pool).await.unwrap();
            assert_eq!(rows, summaries, "level {level}");
            looks += 1;
        }
    }
    looks
}
