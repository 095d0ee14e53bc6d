//! The sink for a file.

use std::fs;

use engine::ship::sink::{Settings, Sink};

use super::events::{deliver, deliver_to, events, settings};

#[tokio::test]
async fn appended_events_are_acknowledged_after_sync() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("events.ndjson");
    let events = events(3_000);
    for half in events.chunks(1_500) {
        let settings = Settings { unproven_bytes: 10_000, ..settings(&format!("file:{}", path.display())) };
        assert_eq!(deliver(settings, half, 100).await.whole().delivered.acknowledged, 1_500);
    }
    assert!(fs::read_to_string(path).unwrap().lines().eq(events));
}

#[tokio::test]
async fn file_allows_one_writer() {
    let directory = tempfile::tempdir().unwrap();
    let settings = settings(&format!("file:{}", directory.path().join("events").display()));
    let first = Sink::open(settings.clone()).await.unwrap();
    let error = Sink::open(settings.clone()).await.unwrap_err();
    assert!(error.to_string().contains("another writer"), "{error}");
    first.close().await;
    Sink::open(settings).await.unwrap();
}

#[tokio::test]
async fn earlier_incomplete_line_affects_no_event() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("events");
    fs::write(&path, "{\"whole\":1}\n{\"cut").unwrap();
    let events = events(10);
    deliver(settings(&format!("file:{}", path.display())), &events, 10).await.whole();
    let text = fs::read_to_string(path).unwrap();
    assert!(text.lines().skip(2).eq(events), "{text}");
}

#[tokio::test]
async fn full_disk_gives_up_events() {
    let sink = Sink::open(settings("file:/dev/full")).await.unwrap();
    let outcome = deliver_to(&sink, &events(100), 10).await;
    assert_eq!(outcome.delivered.acknowledged, 0);
    assert_eq!(outcome.error.unwrap().code(), "sink_file");
}
