//! Lines over TCP to failing receivers: no event is counted as sent that did not arrive, and all others are given up.

use engine::ship::sink::{Batch, Settings, Sink, SinkFault};

use super::{
    certificates::Certificates,
    events::{add, deliver, deliver_to, events, hasty, settings},
    tcp_receiver::{Manner, TcpReceiver},
};

#[tokio::test]
async fn unreachable_receiver_is_reported_at_once() {
    let receiver = TcpReceiver::start(Manner::Good).await;
    let url = receiver.url.clone();
    receiver.kill().await;
    let error = Sink::open(settings(&url)).await.unwrap_err();
    assert_eq!(error.code(), "sink_unreachable");
    assert!(error.unreachable() && error.to_string().starts_with(&format!("sink {url}: no connection: ")), "{error}");
}

#[tokio::test]
async fn killed_receiver_leaves_every_event_accounted_for() {
    let receiver = TcpReceiver::start(Manner::Good).await;
    // Each batch is confirmed on its own.
    let sink = Sink::open(Settings { unproven_bytes: 1, ..hasty(&receiver.url) }).await.unwrap();
    let events = events(1_000);
    let before = deliver_to(&sink, &events[..500], 100).await;
    assert_eq!(before.whole().delivered.sent, 500);
    let arrived = receiver.kill().await;
    assert_eq!(arrived, before.claimed);
    let after = deliver_to(&sink, &events[500..], 100).await;
    assert_eq!(after.delivered.sent, 0);
    assert!(matches!(after.error.unwrap().fault, SinkFault::Unreachable { .. }));
    assert!(after.delivered.sockets.total > 0);
}

#[tokio::test]
async fn events_on_broken_connection_are_given_up() {
    let receiver = TcpReceiver::start(Manner::ResetsOnce).await;
    let events = events(5_000);
    let outcome = deliver(Settings { unproven_bytes: 20_000, ..settings(&receiver.url) }, &events, 50).await;
    assert_eq!(outcome.error, None);
    assert!(outcome.claimed.is_subset(&receiver.lines()));
    assert!(!outcome.claimed.is_empty() && !outcome.undelivered.is_empty());
    for reason in outcome.reasons() {
        assert!(reason.starts_with("written to a connection that then broke: "), "{reason}");
    }
}

#[tokio::test]
async fn resetting_receiver_never_gets_overclaimed() {
    let receiver = TcpReceiver::start(Manner::ResetsAfter(100)).await;
    let events = events(3_000);
    // Objects of 30 lines pass between two resets, larger ones never do.
    let sink = Sink::open(hasty(&receiver.url)).await.unwrap();
    let small = deliver_to(&sink, &events[..30], 10).await;
    assert_eq!(small.whole().delivered.sent, 30);
    let large = deliver_to(&sink, &events, 20).await;
    assert!(large.claimed.is_subset(&receiver.lines()));
    assert!(large.undelivered.len() > 2_000 && large.delivered.sockets.total > 0);
}

#[tokio::test]
async fn unreading_receiver_blocks_sender_until_patience_ends() {
    let receiver = TcpReceiver::start(Manner::NeverReads).await;
    let sink = Sink::open(Settings { unproven_bytes: 1 << 30, ..hasty(&receiver.url) }).await.unwrap();
    let mut delivery = sink.delivery().await.unwrap();
    let (mut taken, mut undelivered) = (0, Vec::new());
    let event = "x".repeat(100_000);
    let error = loop {
        let mut batch = Batch::default();
        (0..10).for_each(|number| add(&mut batch, taken + number, &event));
        taken += 10;
        if let Err(error) = delivery.send(&mut batch, &mut undelivered).await {
            break error;
        }
        assert!(taken < 100_000, "10 GB were taken on behalf of a receiver that took none");
    };
    assert!(matches!(error.fault, SinkFault::Silent { what: "the receiver took nothing", .. }), "{error}");
    assert_eq!(delivery.finish(&mut undelivered).await.sent, 0);
    assert_eq!(undelivered.len() as u64, taken);
}

#[tokio::test]
async fn nothing_is_sent_without_receivers_close() {
    let receiver = TcpReceiver::start(Manner::NeverCloses).await;
    let events = events(100);
    let outcome = deliver(hasty(&receiver.url), &events, 10).await;
    assert_eq!((outcome.delivered.sent, outcome.undelivered.len()), (0, 100));
    assert!(outcome.reasons().iter().all(|reason| reason.contains("did not close its half")));
}

#[tokio::test]
async fn connection_cut_while_idle_is_not_used() {
    let receiver = TcpReceiver::start(Manner::ClosesFirst).await;
    let sink = Sink::open(settings(&receiver.url)).await.unwrap();
    receiver.closed().await;
    let outcome = deliver_to(&sink, &events(100), 10).await;
    assert_eq!(outcome.whole().claimed, receiver.lines());
    assert_eq!(outcome.delivered.connections.created, 2);
    assert_eq!(outcome.delivered.connections.destroyed, 2);
}

#[tokio::test]
async fn untrusted_receiver_gets_no_event() {
    let certificates = Certificates::new();
    let others = Certificates::new();
    let rsyslog = super::rsyslog::Rsyslog::tls(&certificates);
    let url =
        |host: &str, ca: &Certificates| format!("tls://{host}:{}?ca={}", rsyslog.port, ca.path("ca.pem").display());
    for url in [url("localhost", &others), url("127.0.0.1", &certificates)] {
        let error = Sink::open(settings(&url)).await.unwrap_err();
        assert_eq!(error.code(), "sink_untrusted", "{error}");
    }
    let missing = format!("tls://localhost:{}?ca=/nowhere/ca.pem", rsyslog.port);
    let error = Sink::open(settings(&missing)).await.unwrap_err();
    assert!(error.to_string().contains("/nowhere/ca.pem"), "{error}");
}
