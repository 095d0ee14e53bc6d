//! What a migration says, does, and takes back.

use db::testing::Scratch;
use engine::sync::{Span, TableEndpoint as _};
use tables::Table;

use crate::world::{Pool, World, spec};

on_both_databases!(
    and mysql:
    a_migration_is_shown_applied_once_and_taken_back,
    summaries_that_are_not_kept_are_not_used,
    summaries_of_other_blocks_are_not_used_and_made_anew,
    the_statements_shown_may_be_run_by_hand,
);

async fn parts(world: &World) -> i64 {
    match &world.pool {
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

async fn a_migration_is_shown_applied_once_and_taken_back(scratch: Scratch) {
    let mut world = World::new(scratch).await;
    world.write(1, 77).await;
    let table = world.open().await;
    let migration = table.migration().await.unwrap();
    assert!(migration.to_string().contains("orders_logyard_blocks"), "{migration}");
    assert_eq!(parts(&world).await, 0, "nothing is done unasked");
    let epoch = table.meta().await.unwrap().epoch;
    table.migrate().await.unwrap();
    assert!(table.migration().await.unwrap().is_empty());
    table.migrate().await.unwrap();
    assert!(table.summarised().await.unwrap());
    assert_eq!(table.meta().await.unwrap().epoch, epoch, "it is the same database");
    world.write(2, 78).await;
    assert_eq!(table.cells(&[Span::ALL], false, Span::END).await.unwrap(), [world.cell(Span::ALL)]);
    world.run_all(&migration.down).await;
    assert_eq!(parts(&world).await, 0);
    assert_eq!(table.migration().await.unwrap(), migration);
    assert_eq!(table.cells(&[Span::ALL], false, Span::END).await.unwrap(), [world.cell(Span::ALL)]);
}

async fn summaries_that_are_not_kept_are_not_used(scratch: Scratch) {
    let mut world = World::new(scratch).await;
    let table = world.open().await;
    table.migrate().await.unwrap();
    match &world.pool {
        Pool::Sqlite(_) | Pool::Mysql(_) => world.run("DROP TRIGGER orders_logyard_insert").await,
        Pool::Postgres(_) => world.run("ALTER TABLE orders DISABLE TRIGGER logyard_insert").await,
    }
    world.write(1, 77).await;
    assert!(!table.summarised().await.unwrap());
    assert_eq!(table.cells(&[Span::ALL], false, Span::END).await.unwrap(), [world.cell(Span::ALL)]);
    table.migrate().await.unwrap();
    assert!(table.summarised().await.unwrap());
    assert_eq!(table.cells(&[Span::ALL], false, Span::END).await.unwrap(), [world.cell(Span::ALL)]);
}

/// As an earlier Logyard may have left them.
async fn summaries_of_other_blocks_are_not_used_and_made_anew(scratch: Scratch) {
    let mut world = World::new(scratch).await;
    world.write(1, 77).await;
    let table = world.open().await;
    table.migrate().await.unwrap();
    match &world.pool {
        Pool::Sqlite(_) => {
            world.run("DROP TABLE orders_logyard_blocks").await;
            let sums =
                "count INTEGER NOT NULL, hash INTEGER NOT NULL, keys INTEGER NOT NULL, versions INTEGER NOT NULL";
            let key = "PRIMARY KEY (level, block)";
            world
                .run(&format!(
                    "CREATE TABLE orders_logyard_blocks (level INTEGER, block INTEGER, {sums}, {key}) WITHOUT ROWID"
                ))
                .await;
        }
        Pool::Mysql(_) => world.run("UPDATE orders_logyard_blocks SET block = 1 WHERE level = 0").await,
        Pool::Postgres(_) => world.run("COMMENT ON TABLE orders_logyard_blocks IS 'Logyard: complete'").await,
    }
    assert!(!table.summarised().await.unwrap());
    assert_eq!(table.cells(&[Span::ALL], false, Span::END).await.unwrap(), [world.cell(Span::ALL)]);
    assert!(!table.migration().await.unwrap().is_empty());
    table.migrate().await.unwrap();
    assert!(table.summarised().await.unwrap());
    assert_eq!(table.cells(&[Span::ALL], false, Span::END).await.unwrap(), [world.cell(Span::ALL)]);
}

async fn the_statements_shown_may_be_run_by_hand(scratch: Scratch) {
    let mut world = World::new(scratch).await;
    for key in 1..100 {
        world.write(key, key.unsigned_abs() * 50).await;
    }
    let table = world.open().await;
    world.run_all(&table.migration().await.unwrap().up).await;
    assert!(table.summarised().await.unwrap());
    world.delete(7).await;
    assert_eq!(table.cells(&[Span::ALL], true, Span::END).await.unwrap()[0], world.cell(Span::ALL));
}

/// A table that inherits, whose rows the triggers would not see.
#[tokio::test(flavor = "multi_thread")]
async fn a_table_with_partitions_is_read_but_has_no_summaries() {
    let world = World::new(Scratch::postgres().await).await;
    world
        .run("CREATE TABLE parts (id BIGINT NOT NULL PRIMARY KEY, row_version BIGINT NOT NULL) PARTITION BY RANGE (id)")
        .await;
    world.run("CREATE TABLE parts_low PARTITION OF parts FOR VALUES FROM (0) TO (100)").await;
    world.run("INSERT INTO parts VALUES (1, 5)").await;
    let table = Table::open(spec(&world.scratch.url, "parts")).await.unwrap();
    assert_eq!(table.meta().await.unwrap().count, 1);
    let error = table.migration().await.unwrap_err().to_string();
    assert!(error.contains("partitions"), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn blocks_that_were_touched_are_answered_from_rows_where_the_file_is_read_only() {
    let mut world = World::new(Scratch::sqlite()).await;
    for key in 1..300 {
        world.write(key, key.unsigned_abs() * 3).await;
    }
    world.open().await.migrate().await.unwrap();
    world.write(7, 5_000).await;
    world.delete(100).await;
    let table = Table::open(spec(&format!("{}?mode=ro", world.scratch.url), "orders")).await.unwrap();
    assert_eq!(table.meta().await.unwrap().count, 298);
    assert!(table.summarised().await.unwrap());
    let spans = [Span::ALL, Span { from: 64, until: 640 }];
    let expected: Vec<_> = spans.iter().map(|span| world.cell(*span)).collect();
    assert_eq!(table.cells(&spans, false, Span::END).await.unwrap(), expected);
}
