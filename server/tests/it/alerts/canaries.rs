//! Canaries through sinks: a file that is read back, an index that is queried, an unreachable receiver; and results
//! in the API and on the page of a pipeline.

use std::{collections::BTreeSet, time::Duration};

use engine::ship::sink::Settings;
use logyard::config::{self, Config};
use model::{Pipeline, Time};
use serde_json::{Value, json};
use tokio::net::TcpListener;

use crate::{
    alerts::delivery::{alerts, until},
    http::pages::page,
    reprocess::kill_nine::bulk_receiver::{BulkReceiver, Manner},
    support::server::{TestServer, pipeline},
};

const SIZES: [u64; 3] = [100, 10_000, 1_000_000];

/// Adds a sink of this name with a canary, and a pipeline that sends to it.
fn sing(config: &mut Config, name: &str, url: &str) {
    let settings = Settings { patience: Duration::from_millis(200), ..Settings::new(url.parse().unwrap()) };
    let sink = config::Sink { name: name.parse().unwrap(), settings };
    config.sinks.push(sink);
    config.alerts.canaries.insert(name.parse().unwrap(), Duration::from_mins(10));
    config.pipelines.push(Pipeline { name: name.parse().unwrap(), sink: name.parse().unwrap(), ..pipeline() });
}

/// Waits until a canary of each size was sent through the pipeline's sink.
async fn canary(server: &TestServer, pipeline: &str) -> Value {
    let sent = |canary: &Value| canary["sizes"].as_array().unwrap().iter().all(|size| size["sent"] == 1);
    until(server, &format!("/api/v1/pipelines/{pipeline}/canary"), sent).await
}

fn of_each(canary: &Value, what: impl Fn(&Value) -> Value) -> Vec<Value> {
    canary["sizes"].as_array().unwrap().iter().map(what).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn canary_results_appear_in_api_and_on_page() {
    let server = TestServer::with(|config| {
        config.alerts.canaries.insert("file".parse().unwrap(), Duration::from_mins(10));
    })
    .await;
    let alerts = alerts(&server, "one").await;
    let told = canary(&server, "api").await;
    alerts.stop().await;
    assert_eq!((&told["sink"], &told["every_s"]), (&json!("file"), &json!(600)));
    assert_eq!(of_each(&told, |size| size["bytes"].clone()), SIZES.map(|bytes| json!(bytes)));
    for size in told["sizes"].as_array().unwrap() {
        let event = &size["events"][0];
        assert_eq!((&event["proof"], &event["error"]), (&json!("read back from the file"), &Value::Null), "{size}");
        assert_eq!((&size["missing"], &size["latency_ms"]["max"]), (&json!(0), &event["latency_ms"]), "{size}");
    }
    let lengths: Vec<_> = server.received().iter().map(|event| event.to_string().len() as u64 + 1).collect();
    assert_eq!(lengths, SIZES, "each was sent once");
    assert_eq!(server.json("/api/v1/pipelines/api/health").await["canary"]["sizes"], told["sizes"]);

    let html = page(&server, "/pipelines/api").await;
    assert!(html.contains("Canary of sink file") && html.contains("read back from the file, after"), "{html}");

    // Those of another time are not among them.
    let past = format!("to={}", Time(server.app.db.now().0 - 3_600_000));
    let before = server.json(&format!("/api/v1/pipelines/api/canary?{past}")).await;
    assert_eq!(of_each(&before, |size| size["sent"].clone()), [0, 0, 0].map(|none| json!(none)));
    let html = page(&server, "/pipelines/api?from=2001-01-01T00:00&to=2001-01-02T00:00").await;
    assert!(html.contains("No canary events in this window."), "{html}");

    let fields = |value: &Value| value.as_object().unwrap().keys().cloned().collect::<BTreeSet<_>>();
    let description = server.json("/api/v1/openapi.json").await;
    let described = |name: &str| fields(&description["components"]["schemas"][name]["properties"]);
    assert_eq!(fields(&told), described("Canary"));
    assert_eq!(fields(&told["sizes"][0]), described("CanarySize"));
    assert_eq!(fields(&told["sizes"][0]["events"][0]), described("MarkedEvent"));
}

#[tokio::test(flavor = "multi_thread")]
async fn sink_without_canary_reports_nothing() {
    let server = TestServer::open().await;
    assert_eq!(server.json("/api/v1/pipelines/api/canary").await, Value::Null);
    assert!(!page(&server, "/pipelines/api").await.contains("Canary events in the window"));
    assert_eq!(server.get("/api/v1/pipelines/none/canary").await.status(), 404);
    let refused = server.get("/api/v1/pipelines/api/canary?from=yesterday").await;
    assert_eq!(refused.status(), 422);
    assert_eq!(crate::http::api::problem(refused).await["field"], "from");
}

#[tokio::test(flavor = "multi_thread")]
async fn unreachable_receiver_alerts_on_its_pipelines_pages() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let nobody = format!("tcp://{}", listener.local_addr().unwrap());
    drop(listener);
    let server = TestServer::with(|config| sing(config, "down", &nobody)).await;
    let alerts = alerts(&server, "one").await;
    let told = canary(&server, "down").await;
    let list = until(&server, "/api/v1/alerts?kind=canary", |list| {
        list["items"][0]["reason"].as_str().is_some_and(|reason| reason.starts_with("3 canary events"))
    })
    .await;
    alerts.stop().await;
    assert_eq!((&list["items"][0]["sink"], &list["items"][0]["pipeline"]), (&json!("down"), &Value::Null), "{list}");
    assert_eq!(of_each(&told, |size| size["missing"].clone()), [1, 1, 1].map(|one| json!(one)));
    assert_eq!(of_each(&told, |size| size["latency_ms"]["max"].clone()), [0, 0, 0].map(|none| json!(none)));
    let html = page(&server, "/pipelines/down").await;
    assert!(html.contains("Canary not delivered") && html.contains("Undelivered events"), "{html}");
    assert!(!page(&server, "/pipelines/api").await.contains("Canary not delivered"), "that one sends to another");
}

#[tokio::test(flavor = "multi_thread")]
async fn canary_finds_an_index_that_drops_events() {
    let (keeps, drops) = (BulkReceiver::start(Manner::Good).await, BulkReceiver::start(Manner::Drops).await);
    let server = TestServer::with(|config| {
        sing(config, "keeps", &keeps.url());
        sing(config, "drops", &drops.url());
    })
    .await;
    let alerts = alerts(&server, "one").await;
    let (kept, dropped) = (canary(&server, "keeps").await, canary(&server, "drops").await);
    let list = until(&server, "/api/v1/alerts?kind=canary", |list| list["items"].as_array().unwrap().len() == 1).await;
    alerts.stop().await;
    let newest = |canary: &Value, what: &str| of_each(canary, |size| size["events"][0][what].clone());
    assert_eq!(newest(&kept, "proof"), vec![json!("the index answers with it"); 3]);
    assert_eq!(newest(&dropped, "error"), vec![json!("the index took it, and does not have it"); 3]);
    assert_eq!(list["items"][0]["sink"], "drops", "{list}");

    // Each was stored under the id that it bears, without what Logyard put beside it.
    let ids = keeps.ids();
    assert_eq!(ids.len(), 3);
    let mut lengths = Vec::new();
    for id in ids {
        let document = keeps.document(&id);
        let bears = document["logyard_canary"].as_str().unwrap().to_owned();
        assert!(document.get("@metadata").is_none() && id == bears, "{id}: {bears}");
        lengths.push(document.to_string().len() as u64 + 1);
    }
    lengths.sort_unstable();
    assert_eq!(lengths, SIZES);
}
