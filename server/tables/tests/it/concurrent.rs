//! Concurrent writers: summaries equal the rows in every snapshot, and writers cause no deadlocks.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use db::testing::Scratch;
use engine::sync::{Span, TableEndpoint as _};
use rand::{Rng as _, SeedableRng as _, rngs::StdRng};
use sqlx::{AssertSqlSafe, PgPool, postgres::PgPoolOptions};

use crate::test_table::{Pool, TestTable};

const WRITERS: u64 = 6;
const TRANSACTIONS: u64 = 60;

/// Reads rows and summaries in one statement, hence in one snapshot.
const COMPARED: &str = "SELECT
    (SELECT (count(*), bit_xor(id), bit_xor(row_version))::text FROM orders),
    (SELECT (COALESCE(sum(count), 0), bit_xor(keys), bit_xor(versions))::text
     FROM (SELECT count, keys, versions FROM orders_logyard_blocks WHERE level = $1
           UNION ALL SELECT count, keys, versions FROM orders_logyard_changes) AS sides)";

#[tokio::test(flavor = "multi_thread")]
async fn summaries_equal_rows_in_every_snapshot_under_load() {
    let mut fixture = TestTable::new(Scratch::postgres().await).await;
    fixture.run("CREATE SEQUENCE versions").await;
    let filled = "INSERT INTO orders SELECT n, nextval('versions'), 'c' FROM generate_series(1, 500) AS n";
    fixture.run(filled).await;
    let Pool::Postgres(_) = &fixture.pool else { unreachable!() };
    let pool = PgPoolOptions::new().max_connections(12).connect(&fixture.scratch.url).await.unwrap();
    let writers: Vec<_> = (0..WRITERS).map(|seed| tokio::spawn(write(pool.clone(), seed))).collect();
    // Migrates while they write.
    let table = fixture.open().await;
    table.migrate().await.unwrap();
    let done = Arc::new(AtomicBool::new(false));
    let checker = tokio::spawn(compare_snapshots(pool.clone(), Arc::clone(&done)));
    while !writers.iter().all(tokio::task::JoinHandle::is_finished) {
        table.meta().await.unwrap();
    }
    for writer in writers {
        writer.await.unwrap();
    }
    done.store(true, Ordering::Relaxed);
    assert!(checker.await.unwrap() > 3, "enough snapshots were compared");
    let rows: Vec<(i64, i64)> = sqlx::query_as("SELECT id, row_version FROM orders").fetch_all(&pool).await.unwrap();
    fixture.model = rows.into_iter().map(|(key, version)| (key, version.cast_unsigned())).collect();
    for folded in [false, true] {
        if folded {
            table.meta().await.unwrap();
        }
        let spans = [Span::ALL, Span::block_around(0, 10_000), Span { from: 100, until: 777 }];
        let expected: Vec<_> = spans.iter().map(|span| fixture.cell(*span)).collect();
        assert_eq!(table.cells(&spans, false, Span::END).await.unwrap(), expected);
    }
    let left: i64 = sqlx::query_scalar("SELECT count(*) FROM orders_logyard_changes").fetch_one(&pool).await.unwrap();
    assert_eq!(left, 0, "all changes were folded");
    let empty = "SELECT count(*) FROM orders_logyard_blocks WHERE count = 0";
    let empty: i64 = sqlx::query_scalar(empty).fetch_one(&pool).await.unwrap();
    assert_eq!(empty, 0, "blocks without rows are not kept");
}

/// Runs transactions over the same rows in the order of keys, so that they never deadlock by themselves: a deadlock
/// would be caused by the triggers.
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

async fn compare_snapshots(pool: PgPool, done: Arc<AtomicBool>) -> usize {
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
