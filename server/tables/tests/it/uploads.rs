//! Rows that a copy stores and rows that it refuses.

use db::testing::Scratch;
use engine::sync::{Local as _, Remote as _, Row, SyncFault};
use serde_json::{Value, json};
use tables::Table;

use crate::test_table::{TestTable, mark, spec};

on_both_databases!(
    bad_row_is_refused_and_others_stored,
    duplicate_key_keeps_the_newest_row,
    columns_absent_from_row_keep_their_values,
    dropped_table_is_not_a_row_fault,
);

fn row(key: i64, version: u64, values: &Value) -> Row {
    Row { key: key.into(), version, values: values.as_object().cloned().unwrap() }
}

async fn bad_row_is_refused_and_others_stored(scratch: Scratch) {
    let fixture = TestTable::new(scratch).await;
    fixture
        .run(
            "CREATE TABLE strict (id BIGINT NOT NULL PRIMARY KEY, row_version BIGINT NOT NULL,
               name VARCHAR(5) NOT NULL UNIQUE CHECK (length(name) < 4), price BIGINT)",
        )
        .await;
    let table = Table::open(spec(&fixture.scratch.url, "strict")).await.unwrap();
    let mut rows: Vec<_> =
        (0..1_000).map(|key| row(key, 5, &json!({ "name": format!("{key}"), "price": 1 }))).collect();
    rows[17] = row(17, 5, &json!({ "name": null, "price": 1 }));
    rows[500] = row(500, 5, &json!({ "name": "too long", "price": 1 }));
    rows[700] = row(700, 5, &json!({ "name": "1", "price": 1 }));
    rows[800] = row(800, 5, &json!({ "name": "800", "colour": "red" }));
    rows[999] = row(999, 5, &json!({ "name": "999", "price": [1] }));
    let mut refused = table.upload(rows).await.unwrap();
    refused.sort_unstable();
    let keys: Vec<_> = refused.iter().map(|(mark, _)| mark.key).collect();
    assert_eq!(keys, [17, 500, 700, 800, 999]);
    let reasons: Vec<_> = refused.iter().map(|(_, reason)| reason.to_lowercase()).collect();
    for (reason, word) in reasons.iter().zip(["null", "", "unique", "colour", "list"]) {
        assert!(reason.contains(word), "{reason} does not say {word}");
    }
    let held = table.current_versions(&[16, 17, 18, 500, 700, 999, 998]).await.unwrap();
    assert_eq!(held, [Some(5), None, Some(5), None, None, None, Some(5)]);
}

async fn duplicate_key_keeps_the_newest_row(scratch: Scratch) {
    let fixture = TestTable::new(scratch).await;
    let table = fixture.open().await;
    let rows = [7, 9, 8].map(|version| row(1, version, &json!({ "customer": version.to_string() })));
    assert_eq!(table.upload(rows.to_vec()).await.unwrap(), []);
    assert_eq!(table.rows(&[mark(1, 9)]).await.unwrap().rows, [rows[1].clone()]);
    let again = row(1, 9, &json!({ "customer": "other" }));
    assert_eq!(table.upload(vec![again.clone(), row(1, 8, &json!({ "customer": "old" }))]).await.unwrap(), []);
    assert_eq!(table.rows(&[mark(1, 9)]).await.unwrap().rows, [again], "what is as new is replaced");
    assert_eq!(table.upload(vec![rows[2].clone()]).await.unwrap(), []);
    assert_eq!(table.rows(&[mark(1, 9)]).await.unwrap().taken, 1, "what is older is not");
    assert_eq!(table.current_versions(&[1]).await.unwrap(), [Some(9)]);
}

async fn columns_absent_from_row_keep_their_values(scratch: Scratch) {
    let mut fixture = TestTable::new(scratch).await;
    fixture.write(1, 5).await;
    let table = fixture.open().await;
    assert_eq!(table.upload(vec![row(1, 6, &json!({}))]).await.unwrap(), []);
    assert_eq!(table.rows(&[mark(1, 6)]).await.unwrap().rows, [row(1, 6, &json!({ "customer": "c1" }))]);
    let text = Row { key: "one".into(), ..row(1, 7, &json!({})) };
    let high = row(2, u64::MAX, &json!({}));
    let refused = table.upload(vec![text, high]).await.unwrap();
    assert!(refused.iter().any(|(_, reason)| reason.contains("\"one\" is not a 64-bit integer")), "{refused:?}");
    assert_eq!(refused.len(), 2);
}

async fn dropped_table_is_not_a_row_fault(scratch: Scratch) {
    let fixture = TestTable::new(scratch).await;
    let table = fixture.open().await;
    fixture.run("DROP TABLE orders").await;
    let fault = table.upload(vec![row(1, 5, &json!({}))]).await.unwrap_err();
    assert!(matches!(fault, SyncFault::Failed(_)), "{fault}");
}

/// A copy that sets its own versions would never get in sync.
#[tokio::test(flavor = "multi_thread")]
async fn copy_that_sets_its_own_versions_is_detected() {
    let fixture = TestTable::new(Scratch::postgres().await).await;
    fixture.run("CREATE FUNCTION fresh() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN NEW.row_version := 99; RETURN NEW; END'").await;
    fixture.run("CREATE TRIGGER fresh BEFORE INSERT ON orders FOR EACH ROW EXECUTE FUNCTION fresh()").await;
    let table = fixture.open().await;
    let refused = table.upload(vec![row(1, 5, &json!({}))]).await.unwrap();
    assert!(refused[0].1.contains("the table itself set the version 99"), "{refused:?}");
    assert_eq!(table.current_versions(&[1]).await.unwrap(), [None]);
}
