//! Rows read per answer.

use db::testing::Scratch;
use engine::sync::{Cell, Span, TableEndpoint as _};

use crate::test_table::{Pool, TestTable};

on_both_databases!(and mysql: summaries_answer_ranges_from_few_rows);

const ROWS: u64 = 200_000;

async fn summaries_answer_ranges_from_few_rows(scratch: Scratch) {
    let fixture = TestTable::new(scratch).await;
    fixture
        .run(&match &fixture.pool {
            Pool::Postgres(_) => format!("INSERT INTO orders SELECT n, n, 'c' FROM generate_series(1, {ROWS}) AS n"),
            Pool::Mysql(_) => format!("INSERT INTO orders SELECT seq, seq, 'c' FROM seq_1_to_{ROWS}"),
            Pool::Sqlite(_) => format!(
                "WITH RECURSIVE number (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM number WHERE n < {ROWS})
             INSERT INTO orders SELECT n, n, 'c' FROM number"
            ),
        })
        .await;
    let table = fixture.open().await;
    let block = Span::block_around(0, ROWS);
    let plain = table.cells(&[block], true, ROWS).await.unwrap();
    assert!(table.usage().rows >= ROWS - 1, "all of them");
    table.migrate().await.unwrap();
    let mut seen = table.usage().rows;
    let mut cost = || {
        let before = std::mem::replace(&mut seen, table.usage().rows);
        seen - before
    };
    let mut whole = Cell::default();
    for cell in &plain {
        whole.merge(cell);
    }
    assert_eq!(table.cells(&[block], true, ROWS).await.unwrap(), plain);
    let split = cost();
    assert!(split < 200, "{split} rows for 64 pieces");
    assert_eq!(table.cells(&[Span::ALL], false, ROWS).await.unwrap(), [whole]);
    let root = cost();
    assert!(root < 200, "{root} rows for the whole");
    assert_eq!(table.meta().await.unwrap().count, ROWS);
    let meta = cost();
    assert!(meta < 200, "{meta} rows for its size");
    assert_eq!(table.blocks(100).await.unwrap().iter().map(|(_, rows)| rows).sum::<u64>(), ROWS);
    let map = cost();
    assert!(map < 4_000, "{map} rows for a map");
    let narrow: Vec<_> = (0..512).map(|at| Span { from: at * 64, until: at * 64 + 64 }).collect();
    assert_eq!(table.cells(&narrow, false, Span::END).await.unwrap()[1].count, 64);
    let narrow = cost();
    assert!(narrow < 600, "{narrow} rows for 512 blocks");
}
