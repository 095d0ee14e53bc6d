//! Properties of every sink: limits over all deliveries, and a complete account even of a cancelled send.

use std::{fs, num::NonZeroU32};

use engine::ship::sink::{Batch, Settings, Sink};
use tokio::time::Instant;

use super::{
    bulk_receiver::{self, BulkReceiver},
    events::{add, deliver_to, events, hasty, settings},
    lumberjack_receiver::{self, LumberjackReceiver},
    tcp_receiver::{Manner, TcpReceiver},
};

/// Both objects together take as long as their events at that rate, except the first piece. Uses real time, as a paused
/// clock would run ahead of the network.
#[tokio::test]
async fn rate_limit_is_shared_by_deliveries() {
    let receiver = TcpReceiver::start(Manner::Good).await;
    let limited = Settings { max_events_per_second: NonZeroU32::new(1_000), ..settings(&receiver.url) };
    let sink = Sink::open(limited).await.unwrap();
    let (events, began) = (events(1_000), Instant::now());
    let halves = events.chunks(500).map(|half| deliver_to(&sink, half, 200));
    for outcome in futures::future::join_all(halves).await {
        outcome.whole();
    }
    assert!(began.elapsed().as_millis() >= 800, "{:?}", began.elapsed());
    assert_eq!(receiver.lines().len(), 1_000);
}

#[tokio::test]
async fn cancelled_send_is_accounted_for() {
    let lines = TcpReceiver::start(Manner::NeverReads).await;
    let lumberjack = LumberjackReceiver::start(lumberjack_receiver::Manner::Silent).await;
    let bulk = BulkReceiver::start(bulk_receiver::Manner::Unavailable(u32::MAX)).await;
    for url in [&lines.url, &lumberjack.url(), &bulk.url()] {
        let sink = Sink::open(Settings { connections: 1, batch_events: 100, ..hasty(url) }).await.unwrap();
        let mut delivery = sink.delivery().await.unwrap();
        let (mut batch, mut undelivered) = (Batch::default(), Vec::new());
        let event = format!(r#"{{"text":"{}"}}"#, "x".repeat(50_000));
        (0..1_000).for_each(|offset| add(&mut batch, offset, &event));
        {
            let send = delivery.send(&mut batch, &mut undelivered);
            tokio::pin!(send);
            assert!(futures::poll!(send.as_mut()).is_pending(), "50 MB went nowhere at once");
        }
        let delivered = delivery.finish(&mut undelivered).await;
        assert_eq!((undelivered.len(), delivered.acknowledged), (1_000, 0), "{url}");
    }
}

#[tokio::test]
async fn file_keeps_acknowledged_events_after_cancelled_send() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("events");
    let sink = Sink::open(settings(&format!("file:{}", path.display()))).await.unwrap();
    let mut delivery = sink.delivery().await.unwrap();
    let (mut batch, mut undelivered) = (Batch::default(), Vec::new());
    let events = events(3);
    for (offset, event) in (0..).zip(&events) {
        add(&mut batch, offset, event);
        let send = delivery.send(&mut batch, &mut undelivered);
        tokio::pin!(send);
        let _ = futures::poll!(send.as_mut());
    }
    assert_eq!(delivery.finish(&mut undelivered).await.acknowledged, 3);
    assert!(fs::read_to_string(path).unwrap().lines().eq(events));
}

#[tokio::test]
async fn delivery_waits_for_a_free_connection() {
    let receiver = TcpReceiver::start(Manner::Good).await;
    let sink = Sink::open(Settings { connections: 1, ..settings(&receiver.url) }).await.unwrap();
    let first = sink.delivery().await.unwrap();
    let second = sink.delivery();
    tokio::pin!(second);
    assert!(futures::poll!(second.as_mut()).is_pending());
    first.finish(&mut Vec::new()).await;
    second.await.unwrap();
}
