//! Lumberjack to a receiver that enforces the protocol.

use std::collections::BTreeSet;

use engine::ship::sink::{Settings, Sink, SinkFault};
use ferro_lumberjack::server::Server;

use super::{
    certificates::Certificates,
    events::{Outcome, deliver, deliver_to, events, hasty, settings},
    lumberjack_receiver::{LumberjackReceiver, Manner},
};

/// Settings with windows of 100 events.
fn windows(url: &str) -> Settings {
    Settings { batch_events: 100, ..settings(url) }
}

/// Whatever the receiver did, every event claimed as acknowledged was acknowledged.
fn assert_matches(outcome: &Outcome, receiver: &LumberjackReceiver) {
    let acknowledged: BTreeSet<String> = receiver.acknowledged().into_iter().collect();
    assert!(outcome.claimed.is_subset(&acknowledged), "claimed, and never acknowledged");
}

#[tokio::test]
async fn events_are_acknowledged_once_in_order() {
    for compression in [0, 1, 9] {
        let receiver = LumberjackReceiver::start(Manner::Good).await;
        let events = events(5_050);
        let outcome = deliver(Settings { compression, ..windows(&receiver.url()) }, &events, 1_000).await;
        assert_eq!(outcome.whole().delivered.acknowledged, 5_050);
        assert_eq!(outcome.delivered.sent, 5_050);
        assert_eq!(receiver.acknowledged(), events);
        assert_eq!((receiver.windows().len(), receiver.windows().iter().max()), (51, Some(&100)));
    }
}

#[tokio::test]
async fn third_party_receiver_reads_the_same_events() {
    let listener = Server::builder().bind("127.0.0.1:0").await.unwrap();
    let url = format!("lumberjack://{}", listener.local_addr().unwrap());
    let receiver = tokio::spawn(async move {
        let mut connection = listener.accept().await.unwrap();
        let mut received = Vec::new();
        while let Some(window) = connection.read_and_ack().await.unwrap() {
            received.extend(window.events.into_iter().map(|event| String::from_utf8(event.payload).unwrap()));
        }
        received
    });
    let events = events(5_050);
    deliver(windows(&url), &events, 1_000).await.whole();
    assert!(receiver.await.unwrap() == events, "some events are not what was sent");
}

/// At random the receiver is busy, acknowledges partially, or hangs up before, within or after storing a window.
#[tokio::test]
async fn faulty_receiver_loses_nothing() {
    for seed in 0..10 {
        let receiver = LumberjackReceiver::start(Manner::Random(seed)).await;
        let sink = Sink::open(Settings { batch_events: 20, ..settings(&receiver.url()) }).await.unwrap();
        let events = events(600);
        let objects = events.chunks(150).map(|object| deliver_to(&sink, object, 70));
        for outcome in futures::future::join_all(objects).await {
            assert_eq!(outcome.whole().delivered.sent, 150);
            assert_matches(&outcome, &receiver);
        }
        assert_eq!(receiver.acknowledged().into_iter().collect::<BTreeSet<_>>().len(), 600, "seed {seed}");
    }
}

#[tokio::test]
async fn large_event_gets_its_own_window() {
    let receiver = LumberjackReceiver::start(Manner::Good).await;
    let mut events = events(30);
    events[10] = format!(r#"{{"user_agent":"{}","@metadata":{{"_id":"large"}}}}"#, "x".repeat(200_000));
    let small = Settings { batch_bytes: 2_000, ..windows(&receiver.url()) };
    deliver(small, &events, 30).await.whole();
    assert_eq!(receiver.acknowledged(), events);
    assert!(receiver.windows().contains(&1));
}

#[tokio::test]
async fn consecutive_objects_share_a_connection() {
    let receiver = LumberjackReceiver::start(Manner::Good).await;
    let sink = Sink::open(windows(&receiver.url())).await.unwrap();
    for object in events(600).chunks(200) {
        let outcome = deliver_to(&sink, object, 50).await;
        assert_eq!(outcome.whole().delivered.connections.destroyed, 0);
    }
    assert_eq!((receiver.connections(), receiver.acknowledged().len()), (1, 600));
}

#[tokio::test]
async fn events_are_acknowledged_over_tls() {
    let certificates = Certificates::new();
    let receiver = LumberjackReceiver::tls(certificates.acceptor()).await;
    let url = format!("lumberjacks://localhost:{}?ca={}", receiver.port, certificates.path("ca.pem").display());
    let events = events(5_000);
    deliver(windows(&url), &events, 500).await.whole();
    assert_eq!(receiver.acknowledged(), events);
}

#[tokio::test]
async fn busy_or_partly_acknowledging_receiver_is_awaited() {
    for manner in [Manner::Busy, Manner::InParts] {
        let receiver = LumberjackReceiver::start(manner).await;
        let events = events(2_000);
        let outcome = deliver(windows(&receiver.url()), &events, 300).await;
        assert_eq!(outcome.whole().delivered.acknowledged, 2_000);
        assert_eq!(receiver.acknowledged(), events);
    }
}

#[tokio::test]
async fn hang_up_resends_only_unacknowledged_events() {
    for part in [0, 1, 60, 99] {
        let receiver = LumberjackReceiver::start(Manner::HangsUp { times: 3, part }).await;
        let events = events(2_000);
        let outcome = deliver(windows(&receiver.url()), &events, 400).await;
        let delivered = &outcome.whole().delivered;
        assert_eq!((delivered.sent, delivered.acknowledged, delivered.sockets.total), (2_000, 2_000, 3));
        assert_eq!((delivered.connections.created, delivered.connections.destroyed), (4, 3));
        assert_matches(&outcome, &receiver);
        // Nothing that was acknowledged before the hang-up came a second time.
        assert_eq!(receiver.acknowledged(), events);
    }
}

#[tokio::test]
async fn silent_receiver_is_given_up() {
    for (manner, what) in [
        (Manner::Silent, "the receiver acknowledged nothing"),
        (Manner::NeverReads, "the receiver acknowledged nothing"),
    ] {
        let receiver = LumberjackReceiver::start(manner).await;
        let outcome = deliver(Settings { batch_events: 100, ..hasty(&receiver.url()) }, &events(1_000), 100).await;
        assert_eq!(outcome.delivered.acknowledged, 0);
        assert!(matches!(outcome.error.unwrap().fault, SinkFault::Silent { what: said, .. } if said == what));
        assert_eq!(receiver.acknowledged(), Vec::<String>::new());
    }
}

#[tokio::test]
async fn other_protocol_is_reported_with_its_answer() {
    let receiver = LumberjackReceiver::start(Manner::Other).await;
    let outcome = deliver(windows(&receiver.url()), &events(1_000), 100).await;
    let error = outcome.error.unwrap();
    assert_eq!((error.code(), outcome.delivered.acknowledged), ("sink_protocol", 0));
    assert!(error.to_string().contains("HTTP/1.1 400 Bad Request"), "{error}");
}

/// All windows are written, and none is acknowledged: no other object would fare better.
#[tokio::test]
async fn silent_receiver_stops_the_sink_at_the_end() {
    let receiver = LumberjackReceiver::start(Manner::Silent).await;
    let outcome = deliver(hasty(&receiver.url()), &events(10), 10).await;
    assert_eq!((outcome.error.as_ref(), outcome.undelivered.len()), (None, 10));
    assert!(matches!(outcome.delivered.stopped.unwrap().fault, SinkFault::Silent { .. }));
}
