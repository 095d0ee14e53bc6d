//! What MySQL does that other databases do not, and many writers to a table with summaries.

use std::sync::{
    Arc,
    atomic::{AtomicBool, AtomicUsize, Ordering},
};

use db::testing::Scratch;
use engine::sync::{Local as _, Remote as _, Span, SyncFault, TableEndpoint as _};
use rand::{Rng as _, SeedableRng as _, rngs::StdRng};
use sqlx::{AssertSqlSafe, MySqlPool, mysql::MySqlPoolOptions};
use tables::{Table, TableSpec};

use crate::world::{Pool, World, mark, spec};

const WRITERS: u64 = 6;
/// Each writer makes so many, and goes on until there were enough looks at what they do.
const TRANSACTIONS: std::ops::Range<u64> = 40..2_000;
const LOOKS: usize = 30;

/// Both in one statement, hence in one snapshot.
const COMPARED: &str = "SELECT
    (SELECT CONCAT_WS(' ', COUNT(*), BIT_XOR(id), BIT_XOR(row_version)) FROM orders),
    (SELECT CONCAT_WS(' ', COALESCE(SUM(`count`), 0), BIT_XOR(`keys`), BIT_XOR(`versions`))
     FROM (SELECT `count`, `keys`, `versions` FROM orders_logyard_blocks WHERE level = ?
           UNION ALL SELECT `count`, `keys`, `versions` FROM orders_logyard_changes) AS sides)";

#[tokio::test(flavor = "multi_thread")]
async fn summaries_equal_the_rows_in_every_snapshot_while_many_write_and_one_takes_changes_in() {
    let mut world = World::new(Scratch::mariadb_alone().await).await;
    world.run("CREATE SEQUENCE versions").await;
    world.run("INSERT INTO orders SELECT seq, NEXTVAL(versions), 'c' FROM seq_1_to_500").await;
    let pool = MySqlPoolOptions::new().max_connections(12).connect(&world.scratch.url).await.unwrap();
    let (migrated, looks) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicUsize::new(0)));
    let writer = |seed| write(pool.clone(), seed, Arc::clone(&migrated), Arc::clone(&looks));
    let writers: Vec<_> = (0..WRITERS).map(writer).map(tokio::spawn).collect();
    // Applied while they write.
    let table = world.open().await;
    table.migrate().await.unwrap();
    migrated.store(true, Ordering::Relaxed);
    let done = Arc::new(AtomicBool::new(false));
    let watcher = tokio::spawn(watch(pool.clone(), Arc::clone(&done), Arc::clone(&looks)));
    while !writers.iter().all(tokio::task::JoinHandle::is_finished) {
        table.meta().await.unwrap();
    }
    for writer in writers {
        writer.await.unwrap();
    }
    done.store(true, Ordering::Relaxed);
    watcher.await.unwrap();
    assert!(looks.load(Ordering::Relaxed) >= LOOKS, "there was something to see");
    let rows: Vec<(i64, i64)> = sqlx::query_as("SELECT id, row_version FROM orders").fetch_all(&pool).await.unwrap();
    world.model = rows.into_iter().map(|(key, version)| (key, version.cast_unsigned())).collect();
    for folded in [false, true] {
        if folded {
            table.meta().await.unwrap();
        }
        let spans = [Span::ALL, Span::block_around(0, 10_000), Span { from: 100, until: 777 }];
        let expected: Vec<_> = spans.iter().map(|span| world.cell(*span)).collect();
        assert_eq!(table.cells(&spans, false, Span::END).await.unwrap(), expected);
        assert!(table.summarised().await.unwrap());
    }
    let left = "SELECT (SELECT COUNT(*) FROM orders_logyard_changes)
                     + (SELECT COUNT(*) FROM orders_logyard_blocks WHERE `count` = 0 AND level > 0)";
    let left: i64 = sqlx::query_scalar(left).fetch_one(&pool).await.unwrap();
    assert_eq!(left, 0, "all changes were taken in, and no block without rows is kept");
}

/// Transactions over the same rows, in the order of keys. InnoDB may end one as a deadlock even so, and one that began
/// before there were summaries as too old for them; it left nothing.
async fn write(pool: MySqlPool, seed: u64, migrated: Arc<AtomicBool>, looks: Arc<AtomicUsize>) {
    let mut random = StdRng::seed_from_u64(seed);
    for transaction in 0..TRANSACTIONS.end {
        if transaction >= TRANSACTIONS.start && looks.load(Ordering::Relaxed) >= LOOKS {
            break;
        }
        let may_be_too_old = !migrated.load(Ordering::Relaxed);
        let mut transaction = pool.begin().await.unwrap();
        let mut key = random.random_range(1..200);
        let mut ended = random.random_bool(0.2);
        for _ in 0..random.random_range(1..5) {
            let sql = match random.random_range(0..4) {
                0 => format!("DELETE FROM orders WHERE id = {key}"),
                1 => format!(
                    "INSERT INTO orders SELECT seq, NEXTVAL(versions), 'new' FROM seq_{key}_to_{}
                     ON DUPLICATE KEY UPDATE row_version = VALUES(row_version)",
                    key + 20
                ),
                _ => format!("UPDATE orders SET row_version = NEXTVAL(versions) WHERE id = {key}"),
            };
            // Not prepared: while triggers are made, MariaDB may refuse a prepared statement once, as its list of tables is
            // that of before.
            if let Err(error) = sqlx::raw_sql(AssertSqlSafe(sql.as_str())).execute(&mut *transaction).await {
                let error = error.to_string();
                let too_old = error.contains("doesn't exist") || error.contains("Table definition has changed");
                assert!(error.contains("Deadlock") || may_be_too_old && too_old, "{error}: {sql}");
                ended = true;
                break;
            }
            key += random.random_range(21..100);
        }
        if ended {
            transaction.rollback().await.unwrap();
        } else {
            transaction.commit().await.unwrap();
        }
    }
}

async fn watch(pool: MySqlPool, done: Arc<AtomicBool>, looks: Arc<AtomicUsize>) {
    while !done.load(Ordering::Relaxed) {
        for level in [6, 12, 18] {
            let (rows, summaries): (String, String) =
                sqlx::query_as(COMPARED).bind(level).fetch_one(&pool).await.unwrap();
            assert_eq!(rows, summaries, "level {level}");
            looks.fetch_add(1, Ordering::Relaxed);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_table_that_was_truncated_is_found_out_and_read_from_its_rows() {
    let mut world = World::new(Scratch::mariadb().await).await;
    for key in 1..200 {
        world.write(key, key.unsigned_abs() * 50).await;
    }
    let table = world.open().await;
    table.migrate().await.unwrap();
    world.run("TRUNCATE orders").await;
    world.model.clear();
    for (key, version) in [(1, 10_001), (2, 10_002)] {
        world.write(key, version).await;
    }
    assert_eq!(table.meta().await.unwrap().count, 2);
    assert!(!table.summarised().await.unwrap());
    assert_eq!(table.cells(&[Span::ALL], false, Span::END).await.unwrap(), [world.cell(Span::ALL)]);
    assert!(!table.migration().await.unwrap().is_empty(), "to be made anew");
    table.migrate().await.unwrap();
    assert!(table.summarised().await.unwrap());
    assert_eq!(table.cells(&[Span::ALL], false, Span::END).await.unwrap(), [world.cell(Span::ALL)]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_table_whose_rows_go_without_a_word_to_triggers_has_no_summaries() {
    let world = World::new(Scratch::mariadb().await).await;
    world
        .run(
            "CREATE TABLE items (id BIGINT PRIMARY KEY, row_version BIGINT NOT NULL, part_of BIGINT,
               CONSTRAINT of_order FOREIGN KEY (part_of) REFERENCES orders (id) ON DELETE CASCADE)",
        )
        .await;
    world
        .run(
            "CREATE TABLE parts (id BIGINT PRIMARY KEY, row_version BIGINT NOT NULL)
               PARTITION BY RANGE (id) (PARTITION low VALUES LESS THAN (100))",
        )
        .await;
    for (name, word) in [("items", "of_order cascades"), ("parts", "partitions")] {
        let table = Table::open(spec(&world.scratch.url, name)).await.unwrap();
        assert_eq!(table.meta().await.unwrap().count, 0);
        let error = table.migration().await.unwrap_err().to_string();
        assert!(error.contains(word), "{error}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_followed_is_refused_with_the_reason() {
    let world = World::new(Scratch::mariadb().await).await;
    world.run("CREATE TABLE simple (id BIGINT PRIMARY KEY, row_version BIGINT NOT NULL) ENGINE = MyISAM").await;
    let Err(error) = Table::open(spec(&world.scratch.url, "simple")).await else { panic!("it was opened") };
    assert!(error.to_string().contains("another engine than InnoDB"), "{error}");
    world.run("CREATE TABLE wide (id BIGINT UNSIGNED PRIMARY KEY, row_version BIGINT NOT NULL)").await;
    world.run("INSERT INTO wide VALUES (18446744073709551615, 1)").await;
    let Err(SyncFault::Refused(words)) = Table::open(spec(&world.scratch.url, "wide")).await.unwrap().meta().await
    else {
        panic!("it was read")
    };
    assert!(words.contains("18446744073709551615 in column id; at most 9223372036854775807"), "{words}");
    let Err(fault) = world.open().await.delete(&[mark(1, 1)]).await else { panic!("it was written to") };
    assert!(fault.to_string().contains("cannot be a copy"), "{fault}");
}

#[tokio::test(flavor = "multi_thread")]
async fn names_are_quoted_whatever_they_hold_and_other_databases_are_understood() {
    let world = World::new(Scratch::mariadb().await).await;
    let Pool::Mysql(pool) = &world.pool else { unreachable!() };
    let other = format!("other_{}", &world.scratch.url.split("test_").nth(1).unwrap()[..32]);
    world.run(&format!("CREATE DATABASE `{other}`")).await;
    world
        .run(&format!(
            "CREATE TABLE `{other}`.`Order \"x` (`the Key` int PRIMARY KEY, `row-version` int NOT NULL, `a;b` text)"
        ))
        .await;
    let table = TableSpec {
        key: "the Key".to_owned(),
        version: "row-version".to_owned(),
        ..spec(&world.scratch.url, &format!("{other}.Order \"x"))
    };
    let table = Table::open(table).await.unwrap();
    table.migrate().await.unwrap();
    world.run(&format!("INSERT INTO `{other}`.`Order \"x` VALUES (1, 64, 'v')")).await;
    assert_eq!(table.rows(&[mark(1, 64)]).await.unwrap()[0].values["a;b"], "v");
    assert!(table.summarised().await.unwrap());
    assert_eq!(table.meta().await.unwrap().extremes, Some((64, 64)));
    let down = table.migration().await.unwrap().down;
    for statement in down {
        sqlx::raw_sql(AssertSqlSafe(statement)).execute(pool).await.unwrap();
    }
    assert!(!table.summarised().await.unwrap());
}
