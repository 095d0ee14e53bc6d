//! Faults between client and remote, and error responses.

use std::{
    sync::atomic::{AtomicU32, Ordering},
    time::Duration,
};

use engine::sync::{Mark, Remote, RemoteTable, Row, Span, SyncFault, TableEndpoint, protocol::limits};
use flate2::{Compression, write::GzEncoder};
use serde_json::json;
use tokio::net::TcpListener;

use super::server::{Reply, Server};

async fn counted(server: &Server) -> Result<u64, SyncFault> {
    server.client().count(Span::ALL).await
}

fn unavailable(answer: Result<u64, SyncFault>) -> String {
    match answer {
        Err(SyncFault::Unavailable(why)) => why,
        other => panic!("{other:?}"),
    }
}

fn refused(answer: Result<u64, SyncFault>) -> String {
    match answer {
        Err(SyncFault::Refused(why)) => why,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn request_without_answer_ends_at_timeout() {
    let server = Server::start(|_| Reply::Silence).await;
    let remote = server.client().with_timeout(Duration::from_millis(50));
    let why = unavailable(remote.count(Span::ALL).await);
    assert_eq!(why, "GET count: no answer within 0.05 seconds");
}

#[tokio::test]
async fn truncated_answer_counts_as_unavailable() {
    let server = Server::start(|_| Reply::CutOff).await;
    assert!(unavailable(counted(&server).await).contains("was cut off"));
}

#[tokio::test]
async fn refused_connection_counts_as_unavailable() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/orders", listener.local_addr().unwrap());
    drop(listener);
    let remote = RemoteTable::connect(&url, None).unwrap();
    let why = unavailable(remote.count(Span::ALL).await);
    assert!(why.contains("GET count") && why.contains("refused"), "{why}");
}

#[tokio::test]
async fn temporary_error_keeps_detail_and_retry_after() {
    for status in [408, 429, 500, 502, 503, 504] {
        let server = Server::start(move |_| Reply::Answer {
            status,
            headers: vec![("retry-after", "17".to_owned())],
            body: br#"{"detail": "Too much at once."}"#.to_vec(),
        })
        .await;
        let why = unavailable(counted(&server).await);
        assert!(why.contains(&status.to_string()) && why.contains("Too much at once"), "{why}");
        assert!(why.contains("Retry-After: 17"), "{why}");
    }
}

#[tokio::test]
async fn permanent_error_keeps_detail_and_adds_advice() {
    for (status, advice) in [
        (400, "Bad thing"),
        (401, "Check `token` here against `tokens`"),
        (403, "has no access to this table"),
        (404, "Check `remote`"),
        (413, "Bad thing"),
        (422, "Bad thing"),
    ] {
        let server = Server::start(move |_| Reply::problem(status, "Bad thing\u{1b}[2J\nhere.")).await;
        let why = refused(counted(&server).await);
        assert!(why.contains(&status.to_string()) && why.contains(advice), "{why}");
        assert!(why.contains("Bad thing [2J here") && !why.contains(char::is_control), "{why}");
    }
    let server = Server::start(|_| Reply::problem(500, &"x".repeat(10_000))).await;
    assert!(unavailable(counted(&server).await).len() < 1_000);
}

#[tokio::test]
async fn redirect_is_reported_and_not_followed() {
    let elsewhere = Server::start(|_| Reply::Json(json!({"count": 1}))).await;
    let target = elsewhere.url();
    let server = Server::start(move |_| Reply::Answer {
        status: 307,
        headers: vec![("location", target.clone())],
        body: Vec::new(),
    })
    .await;
    let why = refused(counted(&server).await);
    assert!(why.contains(&elsewhere.url()) && why.contains("not followed"), "{why}");
    assert_eq!(elsewhere.requests().len(), 0, "the token went nowhere");
}

#[tokio::test]
async fn oversized_answer_is_not_read_to_its_end() {
    let plain = Server::start(|_| Reply::body(vec![b' '; limits::MAX_ANSWER_BYTES + 1])).await;
    assert!(refused(counted(&plain).await).contains("more than 16777216 bytes"));
    let bomb = Server::start(|_| {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
        std::io::copy(&mut std::io::Read::take(std::io::repeat(b' '), 20 << 20), &mut encoder).unwrap();
        let headers = vec![("content-encoding", "gzip".to_owned())];
        Reply::Answer { status: 200, headers, body: encoder.finish().unwrap() }
    })
    .await;
    assert!(refused(counted(&bomb).await).contains("more than 16777216 bytes"));
}

#[tokio::test]
async fn invalid_compression_is_refused() {
    for (encoding, says) in [("gzip", "is not valid gzip"), ("br", "not requested")] {
        let server = Server::start(move |_| Reply::Answer {
            status: 200,
            headers: vec![("content-encoding", encoding.to_owned())],
            body: b"{\"count\": 1}".to_vec(),
        })
        .await;
        assert!(refused(counted(&server).await).contains(says));
    }
}

#[tokio::test]
async fn client_stops_compressing_after_status_415() {
    let server = Server::start(|request| match request.headers.get("content-encoding") {
        Some(_) => Reply::status(415),
        None => Reply::Json(json!({"deleted": 0})),
    })
    .await;
    let remote = server.client();
    let marks: Vec<_> = (0..500).map(|key| Mark { version: 1, key }).collect();
    remote.delete(&marks).await.unwrap();
    remote.delete(&marks).await.unwrap();
    let gzip: Vec<_> = server.seen().iter().map(|request| request.headers.contains_key("content-encoding")).collect();
    assert_eq!(gzip, [true, false, false]);
}

#[tokio::test]
async fn closed_connection_is_replaced() {
    let request = AtomicU32::new(0);
    let server =
        Server::start(move |_| Reply::ThenHangUp(json!({"count": request.fetch_add(1, Ordering::Relaxed)}))).await;
    let remote = server.client();
    for number in 0..5 {
        // If the server hung up before the answer arrived, the driver repeats the question; any answer is correct.
        match remote.count(Span::ALL).await {
            Ok(count) => assert!(count >= number),
            Err(fault) => assert!(matches!(fault, SyncFault::Unavailable(_)), "{fault}"),
        }
    }
}

#[tokio::test]
async fn row_that_cannot_be_encoded_is_refused() {
    let server = Server::start(|_| Reply::Json(json!({"refused": []}))).await;
    for (key, version) in [(json!(1.5), 1), (json!(null), 1), (json!([1]), 1), (json!(1), u64::MAX)] {
        let row = Row { key, version, values: serde_json::Map::new() };
        assert!(matches!(server.client().upload(vec![row]).await, Err(SyncFault::Refused(_))));
    }
    assert_eq!(server.requests().len(), 0);
}
