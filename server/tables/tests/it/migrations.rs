//! Migrations: what they show, do, and revert.

use db::testing::Scratch;
use engine::sync::{Span, TableEndpoint as _};
use tables::Table;

use crate::test_table::{Pool, TestTable, spec};

on_both_databases!(
    and mysql:
    migration_is_shown_applied_once_and_reverted,
    summaries_without_triggers_are_not_used,
    summaries_with_other_levels_are_recreated,
    migration_statements_run_by_hand,
);

async fn parts(fixture: &TestTable) -> i64 {
    match &fixture.pool {
        Pool::Sqlite(pool) => {
            let sql = "SELECT count(*) FROM sqlite_schema WHERE name LIKE '%logyard%'";
            sqlx::query_scalar(sql).fetch_one(pool).await.unwrap()
        }
        Pool::Mysql(pool) => {
            let sql = "SELECT (SELECT COUNT(*) FROM information_schema.TABLES
                               WHERE TABLE_SCHEMA = DATABASE() AND TABLE_NAME LIKE '%logyard%')
                            + (SELECT COUNT(*) FROM information_schema.TRIGGERS WHERE TRIGGER_SCHEMA = DATABASE())
                            + (SELECT COUNT(*) FROM information_schema.STATISTICS
                               WHERE TABLE_SCHEMA = DATABASE() AND INDEX_NAME LIKE '%logyard%')";
            sqlx::query_scalar(sql).fetch_one(pool).await.unwrap()
        }
        Pool::Postgres(pool) => {
            let sql = "SELECT (SELECT count(*) FROM pg_class WHERE relname LIKE '%logyard%')
                            + (SELECT count(*) FROM pg_trigger WHERE tgname LIKE '%logyard%')
                            + (SELECT count(*) FROM pg_proc WHERE proname LIKE '%logyard%')";
            sqlx::query_scalar(sql).fetch_one(pool).await.unwrap()
        }
    }
}

async fn migration_is_shown_applied_once_and_reverted(scratch: Scratch) {
    let mut fixture = TestTable::new(scratch).await;
    fixture.write(1, 77).await;
    let table = fixture.open().await;
    let migration = table.migration().await.unwrap();
    assert!(migration.to_string().contains("orders_logyard_blocks"), "{migration}");
    assert_eq!(parts(&fixture).await, 0, "showing a migration changes nothing");
    let epoch = table.meta().await.unwrap().epoch;
    table.migrate().await.unwrap();
    assert!(table.migration().await.unwrap().is_empty());
    table.migrate().await.unwrap();
    assert!(table.summarised().await.unwrap());
    let again = table.meta().await.unwrap().epoch;
    assert!(again.starts_with(&epoch), "it is the same database: {again}");
    fixture.write(2, 78).await;
    assert_eq!(table.cells(&[Span::ALL], false, Span::END).await.unwrap(), [fixture.cell(Span::ALL)]);
    fixture.run_all(&migration.down).await;
    assert_eq!(parts(&fixture).await, 0);
    assert_eq!(table.migration().await.unwrap(), migration);
    assert_eq!(table.cells(&[Span::ALL], false, Span::END).await.unwrap(), [fixture.cell(Span::ALL)]);
}

async fn summaries_without_triggers_are_not_used(scratch: Scratch) {
    let mut fixture = TestTable::new(scratch).await;
    let table = fixture.open().await;
    table.migrate().await.unwrap();
    match &fixture.pool {
        Pool::Sqlite(_) | Pool::Mysql(_) => fixture.run("DROP TRIGGER orders_logyard_insert").await,
        Pool::Postgres(_) => fixture.run("ALTER TABLE orders DISABLE TRIGGER logyard_insert").await,
    }
    fixture.write(1, 77).await;
    assert!(!table.summarised().await.unwrap());
    assert_eq!(table.cells(&[Span::ALL], false, Span::END).await.unwrap(), [fixture.cell(Span::ALL)]);
    table.migrate().await.unwrap();
    assert!(table.summarised().await.unwrap());
    assert_eq!(table.cells(&[Span::ALL], false, Span::END).await.unwrap(), [fixture.cell(Span::ALL)]);
}

/// Summaries as another version of Logyard may have left them.
async fn summaries_with_other_levels_are_recreated(scratch: Scratch) {
    let mut fixture = TestTable::new(scratch).await;
    fixture.write(1, 77).await;
    let table = fixture.open().await;
    table.migrate().await.unwrap();
    match &fixture.pool {
        Pool::Sqlite(_) => {
            fixture.run("DROP TABLE orders_logyard_blocks").await;
            let sums =
                "count INTEGER NOT NULL, hash INTEGER NOT NULL, keys INTEGER NOT NULL, versions INTEGER NOT NULL";
            let key = "PRIMARY KEY (level, block)";
            fixture
                .run(&format!(
                    "CREATE TABLE orders_logyard_blocks (level INTEGER, block INTEGER, {sums}, {key}) WITHOUT ROWID"
                ))
                .await;
        }
        Pool::Mysql(_) => fixture.run("UPDATE orders_logyard_blocks SET block = 1 WHERE level = 0").await,
        Pool::Postgres(_) => fixture.run("COMMENT ON TABLE orders_logyard_blocks IS 'Logyard: complete'").await,
    }
    assert!(!table.summarised().await.unwrap());
    assert_eq!(table.cells(&[Span::ALL], false, Span::END).await.unwrap(), [fixture.cell(Span::ALL)]);
    assert!(!table.migration().await.unwrap().is_empty());
    table.migrate().await.unwrap();
    assert!(table.summarised().await.unwrap());
    assert_eq!(table.cells(&[Span::ALL], false, Span::END).await.unwrap(), [fixture.cell(Span::ALL)]);
}

async fn migration_statements_run_by_hand(scratch: Scratch) {
    let mut fixture = TestTable::new(scratch).await;
    for key in 1..100 {
        fixture.write(key, key.unsigned_abs() * 50).await;
    }
    let table = fixture.open().await;
    fixture.run_all(&table.migration().await.unwrap().up).await;
    assert!(table.summarised().await.unwrap());
    fixture.delete(7).await;
    assert_eq!(table.cells(&[Span::ALL], true, Span::END).await.unwrap()[0], fixture.cell(Span::ALL));
}

/// Triggers of the parent would not see rows of partitions.
#[tokio::test(flavor = "multi_thread")]
async fn partitioned_table_is_read_without_summaries() {
    let fixture = TestTable::new(Scratch::postgres().await).await;
    fixture
        .run("CREATE TABLE parts (id BIGINT NOT NULL PRIMARY KEY, row_version BIGINT NOT NULL) PARTITION BY RANGE (id)")
        .await;
    fixture.run("CREATE TABLE parts_low PARTITION OF parts FOR VALUES FROM (0) TO (100)").await;
    fixture.run("INSERT INTO parts VALUES (1, 5)").await;
    let table = Table::open(spec(&fixture.scratch.url, "parts")).await.unwrap();
    assert_eq!(table.meta().await.unwrap().count, 1);
    let error = table.migration().await.unwrap_err().to_string();
    assert!(error.contains("partitions"), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn touched_blocks_of_read_only_file_use_rows() {
    let mut fixture = TestTable::new(Scratch::sqlite()).await;
    for key in 1..300 {
        fixture.write(key, key.unsigned_abs() * 3).await;
    }
    fixture.open().await.migrate().await.unwrap();
    fixture.write(7, 5_000).await;
    fixture.delete(100).await;
    let table = Table::open(spec(&format!("{}?mode=ro", fixture.scratch.url), "orders")).await.unwrap();
    assert_eq!(table.meta().await.unwrap().count, 298);
    assert!(table.summarised().await.unwrap());
    let spans = [Span::ALL, Span { from: 64, until: 640 }];
    let expected: Vec<_> = spans.iter().map(|span| fixture.cell(*span)).collect();
    assert_eq!(table.cells(&spans, false, Span::END).await.unwrap(), expected);
}
