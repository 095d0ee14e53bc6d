//! Live streams over HTTP.

use std::pin::Pin;

use futures::{Stream, StreamExt};
use reqwest::{Method, StatusCode};
use serde_json::Value;
use testing::Span as _;
use tokio::time::timeout;

use crate::support::server::TestServer;

/// A message as a browser would get it.
struct Message {
    event: String,
    id: Option<String>,
    data: Value,
}

/// An open stream, read message by message.
struct Listener {
    chunks: Pin<Box<dyn Stream<Item = reqwest::Result<bytes::Bytes>> + Send>>,
    text: String,
}

impl Listener {
    async fn open(server: &TestServer, path: &str) -> Self {
        let response = server.get(path).await;
        assert_eq!(response.status(), StatusCode::OK);
        assert_eq!(response.headers()["content-type"], "text/event-stream");
        assert_eq!(response.headers()["x-accel-buffering"], "no");
        assert!(!response.headers().contains_key("content-encoding"));
        Self { chunks: Box::pin(response.bytes_stream()), text: String::new() }
    }

    /// The next message; `None` once the stream has ended.
    async fn next(&mut self) -> Option<Message> {
        loop {
            if let Some((block, rest)) = self.text.split_once("\n\n") {
                let (block, rest) = (block.to_owned(), rest.to_owned());
                self.text = rest;
                let field = |name: &str| {
                    block.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(": ").map(ToOwned::to_owned))
                };
                let (Some(event), Some(data)) = (field("event"), field("data")) else { continue };
                return Some(Message { event, id: field("id"), data: serde_json::from_str(&data).unwrap() });
            }
            let chunk = timeout(1.mins(), self.chunks.next()).await.expect("the stream never went on")?.unwrap();
            self.text.push_str(std::str::from_utf8(&chunk).unwrap());
        }
    }

    /// The next message that is not a heartbeat.
    async fn next_change(&mut self) -> Message {
        loop {
            let message = self.next().await.expect("the stream goes on");
            if message.event != "beat" {
                return message;
            }
        }
    }
}

fn ids(snapshot: &Message) -> Vec<&str> {
    snapshot.data["jobs"].as_array().unwrap().iter().map(|job| job["id"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn stream_sends_snapshot_then_changes() {
    let server = TestServer::open().await;
    let first = server.clone_number(1).await;
    let mut listener = Listener::open(&server, "/api/v1/events").await;
    let snapshot = listener.next().await.unwrap();
    assert_eq!(snapshot.event, "snapshot");
    assert_eq!(ids(&snapshot), [first.id.to_string()]);
    assert_eq!(snapshot.data["counts"]["queued"], 1);

    let cancelled = server.request(Method::POST, &format!("/api/v1/jobs/{}/cancel", first.id)).send().await.unwrap();
    let cancelled: model::Job = cancelled.json().await.unwrap();
    let change = loop {
        let change = listener.next_change().await;
        if change.data["revision"] == cancelled.revision {
            break change;
        }
    };
    assert_eq!(change.event, "job");
    assert_eq!(change.id, Some(format!("{}@{}", first.id, cancelled.revision)));
    assert_eq!(change.data["state"], "cancelled");

    let second = server.clone_number(2).await;
    let snapshot = Listener::open(&server, "/api/v1/events").await.next().await.unwrap();
    assert_eq!(ids(&snapshot), [second.id.to_string()]);
}

#[tokio::test]
async fn job_stream_omits_other_jobs() {
    let server = TestServer::open().await;
    let (mine, other) = (server.clone_number(1).await.id, server.clone_number(2).await.id);
    let mut listener = Listener::open(&server, &format!("/api/v1/jobs/{mine}/events")).await;
    assert_eq!(ids(&listener.next().await.unwrap()), [mine.to_string()]);
    for id in [other, mine] {
        server.request(Method::POST, &format!("/api/v1/jobs/{id}/cancel")).send().await.unwrap();
    }
    loop {
        let change = listener.next_change().await;
        assert_eq!(change.data["id"], mine.to_string());
        if change.data["state"] == "cancelled" {
            break;
        }
    }
    let nobody = "/api/v1/jobs/0198c0de-0000-7000-8000-000000000000/events";
    assert_eq!(server.get(nobody).await.status(), StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn streams_end_when_the_server_stops() {
    let server = TestServer::open().await;
    let mut listener = Listener::open(&server, "/api/v1/events").await;
    listener.next().await.unwrap();
    server.app.shutdown.cancel();
    while listener.next().await.is_some() {}
}
