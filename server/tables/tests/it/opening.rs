//! Requirements on a table, and the errors for one that does not meet them.

use db::testing::Scratch;
use engine::sync::{Local as _, Remote as _, TableEndpoint as _};
use tables::{Table, TableSpec};

use crate::test_table::{Pool, TestTable, spec};

on_both_databases!(and mysql: unsuitable_table_is_refused_with_reason);

async fn unsuitable_table_is_refused_with_reason(scratch: Scratch) {
    let fixture = TestTable::new(scratch).await;
    let url = &fixture.scratch.url;
    fixture.run("CREATE TABLE texts (id VARCHAR(9) PRIMARY KEY NOT NULL, row_version BIGINT NOT NULL)").await;
    fixture.run("CREATE TABLE loose (id BIGINT NOT NULL, row_version BIGINT NOT NULL)").await;
    fixture
        .run(match &fixture.pool {
            Pool::Mysql(_) => "CREATE UNIQUE INDEX loose_some ON loose (id, row_version)",
            _ => "CREATE UNIQUE INDEX loose_some ON loose (id) WHERE row_version > 5",
        })
        .await;
    fixture.run("CREATE TABLE nulls (id BIGINT NOT NULL PRIMARY KEY, row_version BIGINT)").await;
    fixture.run("CREATE VIEW seen AS SELECT * FROM orders").await;
    let of = |table: &str| spec(url, table);
    for (spec, words) in [
        (of("nothing"), "there is no table nothing of"),
        (of("seen"), "is a view"),
        (of("texts"), "the key must be an integer"),
        (of("loose"), "no unique index on id alone"),
        (of("nulls"), "the version must be declared NOT NULL"),
        (TableSpec { version: "rv".to_owned(), ..of("orders") }, "no column rv; it has id, row_version, customer"),
        (TableSpec { columns: vec!["name".to_owned()], ..of("orders") }, "no column name; it has"),
        (TableSpec { timestamp: Some("at".to_owned()), ..of("orders") }, "no column at; it has"),
        (
            TableSpec { url: "oracle://db/shop".to_owned(), ..of("orders") },
            "must start with postgres://, mysql:// or sqlite:",
        ),
    ] {
        let Err(error) = Table::open(spec).await else { panic!("it was opened, though {words}") };
        assert!(error.to_string().contains(words), "{error}");
    }
    fixture.run("INSERT INTO orders VALUES (1, -5, 'c')").await;
    let error = fixture.open().await.meta().await.unwrap_err().to_string();
    assert!(error.contains("has the version -5"), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn names_are_quoted_and_schemas_work() {
    let fixture = TestTable::new(Scratch::postgres().await).await;
    fixture.run(r#"CREATE SCHEMA shop; CREATE TABLE shop."Order ""x""" ("the Key" int PRIMARY KEY, "row-version" int NOT NULL, "a;b" text)"#).await;
    let table = TableSpec {
        key: "the Key".to_owned(),
        version: "row-version".to_owned(),
        ..spec(&fixture.scratch.url, r#"shop.Order "x""#)
    };
    let table = Table::open(table).await.unwrap();
    table.migrate().await.unwrap();
    fixture.run(r#"INSERT INTO shop."Order ""x""" VALUES (1, 64, 'v')"#).await;
    let mut rows = table.rows(&[crate::test_table::mark(1, 64)]).await.unwrap().rows;
    rows[0].version = 65;
    assert_eq!(table.upload(rows).await.unwrap(), []);
    assert_eq!(table.meta().await.unwrap().extremes, Some((65, 65)));
    assert!(table.summarised().await.unwrap());
    let secret = fixture.scratch.url.replace("postgres@", "postgres:secret@");
    let place = Table::open(spec(&secret, "orders")).await.unwrap();
    assert!(!place.location().contains("secret"));
}
