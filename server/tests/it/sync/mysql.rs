//! `logyard sync` from MariaDB, in place of MySQL.

use db::testing::Scratch;
use sqlx::{AssertSqlSafe, MySqlPool};

use crate::{
    clone::command::{run, said, summary},
    sync::table_pair::TablePair,
};

#[tokio::test(flavor = "multi_thread")]
async fn mysql_table_syncs_over_http() {
    let (pair, scratch) = (TablePair::new().await, Scratch::mariadb_alone().await);
    let pool = MySqlPool::connect(&scratch.url).await.unwrap();
    let write = async |sql: &str| {
        sqlx::raw_sql(AssertSqlSafe(sql)).execute(&pool).await.unwrap();
    };
    write("CREATE TABLE orders (id BIGINT PRIMARY KEY, row_version BIGINT NOT NULL, customer TEXT, total DOUBLE)")
        .await;
    write("INSERT INTO orders SELECT seq, seq, CONCAT('customer ', seq), seq / 4 FROM seq_1_to_1000").await;
    let remote = pair.config("");
    let remote = remote.split("remote = '").nth(1).unwrap().split('\'').next().unwrap().to_owned();
    pair.write(&pair.config_of(&scratch.url, &remote, ""));
    let synced = async |arguments: &[&str]| {
        let output = run(pair.sync(arguments)).await;
        assert_eq!(output.status.code(), Some(0), "{}{}", said(&output), String::from_utf8_lossy(&output.stdout));
        summary(&output)
    };
    let applied = run(pair.sync(&["--apply-migration"])).await;
    assert_eq!(applied.status.code(), Some(0), "{}", said(&applied));
    let first = synced(&[]).await;
    assert_eq!((&first["uploaded"], &first["deleted"]), (&1_000.into(), &0.into()), "{first}");
    write("DELETE FROM orders WHERE id = 500").await;
    write("UPDATE orders SET total = 0, row_version = 2000 WHERE id = 7").await;
    let second = synced(&[]).await;
    assert_eq!((&second["uploaded"], &second["deleted"]), (&1.into(), &1.into()), "{second}");
    let read = |side: &str| second[side].as_u64().unwrap();
    assert!(read("local_rows") < read("remote_rows"), "this end has summaries, the other has none: {second}");
    assert_eq!(synced(&["--verify"]).await["outcome"], "in_step");
    let rows: Vec<(i64, i64, String, f64)> =
        sqlx::query_as("SELECT id, row_version, customer, total FROM orders ORDER BY id")
            .fetch_all(&pool)
            .await
            .unwrap();
    assert_eq!(pair.remote.dump().await.len(), rows.len());
    assert_eq!(rows[6], (7, 2_000, "customer 7".to_owned(), 0.0));
}
