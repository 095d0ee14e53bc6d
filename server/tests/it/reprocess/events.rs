//! Events as `[pipelines.events]` wants them, from the bucket to the sink, and as `logyard parse` shows them.

use model::{EventOptions, State};
use serde_json::{Value, json};

use crate::{
    reprocess::api::{ended, start},
    support::server::TestServer,
};

fn record(status: u32, path: &str) -> String {
    format!(
        "2026-03-09T14:02:11.123456Z api 10.0.0.77:2817 10.0.0.2:80 0.000073 0.001048 0.000057 {status} 200 0 29 \
         \"GET http://api.example.com:80/{path}?token=x HTTP/1.1\" \"curl/8.0\" - -\n"
    )
}

fn options() -> EventOptions {
    serde_json::from_value(json!({
        "schema": "ecs", "labels": true, "redact": ["addresses", "queries"], "drop_if": "request_url ~ /health",
    }))
    .unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn job_of_a_pipeline_sends_its_kind_of_events() {
    let server = TestServer::with(|config| {
        config.pipelines[0].events = options();
        config.pipelines[0].labels = [("team".to_owned(), "edge".to_owned())].into();
    })
    .await;
    server.s3.put("logs", "a.log", record(502, "a") + &record(200, "health") + "what is this\n").await.unwrap();
    let runner = server.runner().await;
    let job = start(&server, &json!({"pipeline": "api", "extent": "all"})).await;
    runner.nudge().nudge();
    let done = ended(&server, &job).await;
    assert_eq!(done.state, State::Succeeded, "{:?}", done.error);
    let proof = serde_json::to_value(done.proof.unwrap()).unwrap();
    let lines = &proof["lines"];
    let counts = (&lines["encountered"], &lines["parsed"], &lines["filtered"], &lines["acknowledged"]);
    assert_eq!(counts, (&json!(3), &json!(2), &json!(1), &json!(1)), "what is left out is accounted for");
    let events = server.received();
    assert_eq!(events.len(), 1);
    let event = &events[0];
    assert_eq!((&event["source"]["ip"], &event["labels"]["team"]), (&json!("10.0.0.0"), &json!("edge")));
    assert_eq!(event["url"]["original"], "http://api.example.com:80/a?");
    assert_eq!((&event["event"]["outcome"], &event["log"]["key"]), (&json!("failure"), &json!("a.log")));

    // Without the pipeline events are as the log has them.
    let plain = json!({"source": {"store": "demo", "bucket": "logs", "prefix": ""}, "sink": "file", "extent": "all"});
    let job = start(&server, &plain).await;
    runner.nudge().nudge();
    ended(&server, &job).await;
    let last: &Value = &server.received()[2];
    assert_eq!(last["client_ip"], "10.0.0.77");
    runner.stop().await;
}
