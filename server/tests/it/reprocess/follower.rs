//! A followed pipeline ships each new object once and reports its state.

use std::time::Duration;

use engine::ship::{queue::Queue, sink::Settings};
use logyard::{
    config::Config,
    connections::{log_groups::LogGroups, sinks::Sinks, stores::Stores, transforms::Transforms},
    tasks::{
        follower::{Context, Follower},
        leased::Started,
        runner,
    },
};
use model::{Pipeline, Time};
use serde_json::{Value, json};

use crate::{
    reprocess::kill_nine::bulk_receiver::{BulkReceiver, Manner},
    support::runners::quick,
    support::server::{TestServer, pipeline},
};

fn followed(config: &mut Config) {
    config.pipelines = vec![Pipeline { follow: true, ..pipeline() }];
}

pub async fn follower(server: &TestServer, holder: &str) -> Started {
    follower_that_holds(server, holder, Queue::HELD).await
}

pub async fn follower_that_holds(server: &TestServer, holder: &str, messages_held: Duration) -> Started {
    let config = &server.app.config;
    let stores = Stores::connect(config).await;
    let runner = runner::Context {
        db: server.app.db.clone(),
        groups: LogGroups::new(config, &stores),
        transforms: Transforms::new(&config.pipelines),
        stores,
        sinks: Sinks::new(&config.sinks),
        data_dir: config.server.data_dir.clone(),
        config: quick(),
        holder: holder.into(),
    };
    Follower::start(Context { runner, pipelines: config.pipelines.clone(), messages_held })
}

/// The key of a log object whose interval ended this many minutes ago.
fn key(server: &TestServer, minutes: i64, name: &str) -> String {
    let ended = Time(server.app.db.now().0 - minutes * 60_000);
    let (date, clock) = (ended.date(), ended.clock());
    format!(
        "AWSLogs/1/elasticloadbalancing/eu-west-1/{}/1_elasticloadbalancing_eu-west-1_api_{}T{}Z_10.0.0.1_{name}.log",
        date.replace('-', "/"),
        date.replace('-', ""),
        clock[..5].replace(':', "")
    )
}

fn record(server: &TestServer, path: &str) -> String {
    let now = server.app.db.now();
    format!(
        "{}T{}.000001Z api 10.0.0.9:2817 10.0.0.2:80 0.000073 0.001048 0.000057 200 200 0 29 \
         \"GET http://api.example.com:80/{path} HTTP/1.1\" \"curl/8.0\" - -\n",
        now.date(),
        now.clock()
    )
}

/// Puts a log object, as a balancer would deliver it now.
async fn deliver(server: &TestServer, name: &str, bad_lines: usize) {
    let body = record(server, name) + &"no record\n".repeat(bad_lines);
    server.s3.put("logs", &key(server, 0, name), body).await.unwrap();
}

/// Waits until the pipeline is as described; returns it.
pub async fn until(server: &TestServer, what: impl Fn(&Value) -> bool) -> Value {
    server.json_once("/api/v1/pipelines/api", what).await
}

#[tokio::test(flavor = "multi_thread")]
async fn new_objects_ship_once_despite_bad_lines() {
    let server = TestServer::with(followed).await;
    deliver(&server, "first", 0).await;
    deliver(&server, "bad", 1).await;
    let (one, two) = (follower(&server, "one").await, follower(&server, "two").await);
    let view = until(&server, |view| view["runs"].as_array().unwrap().len() == 2).await;
    let outcomes: Vec<_> = view["runs"].as_array().unwrap().iter().map(|run| run["outcome"].clone()).collect();
    assert!(outcomes.contains(&json!("delivered")) && outcomes.contains(&json!("partial")), "{view}");

    deliver(&server, "second", 0).await;
    let view = until(&server, |view| {
        view["runs"].as_array().unwrap().len() == 3 && view["status"]["following"]["waiting"] == 0
    })
    .await;
    let status = &view["status"];
    assert_eq!((&status["lag_ms"], &status["following"]["error"]), (&json!(0), &Value::Null), "{status}");
    assert_eq!(server.received().len(), 3, "each record once");
    one.stop().await;
    two.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn unreadable_pipeline_reports_reason() {
    let server = TestServer::with(|config| {
        let source = model::Location { bucket: "gone".parse().unwrap(), ..pipeline().source };
        config.pipelines = vec![Pipeline { follow: true, source, ..pipeline() }];
    })
    .await;
    let one = follower(&server, "one").await;
    let view = until(&server, |view| view["status"]["following"]["error"].is_string()).await;
    let error = view["status"]["following"]["error"].as_str().unwrap();
    assert!(error.contains("gone"), "{error}");
    let page = server.get("/pipelines/api").await.text().await.unwrap();
    assert!(page.contains("cannot ship"), "the page says so, too");
    one.stop().await;
}

/// A balancer delivers minutes after the end that the name tells.
#[tokio::test(flavor = "multi_thread")]
async fn interval_that_ended_before_following_ships() {
    let server = TestServer::with(followed).await;
    let follower = follower(&server, "one").await;
    until(&server, |view| view["status"]["following"].is_object()).await;
    server.s3.put("logs", &key(&server, 20, "late"), record(&server, "late")).await.unwrap();
    until(&server, |view| view["runs"].as_array().unwrap().len() == 1).await;
    assert_eq!(server.received().len(), 1);
    follower.stop().await;
}

/// More objects that fail than one scan ships, in front of one that does not.
#[tokio::test(flavor = "multi_thread")]
async fn failing_objects_never_block_healthy_ones() {
    let server = TestServer::with(followed).await;
    let client = reqwest::Client::new();
    for number in 0..500 {
        let url = format!("{}/logs/a{number:03}.log", server.s3.url());
        let archived = client.put(url).header("x-amz-storage-class", "GLACIER").body("archived").send().await.unwrap();
        assert_eq!(archived.status(), 200);
    }
    server.s3.put("logs", "z.log", record(&server, "healthy")).await.unwrap();
    let follower = follower(&server, "one").await;
    let view = until(&server, |view| view["runs"][0]["outcome"] == "delivered").await;
    let following = &view["status"]["following"];
    assert_eq!((&following["retrying"], &following["error"]), (&json!(500), &Value::Null), "{following}");
    let because = following["retrying_because"].as_str().unwrap();
    assert!(because.contains(".log: ") && because.contains("archive"), "{because}");
    assert_eq!(server.received().len(), 1);
    let page = server.get("/pipelines/api").await.text().await.unwrap();
    assert!(page.contains("500 objects not shipped and tried again"), "the page says so, too");
    follower.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn refused_event_is_a_dead_letter_sent_once() {
    let receiver = BulkReceiver::start(Manner::RefusesMarked).await;
    let server = TestServer::with(|config| {
        followed(config);
        config.sinks[0].settings = Settings::new(receiver.url().parse().unwrap());
    })
    .await;
    let body =
        record(&server, "good").repeat(1_500) + &record(&server, "refused") + &record(&server, "good").repeat(1_500);
    server.s3.put("logs", &key(&server, 0, "first"), body).await.unwrap();
    let follower = follower(&server, "one").await;
    until(&server, |view| view["runs"].as_array().unwrap().len() == 1).await;
    // Another object is shipped by a later scan, which finds nothing left to do for the first.
    deliver(&server, "second", 0).await;
    let view = until(&server, |view| {
        view["runs"].as_array().unwrap().len() == 2 && view["status"]["following"]["waiting"] == 0
    })
    .await;
    assert_eq!(receiver.events(), 3_002, "no event went out twice");
    assert_eq!(view["status"]["following"]["retrying"], 0);
    let failed = view["runs"].as_array().unwrap().iter().find(|run| run["outcome"] == "partial").unwrap();
    assert_eq!(failed["summary"]["failures"]["refused"], 1, "{failed}");
    let letters = server.get("/api/v1/pipelines/api/dead-letters").await.text().await.unwrap();
    let letter: Value = serde_json::from_str(letters.trim_end()).unwrap();
    assert_eq!((&letter["reason"], &letter["line"]), (&json!("sending"), &json!(1_501)));
    assert!(letter["event"]["request_url"].as_str().unwrap().ends_with("/refused"), "{letter}");
    follower.stop().await;
}
