//! The demo tables change all the time.

use engine::sync::{Local as _, Span, TableEndpoint as _};
use tables::{Table, TableSpec, demo::Shop};
use tempfile::TempDir;

async fn open(url: String, table: &str) -> Table {
    let spec = TableSpec {
        url,
        table: table.to_owned(),
        key: "id".to_owned(),
        version: "row_version".to_owned(),
        timestamp: None,
        columns: Vec::new(),
    };
    Table::open(spec).await.unwrap()
}

#[tokio::test]
async fn every_batch_changes_rows_and_never_reuses_versions() {
    let folder = TempDir::new().unwrap();
    let shop = Shop::within(folder.path());
    let mut writer = shop.open().await.unwrap();
    let orders = open(shop.local_url(), "orders").await;
    let before = orders.meta().await.unwrap();
    let mut newest = before.extremes.unwrap().1;
    for _ in 0..30 {
        writer.write_batch().await.unwrap();
        let list = orders.list(&[Span { from: newest + 1, until: Span::END }], Span::END).await.unwrap();
        assert!(!list[0].is_empty(), "rows were changed");
        newest = list[0].last().unwrap().version;
    }
    let all = &orders.list(&[Span::ALL], Span::END).await.unwrap()[0];
    assert!(all.windows(2).all(|pair| pair[0].version < pair[1].version), "no version twice");
    assert!(all.len().abs_diff(usize::try_from(before.count).unwrap()) < 30 * 9, "deletes balance inserts");
    let held = orders.current_versions(&all[..3].iter().map(|mark| mark.key).collect::<Vec<_>>()).await.unwrap();
    assert!(held.iter().all(Option::is_some));
}

#[tokio::test]
async fn reopened_shop_is_unchanged_and_copy_starts_empty() {
    let folder = TempDir::new().unwrap();
    let shop = Shop::within(folder.path());
    shop.open().await.unwrap().write_batch().await.unwrap();
    let before = open(shop.local_url(), "orders").await.meta().await.unwrap();
    drop(shop.open().await.unwrap());
    for table in Shop::TABLES {
        assert_eq!(open(shop.copy_url(), table).await.meta().await.unwrap().count, 0);
    }
    assert_eq!(open(shop.local_url(), "orders").await.meta().await.unwrap(), before);
}
