//! What a sink is limited to holds over all its deliveries.

use std::num::NonZeroU32;

use engine::ship::sink::{Settings, Sink};
use tokio::time::Instant;

use super::{
    events::{deliver_to, events, settings},
    tcp_receiver::{Manner, TcpReceiver},
};

/// Both objects together take as long as their events at that rate, but for the first piece. Real time: a paused
/// clock would run ahead of the network.
#[tokio::test]
async fn events_a_second_are_shared_by_all_deliveries() {
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
async fn a_delivery_waits_for_one_of_the_connections_there_may_be() {
    let receiver = TcpReceiver::start(Manner::Good).await;
    let sink = Sink::open(Settings { connections: 1, ..settings(&receiver.url) }).await.unwrap();
    let first = sink.delivery().await.unwrap();
    let second = sink.delivery();
    tokio::pin!(second);
    assert!(futures::poll!(second.as_mut()).is_pending());
    first.finish(&mut Vec::new()).await;
    second.await.unwrap();
}
