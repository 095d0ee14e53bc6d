//! Behaviour specific to MySQL, and concurrent writers to a table with summaries.

use std::sync::{
    Arc,
    atomic::{AtomicBool, AtomicUsize, Ordering},
};

use db::testing::Scratch;
use engine::sync::{Local as _, Remote as _, Span, SyncFault, TableEndpoint as _};
use rand::{Rng as _, SeedableRng as _, rngs::StdRng};
use sqlx::{AssertSqlSafe, MySqlPool, mysql::MySqlPoolOptions};
use tables::{Table, TableSpec};

use crate::test_table::{Pool, TestTable, mark, spec};

const WRITERS: u64 = 6;
/// Transactions per writer; writers continue until enough snapshots were compared.
const TRANSACTIONS: std::ops::Range<u64> = 40..2_000;
const MIN_SNAPSHOTS: usize = 30;

/// Reads rows and summaries in one statement, hence in one snapshot.
const COMPARED: &str = "SELECT
    (SELECT CONCAT_WS(' ', COUNT(*), BIT_XOR(id), BIT_XOR(row_version)) FROM orders),
    (SELECT CONCAT_WS(' ', COALESCE(SUM(`count`), 0), BIT_XOR(`keys`), BIT_XOR(`versions`))
     FROM (SELECT `count`, `keys`, `versions` FROM orders_logyard_blocks WHERE level = ?
           UNION ALL SELECT `count`, `keys`, `versions` FROM orders_logyard_changes) AS sides)";

#[tokio::test(flavor = "multi_thread")]
async fn summaries_equal_rows_in_every_snapshot_under_load() {
    let mut fixture = TestTable::new(Scratch::mariadb_alone().await).await;
    fixture.run("CREATE SEQUENCE versions").await;
    fixture.run("INSERT INTO orders SELECT seq, NEXTVAL(versions), 'c' FROM seq_1_to_500").await;
    let pool = MySqlPoolOptions::new().max_connections(12).connect(&fixture.scratch.url).await.unwrap();
    let (migrated, compared) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicUsize::new(0)));
    let writer = |seed| write(pool.clone(), seed, Arc::clone(&migrated), Arc::clone(&compared));
    let writers: Vec<_> = (0..WRITERS).map(writer).map(tokio::spawn).collect();
    // Migrates while they write.
    let table = fixture.open().await;
    table.migrate().await.unwrap();
    migrated.store(true, Ordering::Relaxed);
    let done = Arc::new(AtomicBool::new(false));
    let checker = tokio::spawn(compare_snapshots(pool.clone(), Arc::clone(&done), Arc::clone(&compared)));
    while !writers.iter().all(tokio::task::JoinHandle::is_finished) {
        table.meta().await.unwrap();
    }
    for writer in writers {
        writer.await.unwrap();
    }
    done.store(true, Ordering::Relaxed);
    checker.await.unwrap();
    assert!(compared.load(Ordering::Relaxed) >= MIN_SNAPSHOTS, "enough snapshots were compared");
    let rows: Vec<(i64, i64)> = sqlx::query_as("SELECT id, row_version FROM orders").fetch_all(&pool).await.unwrap();
    fixture.model = rows.into_iter().map(|(key, version)| (key, version.cast_unsigned())).collect();
    for folded in [false, true] {
        if folded {
            table.meta().await.unwrap();
        }
        let spans = [Span::ALL, Span::block_around(0, 10_000), Span { from: 100, until: 777 }];
        let expected: Vec<_> = spans.iter().map(|span| fixture.cell(*span)).collect();
        assert_eq!(table.cells(&spans, false, Span::END).await.unwrap(), expected);
        assert!(table.summarised().await.unwrap());
    }
    let left = "SELECT (SELECT COUNT(*) FROM orders_logyard_changes)
                     + (SELECT COUNT(*) FROM orders_logyard_blocks WHERE `count` = 0 AND level > 0)";
    let left: i64 = sqlx::query_scalar(left).fetch_one(&pool).await.unwrap();
    assert_eq!(left, 0, "all changes were folded, and no empty block is left");
}

/// Runs transactions over the same rows in the order of keys. InnoDB may still abort one as a deadlock, or one that
/// began before the summaries existed; an aborted transaction leaves nothing.
async fn write(pool: MySqlPool, seed: u64, migrated: Arc<AtomicBool>, compared: Arc<AtomicUsize>) {
    let mut random = StdRng::seed_from_u64(seed);
    for transaction in 0..TRANSACTIONS.end {
        if transaction >= TRANSACTIONS.start && compared.load(Ordering::Relaxed) >= MIN_SNAPSHOTS {
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
            // Not prepared: while triggers are created, MariaDB may refuse a prepared statement once, because its list
            // of tables is outdated.
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

async fn compare_snapshots(pool: MySqlPool, done: Arc<AtomicBool>, compared: Arc<AtomicUsize>) {
    while !done.load(Ordering::Relaxed) {
        for level in [6, 12, 18] {
            let (rows, summaries): (String, String) =
                sqlx::query_as(COMPARED).bind(level).fetch_one(&pool).await.unwrap();
            assert_eq!(rows, summaries, "level {level}");
            compared.fetch_add(1, Ordering::Relaxed);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn truncated_table_is_detected_and_read_from_rows() {
    let mut fixture = TestTable::new(Scratch::mariadb().await).await;
    for key in 1..200 {
        fixture.write(key, key.unsigned_abs() * 50).await;
    }
    let table = fixture.open().await;
    table.migrate().await.unwrap();
    fixture.run("TRUNCATE orders").await;
    fixture.model.clear();
    for (key, version) in [(1, 10_001), (2, 10_002)] {
        fixture.write(key, version).await;
    }
    assert_eq!(table.meta().await.unwrap().count, 2);
    assert!(!table.summarised().await.unwrap());
    assert_eq!(table.cells(&[Span::ALL], false, Span::END).await.unwrap(), [fixture.cell(Span::ALL)]);
    assert!(!table.migration().await.unwrap().is_empty(), "the migration is pending again");
    table.migrate().await.unwrap();
    assert!(table.summarised().await.unwrap());
    assert_eq!(table.cells(&[Span::ALL], false, Span::END).await.unwrap(), [fixture.cell(Span::ALL)]);
}

#[tokio::test(flavor = "multi_thread")]
async fn table_with_untriggered_deletes_gets_no_summaries() {
    let fixture = TestTable::new(Scratch::mariadb().await).await;
    fixture
        .run(
            "CREATE TABLE items (id BIGINT PRIMARY KEY, row_version BIGINT NOT NULL, part_of BIGINT,
               CONSTRAINT of_order FOREIGN KEY (part_of) REFERENCES orders (id) ON DELETE CASCADE)",
        )
        .await;
    fixture
        .run(
            "CREATE TABLE parts (id BIGINT PRIMARY KEY, row_version BIGINT NOT NULL)
               PARTITION BY RANGE (id) (PARTITION low VALUES LESS THAN (100))",
        )
        .await;
    for (name, word) in [("items", "of_order cascades"), ("parts", "partitions")] {
        let table = Table::open(spec(&fixture.scratch.url, name)).await.unwrap();
        assert_eq!(table.meta().await.unwrap().count, 0);
        let error = table.migration().await.unwrap_err().to_string();
        assert!(error.contains(word), "{error}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn unsuitable_mysql_table_is_refused_with_reason() {
    let fixture = TestTable::new(Scratch::mariadb().await).await;
    fixture.run("CREATE TABLE simple (id BIGINT PRIMARY KEY, row_version BIGINT NOT NULL) ENGINE = MyISAM").await;
    let Err(error) = Table::open(spec(&fixture.scratch.url, "simple")).await else { panic!("it was opened") };
    assert!(error.to_string().contains("a storage engine other than InnoDB"), "{error}");
    fixture.run("CREATE TABLE wide (id BIGINT UNSIGNED PRIMARY KEY, row_version BIGINT NOT NULL)").await;
    fixture.run("INSERT INTO wide VALUES (18446744073709551615, 1)").await;
    let Err(SyncFault::Failed(words)) = Table::open(spec(&fixture.scratch.url, "wide")).await.unwrap().meta().await
    else {
        panic!("it was read")
    };
    assert!(words.contains("18446744073709551615 in column id; at most 9223372036854775807"), "{words}");
    let Err(fault) = fixture.open().await.delete(&[mark(1, 1)]).await else { panic!("it was written to") };
    assert!(fault.to_string().contains("cannot be a copy"), "{fault}");
}

#[tokio::test(flavor = "multi_thread")]
async fn names_are_quoted_and_other_databases_work() {
    let fixture = TestTable::new(Scratch::mariadb().await).await;
    let Pool::Mysql(pool) = &fixture.pool else { unreachable!() };
    let other = format!("other_{}", &fixture.scratch.url.split("test_").nth(1).unwrap()[..32]);
    fixture.run(&format!("CREATE DATABASE `{other}`")).await;
    fixture
        .run(&format!(
            "CREATE TABLE `{other}`.`Order \"x` (`the Key` int PRIMARY KEY, `row-version` int NOT NULL, `a;b` text)"
        ))
        .await;
    let table = TableSpec {
        key: "the Key".to_owned(),
        version: "row-version".to_owned(),
        ..spec(&fixture.scratch.url, &format!("{other}.Order \"x"))
    };
    let table = Table::open(table).await.unwrap();
    table.migrate().await.unwrap();
    fixture.run(&format!("INSERT INTO `{other}`.`Order \"x` VALUES (1, 64, 'v')")).await;
    assert_eq!(table.rows(&[mark(1, 64)]).await.unwrap().rows[0].values["a;b"], "v");
    assert!(table.summarised().await.unwrap());
    assert_eq!(table.meta().await.unwrap().extremes, Some((64, 64)));
    let down = table.migration().await.unwrap().down;
    for statement in down {
        sqlx::raw_sql(AssertSqlSafe(statement)).execute(pool).await.unwrap();
    }
    assert!(!table.summarised().await.unwrap());
}
