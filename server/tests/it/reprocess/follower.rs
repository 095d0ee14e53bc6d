//! A followed pipeline ships each new object once and reports its state.

use std::time::Duration;

use engine::ship::queue::Queue;
use logyard::{
    config::Config,
    connections::{log_groups::LogGroups, sinks::Sinks, stores::Stores},
    tasks::{
        follower::{Context, Follower},
        leased::Started,
        runner,
    },
};
use model::Pipeline;
use serde_json::{Value, json};

use crate::{
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
        stores,
        sinks: Sinks::new(&config.sinks),
        data_dir: config.server.data_dir.clone(),
        config: quick(),
        holder: holder.into(),
    };
    Follower::start(Context { runner, pipelines: config.pipelines.clone(), messages_held })
}

/// Puts a log object, as a balancer would deliver it now.
async fn deliver(server: &TestServer, name: &str, bad_lines: usize) {
    let now = server.app.db.now();
    let (date, clock) = (now.date(), now.clock());
    let key = format!(
        "AWSLogs/1/elasticloadbalancing/eu-west-1/{}/1_elasticloadbalancing_eu-west-1_api_{}T{}Z_10.0.0.1_{name}.log",
        date.replace('-', "/"),
        date.replace('-', ""),
        clock[..5].replace(':', "")
    );
    let record = format!(
        "{date}T{clock}.000001Z api 10.0.0.9:2817 10.0.0.2:80 0.000073 0.001048 0.000057 200 200 0 29 \
         \"GET http://api.example.com:80/{name} HTTP/1.1\" \"curl/8.0\" - -\n"
    );
    server.s3.put("logs", &key, record + &"no record\n".repeat(bad_lines)).await.unwrap();
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
