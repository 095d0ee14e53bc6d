//! Lines over TCP and TLS to rsyslog.

use super::{
    certificates::Certificates,
    events::{deliver, deliver_to, events, settings},
    rsyslog::Rsyslog,
};
use engine::ship::sink::{Settings, Sink};
use tokio::task::JoinSet;

const LARGE: usize = 200_000;

/// 100,000 events, one of them of 200 kB.
fn many() -> Vec<String> {
    let mut events = events(100_000);
    events[50_000] = format!(r#"{{"line":50001,"user_agent":"{}"}}"#, "x".repeat(LARGE));
    events
}

#[tokio::test]
async fn hundred_thousand_lines_reach_rsyslog_in_order() {
    let rsyslog = Rsyslog::plain();
    let events = many();
    let outcome = deliver(settings(&format!("tcp://127.0.0.1:{}", rsyslog.port)), &events, 1_000).await;
    outcome.whole();
    assert_eq!(outcome.delivered.sockets.total, 0);
    assert!(rsyslog.lines(events.len()) == events, "some lines are not what was sent");
}

#[tokio::test]
async fn lines_reach_rsyslog_over_tls() {
    let certificates = Certificates::new();
    let rsyslog = Rsyslog::tls(&certificates);
    let events = many();
    let url = format!("tls://localhost:{}?ca={}", rsyslog.port, certificates.path("ca.pem").display());
    deliver(settings(&url), &events, 1_000).await.whole();
    assert!(rsyslog.lines(events.len()) == events, "some lines are not what was sent");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn concurrent_objects_keep_their_order() {
    let rsyslog = Rsyslog::plain();
    let sink = Sink::open(settings(&format!("tcp://127.0.0.1:{}", rsyslog.port))).await.unwrap();
    let objects: Vec<Vec<String>> = (0..6)
        .map(|object| (0..2_000).map(|line| format!(r#"{{"object":{object},"line":{line}}}"#)).collect())
        .collect();
    let mut deliveries = JoinSet::new();
    for events in objects.clone() {
        let sink = sink.clone();
        deliveries.spawn(async move { deliver_to(&sink, &events, 70).await });
    }
    for outcome in deliveries.join_all().await {
        outcome.whole();
        assert_eq!(outcome.delivered.connections.created, 1);
        assert_eq!(outcome.delivered.connections.destroyed, 1);
    }
    let kept = rsyslog.lines(12_000);
    assert_eq!(kept.len(), 12_000);
    for (object, events) in objects.iter().enumerate() {
        let opening = format!(r#"{{"object":{object},"#);
        assert!(kept.iter().filter(|line| line.starts_with(&opening)).eq(events));
    }
}

#[tokio::test]
async fn large_object_is_confirmed_piecewise_in_order() {
    let rsyslog = Rsyslog::plain();
    let events = events(20_000);
    let url = format!("tcp://127.0.0.1:{}", rsyslog.port);
    let outcome = deliver(Settings { unproven_bytes: 100_000, ..settings(&url) }, &events, 100).await;
    let connections = outcome.whole().delivered.connections;
    assert!(connections.created > 10 && connections.created == connections.destroyed, "{connections:?}");
    assert!(rsyslog.lines(events.len()) == events, "some lines are not what was sent");
}
