//! Values of every type arrive unchanged.

use db::testing::Scratch;
use engine::sync::{Local as _, Remote as _, Row, Span, TableEndpoint as _};
use sqlx::AssertSqlSafe;
use tables::Table;

use crate::test_table::{Pool, TestTable, spec};

const COLUMNS: &str = "id int PRIMARY KEY, row_version int NOT NULL, small smallint, big bigint, exact numeric(40, 10),
    single real, double double precision, words text, cut varchar(5), fixed char(4), raw bytea, moment timestamptz,
    plain timestamp, day date, span interval, id2 uuid, tree jsonb, source json, truth boolean, many int[],
    texts text[], mood mood, flags bit(3), more bit varying(9), address inet, range int4range, name positive, cash money,
    twice bigint GENERATED ALWAYS AS (big / 2) STORED";

const ROWS: [&str; 3] = [
    "(1, 10, -32768, 9223372036854775807, -123456789012345678901234567890.0123456789, 0.1, 0.1,
      E'a''b\"\\\\ \\n\\t {}[],; Ünïcode \u{1F600} \u{1} $1 %s --', 'żółwi', 'ab', '\\x0001ff5c27', '2026-02-28 23:59:59.123456+05:30',
      '1999-12-31 00:00:00.000001', '0044-03-15 BC', '1 year 2 mons -3 days 04:05:06.7', 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11',
      '{\"a\": [1, 1e3, 9007199254740993, \"\\u20ac\"]}', ' {\"b\":  1.0 }', true, '{1,NULL,-3}', '{\"a,b\",\"\\\"\",NULL,\"\"}', 'so so',
      '101', '1', '10.0.0.1/8', '[1,10)', 5, '12.34')",
    "(2, 20, NULL, NULL, 'NaN', 'NaN', 'Infinity', '', NULL, NULL, '', 'infinity', NULL, '5874897-12-31', NULL, NULL, 'null', NULL, false,
      '{}', '{}', NULL, NULL, '', NULL, 'empty', NULL, '-1.00')",
    "(3, 30, 0, -9223372036854775808, 0, 1e-45, 5e-324, 'true', '1', '1', '\\x00', '-infinity', '4713-01-01 BC', '2000-02-29', '0',
      NULL, '\"text\"', '[]', NULL, '{{1,2},{3,4}}', NULL, 'so so', '000', '111111111', '::1', '(,)', 1, '0')",
];

#[tokio::test(flavor = "multi_thread")]
async fn every_postgresql_type_round_trips() {
    let [source, copy] =
        [TestTable::new(Scratch::postgres().await).await, TestTable::new(Scratch::postgres().await).await];
    let types = "CREATE TYPE mood AS ENUM ('fine', 'so so'); CREATE DOMAIN positive AS int CHECK (value > 0)";
    for fixture in [&source, &copy] {
        fixture.run(types).await;
        fixture.run(&format!("CREATE TABLE typed ({COLUMNS})")).await;
    }
    for row in ROWS {
        source.run(&format!("INSERT INTO typed VALUES {row}")).await;
    }
    // A server with other output settings.
    source
        .run("DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET DateStyle = German', current_database()); END $$")
        .await;
    let from = Table::open(spec(&source.scratch.url, "typed")).await.unwrap();
    let to = Table::open(spec(&copy.scratch.url, "typed")).await.unwrap();
    let marks = from.list(&[Span::ALL], Span::END).await.unwrap().concat();
    let rows = travelled(&from.rows(&marks).await.unwrap().rows);
    assert!(rows.iter().all(|row| !row.values.contains_key("twice")), "what is generated is not sent");
    assert_eq!(to.upload(rows.clone()).await.unwrap(), []);
    assert_eq!(to.rows(&marks).await.unwrap().rows.len(), 3);
    let [here, there] = [all(&source).await, all(&copy).await];
    assert_eq!(here, there);
    assert!(here.contains("9223372036854775807") && here.contains('\u{1F600}'), "{here}");
}

/// Rows after a round trip through JSON.
fn travelled(rows: &[Row]) -> Vec<Row> {
    serde_json::from_str(&serde_json::to_string(rows).unwrap()).unwrap()
}

async fn all(fixture: &TestTable) -> String {
    match &fixture.pool {
        Pool::Postgres(pool) => {
            let sql = "SELECT string_agg(typed::text, E'\\n' ORDER BY id) FROM typed";
            sqlx::query_scalar(AssertSqlSafe(sql)).fetch_one(pool).await.unwrap()
        }
        Pool::Sqlite(pool) => {
            let sql =
                "SELECT group_concat(id || quote(a) || quote(b) || quote(c) || typeof(a) || typeof(b) || typeof(c))
                       FROM (SELECT * FROM typed ORDER BY id)";
            sqlx::query_scalar(AssertSqlSafe(sql)).fetch_one(pool).await.unwrap()
        }
        Pool::Mysql(_) => unreachable!("it is no copy"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_sqlite_storage_class_round_trips() {
    let [source, copy] = [TestTable::new(Scratch::sqlite()).await, TestTable::new(Scratch::sqlite()).await];
    for fixture in [&source, &copy] {
        fixture
            .run(
                "CREATE TABLE typed (id INTEGER PRIMARY KEY, row_version INTEGER NOT NULL, a, b REAL, c TEXT,
                   d INTEGER GENERATED ALWAYS AS (id * 2) VIRTUAL)",
            )
            .await;
    }
    source
        .run(
            "INSERT INTO typed (id, row_version, a, b, c) VALUES
        (1, 1, 9223372036854775807, 0.1, 'it''s \"ünï\" ' || char(0, 1, 10, 128512)), (2, 2, x'00ff27', 9e999, NULL),
        (3, 3, 1.0, -9e999, '12'), (4, 4, NULL, 5e-324, ''), (5, 5, '1', 3, x'ff'), (6, 6, x'', 1e308, 'Infinity'),
        (7, 7, CAST(x'ff41' AS TEXT), 0, 'x')",
        )
        .await;
    let from = Table::open(spec(&source.scratch.url, "typed")).await.unwrap();
    let to = Table::open(spec(&copy.scratch.url, "typed")).await.unwrap();
    let marks = from.list(&[Span::ALL], Span::END).await.unwrap().concat();
    let rows = travelled(&from.rows(&marks).await.unwrap().rows);
    assert_eq!(to.upload(rows).await.unwrap(), []);
    for fixture in [&source, &copy] {
        // Invalid UTF-8 travels as bytes, so that nothing is lost.
        fixture.run("DELETE FROM typed WHERE id = 7").await;
    }
    assert_eq!(all(&source).await, all(&copy).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn sqlite_rows_reach_postgresql_or_are_refused() {
    let [source, copy] = [TestTable::new(Scratch::sqlite()).await, TestTable::new(Scratch::postgres().await).await];
    source.run("CREATE TABLE typed (id INTEGER PRIMARY KEY, row_version INTEGER NOT NULL, a, b REAL, c TEXT)").await;
    copy.run(
        "CREATE TABLE typed (id bigint PRIMARY KEY, row_version bigint NOT NULL, a bytea, b float8, c varchar(3))",
    )
    .await;
    source
        .run(
            "INSERT INTO typed VALUES (1, 1, x'00ff', 0.1, 'abc'), (2, 2, 'text', 9e999, 'abcd'),
                (3, 3, NULL, 1, 'a' || char(0)), (4, 4, NULL, 2, x'ff'), (5, 5, 'é', NULL, NULL)",
        )
        .await;
    let from = Table::open(spec(&source.scratch.url, "typed")).await.unwrap();
    let to = Table::open(spec(&copy.scratch.url, "typed")).await.unwrap();
    let marks = from.list(&[Span::ALL], Span::END).await.unwrap().concat();
    let mut refused = to.upload(from.rows(&marks).await.unwrap().rows).await.unwrap();
    refused.sort_unstable();
    assert_eq!(refused.iter().map(|(mark, _)| mark.key).collect::<Vec<_>>(), [2, 3, 4]);
    assert!(refused[0].1.contains("too long for type character varying(3)"), "{refused:?}");
    assert_eq!(all(&copy).await, "(1,1,\"\\\\x00ff\",0.1,abc)\n(5,5,\"\\\\xc3a9\",,)");
}

const MYSQL_COLUMNS: &str = "id bigint unsigned PRIMARY KEY, row_version int unsigned NOT NULL, tiny tinyint(1),
    big bigint unsigned, low bigint, exact decimal(40, 10), single float, twofold double, words text, fixed char(4),
    ascii_text varchar(9) CHARACTER SET latin1, raw varbinary(20), blobs longblob, moment timestamp(6) NULL,
    plain datetime(6), day date, clock time(3), yearly year, mood enum ('fine', 'so so'), many set ('a', 'b'),
    flags bit(9), tree json, twice bigint GENERATED ALWAYS AS (tiny * 2) STORED";

/// The corresponding types in PostgreSQL.
const COPIED_COLUMNS: &str = "id bigint PRIMARY KEY, row_version bigint NOT NULL, tiny smallint, big numeric(20), low bigint,
    exact numeric(40, 10), single real, twofold float8, words text, fixed text, ascii_text text, raw bytea, blobs bytea,
    moment timestamptz, plain timestamp, day date, clock time(3), yearly int, mood text, many text, flags int, tree json";

#[tokio::test(flavor = "multi_thread")]
async fn every_mysql_type_reaches_postgresql_unchanged() {
    let [source, copy] =
        [TestTable::new(Scratch::mariadb().await).await, TestTable::new(Scratch::postgres().await).await];
    source.run(&format!("CREATE TABLE typed ({MYSQL_COLUMNS}) CHARACTER SET utf8mb4")).await;
    copy.run(&format!("CREATE TABLE typed ({COPIED_COLUMNS})")).await;
    source.run("SET GLOBAL time_zone = '+05:30'").await;
    source
        .run(
            "SET NAMES utf8mb4; SET time_zone = '+02:00'; INSERT INTO typed
                (id, row_version, tiny, big, low, exact, single, twofold, words, fixed, ascii_text, raw, blobs, moment, plain,
                 day, clock, yearly, mood, many, flags, tree) VALUES
             (1, 10, 1, 18446744073709551615, -9223372036854775808, -123456789012345678901234567890.0123456789, 0.1, 0.1,
              'a''b\"\\\\ \u{1F600}', 'ab', 'grün', x'0001ff5c27', x'', '2026-02-28 23:59:59.123456',
              '1999-12-31 00:00:00.000001', '2000-02-29', '-01:02:03.5', 2026, 'so so', 'a,b', b'101', '{\"a\": [1, 1e3]}'),
             (2, 4294967295, NULL, NULL, NULL, NULL, NULL, 5e-324, '', '', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL,
              '', b'111111111', NULL)",
        )
        .await;
    let from = Table::open(spec(&source.scratch.url, "typed")).await.unwrap();
    let to = Table::open(spec(&copy.scratch.url, "typed")).await.unwrap();
    let marks = from.list(&[Span::ALL], Span::END).await.unwrap().concat();
    let mut rows = travelled(&from.rows(&marks).await.unwrap().rows);
    assert!(rows.iter().all(|row| !row.values.contains_key("twice")), "what is generated is not sent");
    // A negative TIME is a duration, which PostgreSQL's `time` cannot hold.
    let refused = to.upload(rows.clone()).await.unwrap();
    assert!(refused.len() == 1 && refused[0].1.contains("-01:02:03.500"), "{refused:?}");
    rows[0].values["clock"] = "01:02:03.500".into();
    assert_eq!(to.upload(rows).await.unwrap(), []);
    let held = all(&copy).await;
    for expected in [
        "(1,10,1,18446744073709551615,-9223372036854775808,-123456789012345678901234567890.0123456789,0.1,0.1,",
        "\u{1F600}\",ab,grün,\"\\\\x0001ff5c27\",\"\\\\x\",\"2026-02-28 21:59:59.123456+00\",\"1999-12-31 00:00:00.000001\",2000-02-29,",
        "01:02:03.5,2026,\"so so\",\"a,b\",5,\"{\"\"a\"\": [1, 1e3]}\")",
        "(2,4294967295,,,,,,5e-324,\"\",\"\",,,,,,,,,,\"\",511,)",
    ] {
        assert!(held.contains(expected), "{expected} is not in {held}");
    }
}
