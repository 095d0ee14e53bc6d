//! The demo's buckets.

use std::{collections::BTreeSet, fs, path::Path};

use crate::support::{client, on_disk};

#[tokio::test]
async fn demo_is_complete_after_killed_seeding() {
    let dir = tempfile::tempdir().unwrap();
    simulate_killed_seeding(dir.path()).await;
    let store = on_disk(dir.path()).await;
    assert!(store.count("demo-assets").is_err());
    assert_eq!(files_below(&dir.path().join("blobs")), 0);
    store.seed_demo().await.unwrap();
    store.stop().await;

    let store = on_disk(dir.path()).await;
    store.seed_demo().await.unwrap(); // nothing more to do
    assert_eq!(store.count("demo-assets").unwrap(), 7_500);
    assert_eq!(store.count("demo-clone").unwrap(), 0);

    let client = client(&store);
    let mut prefixes = BTreeSet::new();
    let mut at_root = 0;
    let mut pages = client
        .list_objects_v2()
        .bucket("demo-assets")
        .delimiter("/")
        .encoding_type(aws_sdk_s3::types::EncodingType::Url)
        .into_paginator()
        .send();
    while let Some(page) = pages.try_next().await.unwrap() {
        prefixes.extend(page.common_prefixes().iter().filter_map(|prefix| prefix.prefix.clone()));
        at_root += page.contents().len();
    }
    assert_eq!(prefixes.len(), 195);
    assert!(at_root >= 20, "{at_root} at the root");
    assert_eq!(fs::read_dir(dir.path().join("buckets")).unwrap().count(), 2);
}

/// Writes objects into a bucket that never gets its name.
async fn simulate_killed_seeding(dir: &Path) {
    let store = on_disk(dir).await;
    store.create_bucket("demo-assets").unwrap();
    for number in 0..100 {
        store.put("demo-assets", &format!("half done {number}"), "body").await.unwrap();
    }
    store.stop().await;
    fs::write(dir.join("catalogue.jsonl"), "").unwrap();
}

fn files_below(dir: &Path) -> usize {
    let fans = fs::read_dir(dir).unwrap();
    fans.map(|fan| fs::read_dir(fan.unwrap().path()).unwrap().count()).sum()
}
