//! Versions that commit out of order, in MySQL.

use db::testing::Scratch;
use engine::sync::{SyncFault, TableEndpoint as _};
use sqlx::{AssertSqlSafe, MySqlPool};
use tables::Table;
use testing::{Span as _, eventually_async, within};

use crate::test_table::{Pool, TestTable, spec};

struct Late {
    fixture: TestTable,
    pool: MySqlPool,
}

/// Versions come from a sequence, so they follow the order of statements, not of commits.
async fn shop() -> Late {
    let fixture = TestTable::new(Scratch::mariadb_alone().await).await;
    fixture.run("CREATE SEQUENCE versions").await;
    fixture
        .run("CREATE TRIGGER fresh BEFORE INSERT ON orders FOR EACH ROW SET NEW.row_version = NEXTVAL(versions)")
        .await;
    let Pool::Mysql(pool) = &fixture.pool else { unreachable!() };
    let pool = pool.clone();
    Late { fixture, pool }
}

async fn insert(pool: &MySqlPool, key: i64) {
    sqlx::query(INSERT).bind(key).execute(pool).await.unwrap();
}

const INSERT: &str = "INSERT INTO orders (id, row_version, customer) VALUES (?, 0, 'c')";

#[tokio::test(flavor = "multi_thread")]
async fn horizon_stays_below_uncommitted_versions() {
    let Late { fixture, pool } = shop().await;
    insert(&pool, 1).await;
    let table = fixture.open().await;
    assert_eq!(table.meta().await.unwrap().horizon, 2);
    let mut late = pool.begin().await.unwrap();
    sqlx::query(INSERT).bind(2).execute(&mut *late).await.unwrap();
    for key in 3..6 {
        insert(&pool, key).await;
        let meta = table.meta().await.unwrap();
        assert!(meta.horizon <= 2, "version 2 is open, and the horizon {}", meta.horizon);
    }
    // A transaction that began later does not delay earlier versions.
    let mut later = pool.begin().await.unwrap();
    sqlx::query(INSERT).bind(6).execute(&mut *later).await.unwrap();
    late.commit().await.unwrap();
    let meta = table.meta().await.unwrap();
    assert_eq!((meta.horizon, meta.count), (6, 5), "versions 1 to 5 are in, 6 is open");
    later.rollback().await.unwrap();
    assert_eq!(table.meta().await.unwrap().horizon, 6);
}

/// InnoDB does not list a statement that has taken its version and not written yet.
#[tokio::test(flavor = "multi_thread")]
async fn horizon_waits_for_statement_before_its_write() {
    let Late { fixture, pool } = shop().await;
    insert(&pool, 1).await;
    let table = fixture.open().await;
    assert_eq!(table.meta().await.unwrap().horizon, 2);
    fixture.run("CREATE TRIGGER slow BEFORE INSERT ON orders FOR EACH ROW FOLLOWS fresh SET @slept = SLEEP(IF(NEW.id = 2, 2, 0))").await;
    let slow = tokio::spawn({
        let pool = pool.clone();
        async move { insert(&pool, 2).await }
    });
    let mut horizons = Vec::new();
    for key in 3..1_000 {
        insert(&pool, key).await;
        let meta = table.meta().await.unwrap();
        let (written,): (i64,) =
            sqlx::query_as("SELECT COUNT(*) FROM orders WHERE id = 2").fetch_one(&pool).await.unwrap();
        let (taken,): (i64,) =
            sqlx::query_as("SELECT next_not_cached_value FROM versions").fetch_one(&pool).await.unwrap();
        assert!(taken > 0);
        if written == 1 {
            break;
        }
        horizons.push(meta.horizon);
    }
    slow.await.unwrap();
    let (version,): (i64,) =
        sqlx::query_as("SELECT row_version FROM orders WHERE id = 2").fetch_one(&pool).await.unwrap();
    assert!(horizons.iter().all(|horizon| horizon.cast_signed() <= version), "{version} is not in: {horizons:?}");
    assert!(table.meta().await.unwrap().horizon.cast_signed() > version);
}

#[tokio::test(flavor = "multi_thread")]
async fn first_horizon_waits_and_names_open_transaction() {
    let Late { fixture, pool } = shop().await;
    let mut late = pool.begin().await.unwrap();
    sqlx::query(INSERT).bind(1).execute(&mut *late).await.unwrap();
    insert(&pool, 2).await;
    let (connection,): (u64,) =
        sqlx::query_as("SELECT CAST(CONNECTION_ID() AS UNSIGNED)").fetch_one(&mut *late).await.unwrap();
    let table = fixture.open().await;
    let Err(SyncFault::Unavailable(words)) = table.meta().await else { panic!("nothing can be known") };
    assert!(words.contains(&format!("connection {connection} (root)")), "{words}");
    late.rollback().await.unwrap();
    assert_eq!(table.meta().await.unwrap().horizon, 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn read_only_transactions_are_ignored() {
    let Late { fixture, pool } = shop().await;
    insert(&pool, 1).await;
    let mut open = pool.begin().await.unwrap();
    sqlx::query("SELECT * FROM orders").execute(&mut *open).await.unwrap();
    let long = tokio::spawn({
        let pool = pool.clone();
        async move { sqlx::query("SELECT id, SLEEP(600) FROM orders").execute(&pool).await }
    });
    let reading = "SELECT COUNT(*) FROM information_schema.PROCESSLIST WHERE INFO LIKE 'SELECT id, SLEEP%'";
    let begun = || async { sqlx::query_scalar::<_, i64>(reading).fetch_one(&pool).await.unwrap() > 0 };
    eventually_async("the long statement runs", within(1.mins()), begun).await;
    insert(&pool, 2).await;
    assert_eq!(fixture.open().await.meta().await.unwrap().horizon, 3);
    long.abort();
}

#[tokio::test(flavor = "multi_thread")]
async fn missing_process_privilege_is_named() {
    let Late { fixture, pool } = shop().await;
    insert(&pool, 1).await;
    let user = format!("reader_{}", &fixture.scratch.url[fixture.scratch.url.find("test_").unwrap() + 20..][..12]);
    let database =
        format!("`{}`", fixture.scratch.url.split(['/', '?']).find(|part| part.starts_with("test_")).unwrap());
    sqlx::raw_sql(AssertSqlSafe(format!(
        "CREATE USER {user}@localhost; GRANT SELECT ON {database}.* TO {user}@localhost"
    )))
    .execute(&pool)
    .await
    .unwrap();
    let table = Table::open(spec(&fixture.scratch.url.replace("root@", &format!("{user}@")), "orders")).await.unwrap();
    let Err(fault) = table.meta().await else { panic!("it was not refused") };
    assert!(fault.to_string().contains("PROCESS privilege"), "{fault}");
}

#[tokio::test(flavor = "multi_thread")]
async fn recreated_table_changes_epoch_but_writes_do_not() {
    let Late { fixture, pool } = shop().await;
    let before = fixture.open().await.meta().await.unwrap().epoch;
    insert(&pool, 1).await;
    fixture.open().await.migrate().await.unwrap();
    assert_eq!(fixture.open().await.meta().await.unwrap().epoch, before);
    fixture.run("TRUNCATE orders").await;
    assert_ne!(fixture.open().await.meta().await.unwrap().epoch, before);
}

/// A nightly dump, and a session that waits, write nothing.
#[tokio::test(flavor = "multi_thread")]
async fn statements_that_only_read_do_not_delay_the_horizon() {
    let Late { fixture, pool } = shop().await;
    insert(&pool, 1).await;
    let sleeping = tokio::spawn({
        let pool = pool.clone();
        async move { sqlx::raw_sql("SELECT /* a dump */ SLEEP(300)").execute(&pool).await.map(drop) }
    });
    let at_work = "SELECT COUNT(*) FROM information_schema.PROCESSLIST WHERE INFO LIKE 'SELECT /* a dump%'";
    let probe = || async {
        let (found,): (i64,) = sqlx::query_as(at_work).fetch_one(&pool).await.unwrap();
        found > 0
    };
    eventually_async("the statement runs", within(30.secs()), probe).await;
    let meta = fixture.open().await.meta().await.unwrap();
    assert_eq!((meta.horizon, meta.held_back), (2, None));
    sleeping.abort();
}
