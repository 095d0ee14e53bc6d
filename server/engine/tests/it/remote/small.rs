//! A client against a minimal server that counts, lists pages, stores and deletes: enough for strategy `scan`.

use engine::sync::{Mark, Order, Remote, Row, Span, SyncFault, TableEndpoint};

use super::table::{Features, TestTable};

#[tokio::test]
async fn meta_falls_back_to_count_and_pages() {
    let rows = TestTable::of([(3, 1), (9, 2), (9, 3), (40, 4)].map(|(version, key)| Mark { version, key }));
    let server = rows.serve(Features::Minimal).await;
    let meta = server.client().meta().await.unwrap();
    assert_eq!((meta.count, meta.extremes), (4, Some((3, 40))));
    assert_eq!(server.requests(), ["GET meta", "GET count", "GET manifest", "GET manifest"]);
    let empty = TestTable::default().serve(Features::Minimal).await;
    assert_eq!(empty.client().meta().await.unwrap(), engine::sync::Meta::default());
}

#[tokio::test]
async fn minimal_server_answers_all_scan_questions() {
    let rows = TestTable::count(50);
    let server = rows.serve(Features::Minimal).await;
    let remote = server.client();
    assert_eq!(remote.count(Span { from: 0, until: 11 }).await.unwrap(), 10);
    let page = remote.page(Span { from: 0, until: 31 }, Order::Descending, 5).await.unwrap();
    assert_eq!((page.covers, page.marks.len()), (Span { from: 26, until: 31 }, 5));
    let lists = remote.list(&[Span { from: 49, until: 60 }, Span { from: 1, until: 3 }], Span::END).await.unwrap();
    assert_eq!(lists.iter().map(Vec::len).collect::<Vec<_>>(), [2, 2]);
    remote
        .upload(vec![Row { key: 51.into(), version: 60, values: serde_json::from_str("{\"text\":1}").unwrap() }])
        .await
        .unwrap();
    remote.delete(&[Mark { version: 50, key: 50 }]).await.unwrap();
    assert_eq!(rows.marks(Span::ALL).last(), Some(&Mark { version: 60, key: 51 }));
    assert_eq!(rows.row(50), None);
}

#[tokio::test]
async fn missing_summaries_error_advises_strategy_scan() {
    let server = TestTable::count(3).serve(Features::Minimal).await;
    let Err(SyncFault::Refused(why)) = server.client().cells(&[Span::ALL], false, Span::END).await else {
        panic!("answered")
    };
    assert!(why.contains("404") && why.contains("strategy = \"scan\""), "{why}");
}
