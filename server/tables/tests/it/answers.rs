//! Answers match the rows of the table.

use db::testing::Scratch;
use engine::sync::{Local as _, Order, Remote as _, Row, Span, TableEndpoint as _};

use crate::test_table::{TestTable, mark};

on_both_databases!(answers_match_a_small_table);

async fn answers_match_a_small_table(scratch: Scratch) {
    let mut fixture = TestTable::new(scratch).await;
    for key in 1..=10 {
        fixture.write(key, key.unsigned_abs() * 100).await;
    }
    fixture.delete(3).await;
    let table = fixture.open().await;
    let meta = table.meta().await.unwrap();
    assert_eq!((meta.count, meta.extremes, meta.horizon), (9, Some((100, 1_000)), 1_001));
    assert_eq!(table.cells(&[Span::ALL], false, Span::END).await.unwrap(), [fixture.cell(Span::ALL)]);
    let below = Span { from: 0, until: 500 };
    assert_eq!(table.cells(&[Span::ALL], false, 500).await.unwrap(), [fixture.cell(below)]);
    assert_eq!(table.count(below).await.unwrap(), 3);
    assert_eq!(table.list(&[below, below], 200).await.unwrap(), [[mark(1, 100)], [mark(1, 100)]]);
    let page = table.page(Span::ALL, Order::Ascending, 2).await.unwrap();
    assert_eq!((page.covers, page.marks), (Span { from: 0, until: 201 }, vec![mark(1, 100), mark(2, 200)]));
    let page = table.page(Span::ALL, Order::Descending, 1).await.unwrap();
    assert_eq!((page.covers, page.marks), (Span { from: 1_000, until: Span::END }, vec![mark(10, 1_000)]));
    let page = table.page(below, Order::Descending, 10).await.unwrap();
    assert_eq!((page.covers, page.marks.len()), (below, 3));
    assert_eq!(table.current_versions(&[3, 4]).await.unwrap(), [None, Some(400)]);
    let rows = table.rows(&[mark(4, 400), mark(5, 499)]).await.unwrap().rows;
    let values = serde_json::json!({ "customer": "c4" }).as_object().cloned().unwrap();
    assert_eq!(rows, [Row { key: 4.into(), version: 400, values: values.clone() }]);

    let newer = Row { key: 4.into(), version: 2_000, values: values.clone() };
    let older = Row { key: 5.into(), version: 1, values };
    assert_eq!(table.upload(vec![newer, older]).await.unwrap(), []);
    assert_eq!(table.current_versions(&[4, 5]).await.unwrap(), [Some(2_000), Some(500)]);
    table.delete(&[mark(4, 400), mark(5, 500)]).await.unwrap();
    assert_eq!(table.current_versions(&[4, 5]).await.unwrap(), [Some(2_000), None]);
}
