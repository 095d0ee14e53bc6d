//! Lines over TCP and TLS, into rsyslog.

use super::{
    certificates::Certificates,
    events::{deliver, deliver_to, events, settings},
    rsyslog::Rsyslog,
};
use engine::ship::sink::Sink;

const LARGE: usize = 200_000;

/// 100,000 events, one of them of 200 kB.
fn many() -> Vec<String> {
    let mut events = events(100_000);
    events[50_000] = format!(r#"{{"line":50001,"user_agent":"{}"}}"#, "x".repeat(LARGE));
    events
}

#[tokio::test]
async fn a_hundred_thousand_lines_and_a_large_one_reach_rsyslog_intact_and_in_order() {
    let rsyslog = Rsyslog::plain();
    let events = many();
    let outcome = deliver(settings(&format!("tcp://127.0.0.1:{}", rsyslog.port)), &events, 1_000).await;
    outcome.whole();
    assert_eq!(outcome.delivered.sockets.total, 0);
    assert!(rsyslog.lines(events.len()) == events, "some lines are not what was sent");
}

#[tokio::test]
async fn the_same_holds_over_tls() {
    let certificates = Certificates::new();
    let rsyslog = Rsyslog::tls(&certificates);
    let events = many();
    let url = format!("tls://localhost:{}?ca={}", rsyslog.port, certificates.path("ca.pem").display());
    deliver(settings(&url), &events, 1_000).await.whole();
    assert!(rsyslog.lines(events.len()) == events, "some lines are not what was sent");
}

#[tokio::test]
async fn objects_sent_side_by_side_keep_their_own_order() {
    let rsyslog = Rsyslog::plain();
    let sink = Sink::open(settings(&format!("tcp://127.0.0.1:{}", rsyslog.port))).await.unwrap();
    let objects: Vec<Vec<String>> = (0..6)
        .map(|object| (0..2_000).map(|line| format!(r#"{{"object":{object},"line":{line}}}"#)).collect())
        .collect();
    let deliveries = objects.iter().map(|events| deliver_to(&sink, events, 70));
    for outcome in futures::future::join_all(deliveries).await {
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
