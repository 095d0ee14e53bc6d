//! What happens to real tables outside of a sync: columns, restores, edits by hand, triggers, policies, narrow types.

use db::testing::Scratch;
use engine::sync::{
    Checkpoint, ContentCheck, Evidence, Local as _, Remote as _, Row, SyncFault, TableEndpoint as _, Verdict,
};
use serde_json::{Value, json};
use tables::Table;

use crate::{
    evaluations::evaluate,
    test_table::{TestTable, mark, spec},
};

on_both_databases!(
    added_column_reaches_rows_sent_before,
    dropped_and_recreated_table_is_noticed_by_an_open_one,
    narrower_column_is_found_before_rows_are_sent,
    value_that_the_copy_would_change_is_refused,
    row_that_the_copy_drops_is_refused,
    row_that_the_copy_keeps_is_no_deleted_row,
    unique_values_that_move_between_rows_arrive,
    columns_named_like_ours_capture_nothing,
    large_rows_are_read_in_batches_of_bytes,
    contents_are_equal_across_databases,
);

/// A local SQLite table and a copy in the database under test.
struct Pair {
    source: TestTable,
    copy: TestTable,
    local: Table,
    remote: Table,
    checkpoint: Checkpoint,
}

impl Pair {
    async fn new(copy: Scratch, definition: [&str; 2]) -> Self {
        Self::of([Scratch::sqlite(), copy], definition).await
    }

    async fn of([source, copy]: [Scratch; 2], [here, there]: [&str; 2]) -> Self {
        let (source, copy) = (TestTable::new(source).await, TestTable::new(copy).await);
        source
            .run(&format!("CREATE TABLE things (id BIGINT NOT NULL PRIMARY KEY, row_version BIGINT NOT NULL, {here})"))
            .await;
        copy.run(&format!(
            "CREATE TABLE things (id BIGINT NOT NULL PRIMARY KEY, row_version BIGINT NOT NULL, {there})"
        ))
        .await;
        let open = async |table: &TestTable| Table::open(spec(&table.scratch.url, "things")).await.unwrap();
        let (local, remote) = (open(&source).await, open(&copy).await.as_copy());
        Self { source, copy, local, remote, checkpoint: Checkpoint::default() }
    }

    async fn evaluate(&mut self) -> Verdict {
        evaluate(&mut self.checkpoint, &self.local, &self.remote).await
    }

    /// Evaluates until there is nothing left to do.
    async fn settle(&mut self) -> Verdict {
        for _ in 0..20 {
            match self.evaluate().await {
                Verdict::Working(_) => {}
                verdict => return verdict,
            }
        }
        panic!("not settled after 20 evaluations")
    }

    /// Values of the copy's row.
    async fn held(&self, key: i64) -> Option<Row> {
        let version = self.remote.current_versions(&[key.cast_unsigned()]).await.unwrap()[0]?;
        self.remote.rows(&[mark(key, version)]).await.unwrap().rows.pop()
    }
}

fn row(key: i64, version: u64, values: &Value) -> Row {
    Row { key: key.into(), version, values: values.as_object().cloned().unwrap() }
}

fn is_in_sync(verdict: &Verdict) -> bool {
    matches!(verdict, Verdict::InSync { quarantined: 0, .. })
}

async fn added_column_reaches_rows_sent_before(scratch: Scratch) {
    let mut pair = Pair::new(scratch, ["name TEXT"; 2]).await;
    pair.source.run("INSERT INTO things VALUES (1, 1, 'a'), (2, 2, 'b')").await;
    assert!(is_in_sync(&pair.settle().await));
    pair.source.run("ALTER TABLE things ADD COLUMN colour TEXT DEFAULT 'red'").await;
    let verdict = pair.settle().await;
    let Verdict::ShapeDiffers { obstacles } = &verdict else { panic!("{verdict:?}") };
    assert_eq!(obstacles, &["the copy has no column colour"]);
    pair.copy.run("ALTER TABLE things ADD COLUMN colour TEXT").await;
    assert!(is_in_sync(&pair.settle().await));
    assert_eq!(pair.held(1).await.unwrap().values["colour"], "red");
    pair.source.run("ALTER TABLE things DROP COLUMN colour").await;
    pair.source.run("INSERT INTO things VALUES (3, 3, 'c')").await;
    assert!(is_in_sync(&pair.settle().await));
    assert_eq!(pair.held(3).await.unwrap().values["name"], "c");
}

async fn dropped_and_recreated_table_is_noticed_by_an_open_one(source: Scratch) {
    let postgres = source.url.starts_with("postgres");
    let mut pair = Pair::of([source, Scratch::sqlite()], ["name TEXT"; 2]).await;
    pair.source.run("INSERT INTO things VALUES (1, 1, 'a'), (2, 2, 'b'), (3, 3, 'c')").await;
    assert!(is_in_sync(&pair.settle().await));
    // A dump from before the third row, and rows written after it: their versions were used before.
    pair.source.run("DROP TABLE things").await;
    pair.source
        .run("CREATE TABLE things (id BIGINT NOT NULL PRIMARY KEY, row_version BIGINT NOT NULL, name TEXT)")
        .await;
    pair.source.run("INSERT INTO things VALUES (1, 1, 'a'), (2, 2, 'b'), (3, 3, 'other'), (4, 4, 'd')").await;
    let verdict = pair.settle().await;
    if postgres {
        assert!(matches!(verdict, Verdict::EpochChanged { .. }), "{verdict:?}");
        assert_eq!(pair.held(3).await.unwrap().values["name"], "c", "nothing is done");
        pair.checkpoint.accept(false);
    } else {
        assert!(matches!(verdict, Verdict::InSync { shown_by: Evidence::Contents, .. }), "{verdict:?}");
    }
    assert!(is_in_sync(&pair.settle().await));
    assert_eq!(pair.held(3).await.unwrap().values["name"], "other");
}

async fn narrower_column_is_found_before_rows_are_sent(scratch: Scratch) {
    let there =
        if scratch.url.starts_with("postgres") { "code NUMERIC(10, 2), name TEXT" } else { "code STRING, name TEXT" };
    let mut pair = Pair::of([Scratch::postgres().await, scratch], ["code NUMERIC(20, 4), name TEXT", there]).await;
    let postgres = there.contains("NUMERIC");
    if !postgres {
        pair.source.run("ALTER TABLE things ALTER COLUMN code TYPE TEXT").await;
    }
    pair.source.run("INSERT INTO things VALUES (1, 1, '1.2345', 'a'), (2, 2, '2.5', 'b'), (3, 3, '3', 'c')").await;
    if !postgres {
        pair.source.run("UPDATE things SET code = '00712' WHERE id = 1").await;
    }
    let verdict = pair.settle().await;
    let Verdict::ShapeDiffers { obstacles } = &verdict else { panic!("{verdict:?}") };
    let word = if postgres { "numeric(20,4) here and numeric(10,2)" } else { "text here and STRING" };
    assert!(obstacles.len() == 1 && obstacles[0].contains(word), "{obstacles:?}");
    assert_eq!(pair.remote.meta().await.unwrap().count, 0);
}

async fn value_that_the_copy_would_change_is_refused(scratch: Scratch) {
    let postgres = scratch.url.starts_with("postgres");
    let columns = if postgres { "a NUMERIC(10, 2), b REAL, c TIMESTAMPTZ(0)" } else { "a STRING, b TEXT, c TEXT" };
    let pair = Pair::new(scratch, ["a TEXT, b TEXT, c TEXT", columns]).await;
    let at = |second: &str| format!("2026-11-30 10:00:{second}+00");
    let mut rows = vec![
        row(1, 1, &json!({ "a": "1.2345", "b": 0.5, "c": at("01") })),
        row(2, 2, &json!({ "a": "1.20", "b": 0.1 })),
    ];
    let mut bad = vec![1];
    if postgres {
        rows.push(row(3, 3, &json!({ "b": 0.123_456_789_012 })));
        rows.push(row(4, 4, &json!({ "c": at("01.5") })));
        bad.extend([3, 4]);
    } else {
        rows[0] = row(1, 1, &json!({ "a": "00712" }));
    }
    let mut refused = pair.remote.upload(rows).await.unwrap();
    refused.sort_unstable();
    assert_eq!(refused.iter().map(|(mark, _)| mark.key).collect::<Vec<_>>(), bad, "{refused:?}");
    assert!(refused[0].1.contains("column a: the copy would keep another value"), "{refused:?}");
    assert_eq!(pair.remote.meta().await.unwrap().count, 1, "what is refused is not kept");
}

async fn row_that_the_copy_drops_is_refused(scratch: Scratch) {
    let postgres = scratch.url.starts_with("postgres");
    let mut pair = Pair::new(scratch, ["name TEXT"; 2]).await;
    if postgres {
        pair.copy.run("CREATE FUNCTION drop_b() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN IF NEW.name = ''b'' THEN RETURN NULL; END IF; RETURN NEW; END'").await;
        pair.copy.run("CREATE TRIGGER drop_b BEFORE INSERT ON things FOR EACH ROW EXECUTE FUNCTION drop_b()").await;
    } else {
        pair.copy
            .run("CREATE TRIGGER drop_b BEFORE INSERT ON things WHEN NEW.name = 'b' BEGIN SELECT RAISE(IGNORE); END")
            .await;
    }
    pair.source.run("INSERT INTO things VALUES (1, 1, 'a'), (2, 2, 'b'), (3, 3, 'c')").await;
    let verdict = pair.settle().await;
    assert!(matches!(verdict, Verdict::InSync { quarantined: 1, .. }), "{verdict:?}");
    let entry = pair.checkpoint.quarantine.entries().next().unwrap();
    assert!(entry.mark == mark(2, 2) && entry.refusal.contains("did not keep the row"), "{entry:?}");
}

async fn row_that_the_copy_keeps_is_no_deleted_row(scratch: Scratch) {
    let mut pair = Pair::new(scratch, ["name TEXT"; 2]).await;
    pair.copy.run("CREATE TABLE parts (thing BIGINT REFERENCES things (id))").await;
    pair.source.run("INSERT INTO things VALUES (1, 1, 'a'), (2, 2, 'b'), (3, 3, 'c'), (4, 4, 'd')").await;
    assert!(is_in_sync(&pair.settle().await));
    pair.copy.run("INSERT INTO parts VALUES (2)").await;
    pair.source.run("DELETE FROM things WHERE id IN (2, 3)").await;
    let verdict = pair.settle().await;
    assert!(matches!(verdict, Verdict::InSync { quarantined: 1, .. }), "{verdict:?}");
    let entry = pair.checkpoint.quarantine.entries().next().unwrap();
    assert!(entry.mark == mark(2, 2) && entry.refusal.to_lowercase().contains("foreign key"), "{entry:?}");
    assert!(pair.held(3).await.is_none() && pair.held(2).await.is_some());
}

async fn unique_values_that_move_between_rows_arrive(scratch: Scratch) {
    let mut pair = Pair::new(scratch, ["name TEXT", "name TEXT UNIQUE"]).await;
    pair.source.run("INSERT INTO things VALUES (1, 1, 'x'), (2, 2, 'y'), (3, 3, 'z')").await;
    assert!(is_in_sync(&pair.settle().await));
    pair.source
        .run("UPDATE things SET row_version = id + 10, name = CASE id WHEN 1 THEN 'y' WHEN 2 THEN 'z' ELSE 'x' END")
        .await;
    assert!(is_in_sync(&pair.settle().await));
    assert_eq!(pair.held(3).await.unwrap().values["name"], "x");
}

async fn columns_named_like_ours_capture_nothing(scratch: Scratch) {
    let names = "\"first\" BIGINT, \"last\" BIGINT, \"key\" BIGINT, \"version\" BIGINT, \"held\" BIGINT, \"sent\" BIGINT, \"doomed\" BIGINT, v1 BIGINT, v2 BIGINT";
    let mut pair = Pair::of([Scratch::postgres().await, scratch], [names; 2]).await;
    let values = |id: i64| format!("({id}, {id}, 0, 9999, 1, 1, 1, 1, 1, 1, 1)");
    let rows: Vec<_> = (1..=300).map(values).collect();
    pair.source.run(&format!("INSERT INTO things VALUES {}", rows.join(", "))).await;
    pair.source.run("CREATE INDEX things_versions ON things (row_version)").await;
    pair.copy.run("CREATE INDEX things_versions ON things (row_version)").await;
    assert!(is_in_sync(&pair.settle().await));
    pair.source.run("DELETE FROM things WHERE id BETWEEN 100 AND 103").await;
    assert!(is_in_sync(&pair.settle().await));
    assert_eq!(pair.remote.meta().await.unwrap().count, 296);
}

/// Forty rows of a megabyte: a batch counted in rows would take them all.
async fn large_rows_are_read_in_batches_of_bytes(source: Scratch) {
    let mut pair = Pair::of([source, Scratch::sqlite()], ["name TEXT"; 2]).await;
    let megabyte = if pair.source.scratch.url.starts_with("postgres") {
        "repeat(md5(1::text), 32768)"
    } else {
        "hex(zeroblob(524288))"
    };
    for key in 1..=40 {
        pair.source.run(&format!("INSERT INTO things VALUES ({key}, {key}, {megabyte})")).await;
    }
    let marks: Vec<_> = (1..=40).map(|key| mark(key, key.unsigned_abs())).collect();
    let batch = pair.local.rows(&marks).await.unwrap();
    assert_eq!((batch.taken, batch.rows.len()), (8, 8), "eight megabytes");
    assert!(is_in_sync(&pair.settle().await));
    assert_eq!(pair.remote.meta().await.unwrap().count, 40);
}

/// Decimals, booleans and bytes are written in other ways by another database.
async fn contents_are_equal_across_databases(scratch: Scratch) {
    let here = "exact NUMERIC(10, 2), truth BOOLEAN, raw BYTEA, moment TIMESTAMPTZ, ratio FLOAT8, name TEXT";
    let there = if scratch.url.starts_with("postgres") {
        here
    } else {
        "exact NUMERIC, truth BOOLEAN, raw BLOB, moment TEXT, ratio REAL, name TEXT"
    };
    let mut pair = Pair::of([Scratch::postgres().await, scratch], [here, there]).await;
    pair.source.run("INSERT INTO things SELECT i, i, i / 4.0, i % 2 = 0, decode(lpad(to_hex(i), 8, '0'), 'hex'), now(), i / 3.0, 'n ' || i FROM generate_series(1, 3000) i").await;
    assert!(is_in_sync(&pair.settle().await));
    pair.copy.run("UPDATE things SET name = 'edited' WHERE id IN (7, 2000)").await;
    assert!(is_in_sync(&pair.settle().await), "versions are equal");
    pair.checkpoint.compare(ContentCheck::default());
    let verdict = pair.settle().await;
    assert!(matches!(verdict, Verdict::InSync { shown_by: Evidence::Contents, quarantined: 0, .. }), "{verdict:?}");
    assert_eq!(pair.held(7).await.unwrap().values["name"], "n 7");
    assert_eq!(pair.held(2_000).await.unwrap().values["name"], "n 2000");
}

#[tokio::test(flavor = "multi_thread")]
async fn policy_at_the_source_deletes_nothing_at_the_copy() {
    let fixture = TestTable::new(Scratch::postgres().await).await;
    fixture.run("INSERT INTO orders VALUES (1, 1, 'a'), (2, 2, 'b')").await;
    let reader = format!("reader_{}", std::process::id());
    fixture.run(&format!("CREATE ROLE {reader} LOGIN; GRANT SELECT ON orders TO {reader}")).await;
    let url = fixture.scratch.url.replace("postgres@", &format!("{reader}@"));
    let table = Table::open(spec(&url, "orders")).await.unwrap();
    assert_eq!(table.meta().await.unwrap().count, 2);
    fixture
        .run("CREATE POLICY own ON orders USING (customer = 'a'); ALTER TABLE orders ENABLE ROW LEVEL SECURITY")
        .await;
    let Err(SyncFault::Failed(words)) = table.meta().await else { panic!("rows were hidden") };
    assert!(words.contains("row-level security"), "{words}");
}

#[tokio::test(flavor = "multi_thread")]
async fn truncated_and_reloaded_table_is_compared_by_contents() {
    let mut pair = Pair::of([Scratch::postgres().await, Scratch::sqlite()], ["name TEXT"; 2]).await;
    pair.source.run("INSERT INTO things VALUES (1, 1, 'a'), (2, 2, 'b')").await;
    assert!(is_in_sync(&pair.settle().await));
    pair.source.run("TRUNCATE things; INSERT INTO things VALUES (1, 1, 'a'), (2, 2, 'restored'), (3, 3, 'c')").await;
    let verdict = pair.settle().await;
    assert!(matches!(verdict, Verdict::InSync { shown_by: Evidence::Contents, .. }), "{verdict:?}");
    assert_eq!(pair.held(2).await.unwrap().values["name"], "restored");
}

#[tokio::test(flavor = "multi_thread")]
async fn rows_held_back_are_told_with_the_transaction_that_holds_them() {
    let mut pair = Pair::of([Scratch::postgres().await, Scratch::sqlite()], ["name TEXT"; 2]).await;
    pair.source.run("INSERT INTO things VALUES (1, 1, 'a')").await;
    assert!(is_in_sync(&pair.settle().await));
    let crate::test_table::Pool::Postgres(pool) = &pair.source.pool else { unreachable!() };
    let mut idle = pool.begin().await.unwrap();
    sqlx::query("INSERT INTO things VALUES (2, 2, 'open')").execute(&mut *idle).await.unwrap();
    pair.source.run("INSERT INTO things SELECT i, i, 'later' FROM generate_series(3, 22) i").await;
    let verdict = pair.settle().await;
    let Verdict::InSync { below: 2, held_back: Some(held_back), .. } = &verdict else { panic!("{verdict:?}") };
    assert!(held_back.rows == 20 && held_back.since.is_some() && held_back.by.contains("open since"), "{held_back:?}");
    idle.commit().await.unwrap();
    let verdict = pair.settle().await;
    assert!(matches!(verdict, Verdict::InSync { below: 23, held_back: None, .. }), "{verdict:?}");
}
