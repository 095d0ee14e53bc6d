//! Bulk requests to a receiver that enforces the protocol and answers each event.

use std::{collections::BTreeSet, time::Duration};

use engine::ship::sink::{Credentials, Settings, Sink, SinkError, Undelivered};
use tokio::time::Instant;

use super::{
    bulk_receiver::{BulkReceiver, Manner},
    certificates::Certificates,
    events::{Outcome, deliver, deliver_to, events, hasty, settings},
};

/// Settings with requests of 100 events.
fn requests(url: &str) -> Settings {
    Settings { batch_events: 100, ..settings(url) }
}

/// Whatever the receiver did, every event claimed as accepted is stored.
fn assert_matches(outcome: &Outcome, receiver: &BulkReceiver) {
    let claimed: BTreeSet<String> = outcome.claimed.iter().map(|event| id(event)).collect();
    assert!(claimed.is_subset(&receiver.ids()), "claimed, and not there");
}

fn id(event: &str) -> String {
    let event: serde_json::Value = serde_json::from_str(event).unwrap();
    event["@metadata"]["_id"].as_str().unwrap().to_owned()
}

fn is_third(undelivered: &Undelivered) -> bool {
    undelivered.line.is_multiple_of(3)
}

#[tokio::test]
async fn every_event_is_stored_once_by_id() {
    for compression in [0, 1] {
        let receiver = BulkReceiver::start(Manner::Good).await;
        let events = events(5_050);
        let outcome = deliver(Settings { compression, ..requests(&receiver.url()) }, &events, 1_000).await;
        assert_eq!(outcome.whole().delivered.acknowledged, 5_050);
        assert_eq!(outcome.delivered.sent, 5_050);
        assert_eq!((receiver.ids().len(), receiver.requests(), receiver.most_events()), (5_050, 51, 100));
        assert_matches(&outcome, &receiver);
        let document = receiver.document(&id(&events[7]));
        assert_eq!(document["line"], 8);
        assert!(document["request_url"].as_str().unwrap().contains("ünï"));
    }
}

#[tokio::test]
async fn concurrent_requests_never_exceed_connections() {
    let receiver = BulkReceiver::start(Manner::Good).await;
    let sink = Sink::open(Settings { connections: 3, ..requests(&receiver.url()) }).await.unwrap();
    let events = events(4_000);
    let objects = events.chunks(1_000).map(|object| deliver_to(&sink, object, 250));
    for outcome in futures::future::join_all(objects).await {
        outcome.whole();
    }
    assert_eq!((receiver.most_under_way(), receiver.ids().len()), (3, 4_000));
}

#[tokio::test]
async fn sending_twice_reports_duplicates() {
    let receiver = BulkReceiver::start(Manner::Good).await;
    let sink = Sink::open(requests(&receiver.url())).await.unwrap();
    let events = events(500);
    deliver_to(&sink, &events[..300], 100).await.whole();
    let again = deliver_to(&sink, &events, 100).await;
    assert_eq!((again.whole().delivered.duplicate, again.delivered.acknowledged), (300, 200));
    assert_eq!(receiver.ids().len(), 500);
}

#[tokio::test]
async fn events_without_id_are_accepted() {
    let receiver = BulkReceiver::start(Manner::Good).await;
    let events: Vec<String> = (1..=10).map(|line| format!(r#"{{"line":{line},"log":{{"offset":{line}}}}}"#)).collect();
    deliver(requests(&receiver.url()), &events, 10).await.whole();
    assert_eq!(receiver.ids().len(), 10);
}

#[tokio::test]
async fn deferred_event_is_retried_rejected_one_given_up() {
    let receiver = BulkReceiver::start(Manner::PutsOff).await;
    let outcome = deliver(requests(&receiver.url()), &events(600), 200).await;
    assert_eq!((outcome.whole().delivered.acknowledged, outcome.delivered.sent), (600, 600));
    assert_eq!(receiver.requests(), 12);

    let receiver = BulkReceiver::start(Manner::Refuses).await;
    let outcome = deliver(requests(&receiver.url()), &events(600), 200).await;
    assert_eq!((outcome.error.as_ref(), outcome.delivered.acknowledged), (None, 400));
    assert!(outcome.undelivered.len() == 200 && outcome.undelivered.iter().all(is_third));
    assert_eq!(outcome.reasons(), BTreeSet::from(["400 mapper_parsing_exception: said so"]));
    assert_matches(&outcome, &receiver);
}

#[tokio::test]
async fn permanently_deferred_event_is_given_up() {
    let receiver = BulkReceiver::start(Manner::PutsOffForEver).await;
    let outcome = deliver(Settings { batch_events: 100, ..hasty(&receiver.url()) }, &events(600), 600).await;
    assert_eq!((outcome.error.as_ref(), outcome.delivered.acknowledged), (None, 400));
    assert!(outcome.undelivered.len() == 200 && outcome.undelivered.iter().all(is_third));
    assert!(outcome.reasons().iter().all(|reason| reason.contains("429 es_rejected_execution_exception")));
}

#[tokio::test]
async fn too_large_request_is_split() {
    let receiver = BulkReceiver::start(Manner::TooLarge(30)).await;
    let outcome = deliver(requests(&receiver.url()), &events(250), 250).await;
    assert_eq!(outcome.whole().delivered.acknowledged, 250);
    assert_eq!(receiver.ids().len(), 250);

    let receiver = BulkReceiver::start(Manner::AlwaysTooLarge).await;
    let outcome = deliver(requests(&receiver.url()), &events(7), 7).await;
    assert_eq!((outcome.error.as_ref(), outcome.undelivered.len()), (None, 7));
    assert_eq!(outcome.reasons(), BTreeSet::from(["413 Payload Too Large"]));
}

#[tokio::test]
async fn unavailable_receiver_is_retried_for_patience_time() {
    let receiver = BulkReceiver::start(Manner::Unavailable(3)).await;
    let outcome = deliver(requests(&receiver.url()), &events(300), 100).await;
    assert_eq!(outcome.whole().delivered.acknowledged, 300);

    let receiver = BulkReceiver::start(Manner::Unavailable(u32::MAX)).await;
    let outcome = deliver(hasty(&receiver.url()), &events(300), 100).await;
    assert_eq!((outcome.delivered.acknowledged, receiver.ids().len()), (0, 0));
    assert_eq!(outcome.reasons(), BTreeSet::from(["overloaded: 503 busy: come back later"]));
}

#[tokio::test]
async fn broken_connection_resends_and_counts_duplicates() {
    let receiver = BulkReceiver::start(Manner::Resets(2)).await;
    let outcome = deliver(requests(&receiver.url()), &events(400), 100).await;
    let delivered = &outcome.whole().delivered;
    assert_eq!((delivered.acknowledged, delivered.duplicate, delivered.sockets.total), (200, 200, 2));
    assert_eq!(delivered.sent, 400);
    assert_matches(&outcome, &receiver);
}

#[tokio::test]
async fn answer_with_missing_item_is_not_trusted() {
    let receiver = BulkReceiver::start(Manner::Forgets).await;
    let outcome = deliver(requests(&receiver.url()), &events(100), 100).await;
    assert_eq!((outcome.whole().delivered.acknowledged, outcome.delivered.duplicate), (0, 100));
}

#[tokio::test]
async fn refused_credentials_stop_the_sink() {
    let basic = BulkReceiver::start(Manner::Wants("Basic c2hpcHBlcjpwIHc=")).await;
    let url = basic.url().replace("127", "shipper:p%20w@127");
    deliver(requests(&url), &events(10), 10).await.whole();
    let key = BulkReceiver::start(Manner::Wants("ApiKey abc==")).await;
    let with_key = Settings { credentials: Some(Credentials::ApiKey("abc==".into())), ..requests(&key.url()) };
    deliver(with_key, &events(10), 10).await.whole();

    let outcome = deliver(requests(&key.url()), &events(2_000), 100).await;
    let reason = "credentials refused: 401 security_exception: missing authentication credentials";
    assert_eq!(outcome.reasons(), BTreeSet::from([reason]));
    let error = outcome.error.unwrap();
    assert_eq!((error.code(), outcome.delivered.acknowledged), ("sink_denied", 0));
    assert_eq!(error.to_string(), format!("sink {}: {reason}", key.url()));
}

#[tokio::test]
async fn rejected_request_keeps_the_receivers_words() {
    let receiver = BulkReceiver::start(Manner::Rejects).await;
    let outcome = deliver(requests(&receiver.url()), &events(100), 50).await;
    let words = "400 illegal_argument_exception: no such pipeline";
    assert_eq!(outcome.reasons(), BTreeSet::from([words, &format!("it takes no event: {words}")]));
    let receiver = BulkReceiver::start(Manner::NotFound).await;
    let outcome = deliver(requests(&receiver.url()), &events(5_000), 50).await;
    assert_eq!(outcome.error.unwrap().code(), "sink_protocol");
}

/// At random the receiver is unavailable, breaks off after accepting a request, defers events, or refuses the size.
#[tokio::test]
async fn faulty_receiver_loses_and_duplicates_nothing() {
    for seed in 0..10 {
        let receiver = BulkReceiver::start(Manner::Random(seed)).await;
        let sink = Sink::open(Settings { batch_events: 30, ..settings(&receiver.url()) }).await.unwrap();
        let events = events(600);
        let objects = events.chunks(150).map(|object| deliver_to(&sink, object, 70));
        for outcome in futures::future::join_all(objects).await {
            assert_eq!(outcome.whole().delivered.sent, 150);
            assert_matches(&outcome, &receiver);
        }
        assert_eq!(receiver.ids().len(), 600, "seed {seed}");
    }
}

#[tokio::test]
async fn events_are_stored_over_tls() {
    let certificates = Certificates::new();
    let receiver = BulkReceiver::tls(certificates.acceptor()).await;
    let ca = certificates.path("ca.pem");
    let url = format!("https://localhost:{}/elb-logs/_bulk?ca={}", receiver.port, ca.display());
    deliver(requests(&url), &events(1_000), 500).await.whole();
    assert_eq!(receiver.ids().len(), 1_000);
}

/// The error that ended a delivery, found while sending or at its end.
fn error_of(outcome: &Outcome) -> &SinkError {
    outcome.error.as_ref().or(outcome.delivered.stopped.as_ref()).unwrap()
}

#[tokio::test]
async fn answer_without_items_stops_after_one_request() {
    let receiver = BulkReceiver::start(Manner::SaysNothing).await;
    let outcome = deliver(requests(&receiver.url()), &events(100), 100).await;
    let error = error_of(&outcome);
    assert_eq!((error.code(), receiver.requests()), ("sink_protocol", 1));
    assert!(error.to_string().contains("200 without items for 100 events"), "{error}");
}

#[tokio::test]
async fn missing_index_stops_the_sink() {
    let receiver = BulkReceiver::start(Manner::NoIndex).await;
    let outcome = deliver(requests(&receiver.url()), &events(100), 100).await;
    assert_eq!((error_of(&outcome).code(), receiver.requests()), ("sink_refused", 1));
    assert!(outcome.undelivered.iter().all(|event| !event.refused), "no event of them is a bad one");
}

#[tokio::test]
async fn flooded_disk_stops_the_sink_after_patience() {
    let receiver = BulkReceiver::start(Manner::Flooded).await;
    let outcome = deliver(hasty(&receiver.url()), &events(100), 100).await;
    assert_eq!((error_of(&outcome).code(), outcome.undelivered.len()), ("sink_overloaded", 100));
    assert!(receiver.requests() > 1 && outcome.undelivered.iter().all(|event| !event.refused));
}

#[tokio::test]
async fn request_rejected_for_any_event_stops_the_sink() {
    let receiver = BulkReceiver::start(Manner::Rejects).await;
    let outcome = deliver(requests(&receiver.url()), &events(100), 100).await;
    assert_eq!(error_of(&outcome).code(), "sink_refused");
    assert!(receiver.requests() < 30, "{}", receiver.requests());
    let given_up = outcome.undelivered.iter().filter(|event| event.refused).count();
    assert!(given_up < 8, "{given_up} events are taken for bad ones");
}

#[tokio::test]
async fn event_that_spoils_requests_is_given_up_alone() {
    let receiver = BulkReceiver::start(Manner::Chokes).await;
    let outcome = deliver(requests(&receiver.url()), &events(100), 100).await;
    assert_eq!((outcome.error.as_ref(), outcome.delivered.stopped.as_ref()), (None, None));
    let lines: Vec<u64> = outcome.undelivered.iter().filter(|event| event.refused).map(|event| event.line).collect();
    assert_eq!((lines, receiver.ids().len()), (vec![7], 99));
}

/// Uses real time, as a paused clock would run ahead of the network.
#[tokio::test]
async fn requested_pause_is_kept() {
    let receiver = BulkReceiver::start(Manner::AsksToWait(1)).await;
    let began = Instant::now();
    let outcome = deliver(requests(&receiver.url()), &events(100), 100).await;
    assert_eq!((outcome.whole().delivered.acknowledged, receiver.requests()), (100, 2));
    assert!(began.elapsed() >= Duration::from_secs(1), "{:?}", began.elapsed());
}

#[tokio::test]
async fn refused_size_is_remembered_by_the_sink() {
    let receiver = BulkReceiver::start(Manner::TooLarge(30)).await;
    let sink = Sink::open(Settings { batch_events: 200, ..settings(&receiver.url()) }).await.unwrap();
    deliver_to(&sink, &events(200), 200).await.whole();
    let before = receiver.requests();
    let later: Vec<String> = events(400).split_off(200);
    deliver_to(&sink, &later, 200).await.whole();
    // A request of all of them would be refused, and so would its halves.
    assert_eq!(receiver.requests() - before, 8);
}

#[tokio::test]
async fn refused_compression_is_turned_off() {
    let receiver = BulkReceiver::start(Manner::TakesNoGzip).await;
    let sink = Sink::open(requests(&receiver.url())).await.unwrap();
    deliver_to(&sink, &events(100), 100).await.whole();
    deliver_to(&sink, &events(200)[100..], 100).await.whole();
    assert_eq!((receiver.requests(), receiver.ids().len()), (3, 200), "the first one again, and nothing else");
}

#[tokio::test]
async fn refused_event_is_told_from_doubtful_ones() {
    let receiver = BulkReceiver::start(Manner::RefusesMarked).await;
    let mut events = events(10);
    events[3] = format!(r#"{{"line":4,"request_url":"http://a/refused","@metadata":{{"_id":"{:032x}"}}}}"#, 4);
    let outcome = deliver(requests(&receiver.url()), &events, 10).await;
    let given_up: Vec<(u64, bool)> = outcome.undelivered.iter().map(|event| (event.line, event.refused)).collect();
    assert_eq!((given_up, receiver.events()), (vec![(4, true)], 10));
}

#[tokio::test]
async fn distant_receiver_gets_requests_side_by_side() {
    let receiver = BulkReceiver::start(Manner::InFours).await;
    deliver(requests(&receiver.url()), &events(800), 800).await.whole();
    assert_eq!((receiver.requests(), receiver.most_under_way()), (8, 4));
}
