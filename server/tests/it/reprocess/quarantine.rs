//! Records that no attempt can parse: kept, counted once, never a reason to send their object again, and accepted with a
//! note.

use model::{Job, State};
use serde_json::{Value, json};

use crate::{
    http::pages::{leads_to, page, send},
    reprocess::api::{ended, start},
    support::server::TestServer,
};

const GOOD: &str = "2026-03-09T14:02:11.123456Z api 10.0.0.1:2817 10.0.0.2:80 0.000073 0.001048 0.000057 200 200 0 29 \
                    \"GET http://api.example.com:80/ HTTP/1.1\" \"curl/8.0\" - -\n";

/// Objects of which one record, and of which no record can be parsed.
async fn with_odd_logs() -> TestServer {
    let server = TestServer::open().await;
    server.s3.put("logs", "odd.log", GOOD.repeat(2) + "what is this\n").await.unwrap();
    server
}

async fn proof(server: &TestServer, job: &Job) -> Value {
    serde_json::to_value(ended(server, job).await.proof.unwrap()).unwrap()
}

/// A sink that doubles would have each event twice.
#[tokio::test(flavor = "multi_thread")]
async fn quarantined_record_is_counted_once_and_sends_nothing_again() {
    let server = with_odd_logs().await;
    let runner = server.runner().await;
    let job = start(&server, &json!({"pipeline": "api"})).await;
    runner.nudge().nudge();
    let first = ended(&server, &job).await;
    assert_eq!((first.state, first.progress.failed), (State::Succeeded, 0), "{:?}", first.error);
    let shown = proof(&server, &job).await;
    assert_eq!((&shown["excepted"], &shown["quarantined"], &shown["shipped"]), (&json!(1), &json!(1), &json!(1)));
    let story = page(&server, &format!("/jobs/{}", job.id)).await;
    assert!(story.contains("delivered, some quarantined") && story.contains("Reprocess the dead letters"), "{story}");
    let letters = server.get(&format!("/api/v1/jobs/{}/dead-letters", job.id)).await.text().await.unwrap();
    let letter: Value = serde_json::from_str(letters.trim_end()).unwrap();
    assert_eq!(letter["raw"], "what is this", "the whole record can be downloaded");

    let again = start(&server, &json!({"pipeline": "api", "extent": "missing"})).await;
    runner.nudge().nudge();
    let shown = proof(&server, &again).await;
    assert_eq!((&shown["skipped"], &shown["unparsed"]), (&json!(1), &json!(0)), "counted once");
    assert_eq!(server.received().len(), 2, "no event is sent again");
    runner.stop().await;
}

/// Of an object without any record that can be parsed nothing arrived: it is missing until somebody says why it is not.
#[tokio::test(flavor = "multi_thread")]
async fn accepted_object_is_missing_no_more() {
    let server = with_odd_logs().await;
    server.s3.put("logs", "odd.log", "what is this\n").await.unwrap();
    let runner = server.runner().await;
    let job = start(&server, &json!({"pipeline": "api"})).await;
    runner.nudge().nudge();
    assert_eq!(ended(&server, &job).await.state, State::Failed);
    let to_send = async || {
        let preview = server.post("/api/v1/reprocesses/preview", &json!({"pipeline": "api"})).await;
        preview.json::<Value>().await.unwrap()["to_send"].clone()
    };
    assert_eq!(to_send().await, 1);

    let run = server.json(&format!("/api/v1/runs?job={}", job.id)).await["items"][0]["id"].as_str().unwrap().to_owned();
    let story = page(&server, &format!("/runs/{run}")).await;
    assert!(story.contains("Accept with this note"), "{story}");
    let refused = server.post("/api/v1/runs/accept", &json!({"run": run, "note": " "})).await;
    assert_eq!(refused.status(), 422, "a note is needed");
    let back = format!("run={run}&note=a+%3Cb%3Eprobe%3C%2Fb%3E&back=%2Fruns%2F{run}");
    assert_eq!(leads_to(&send(&server, "accept_runs", &back).await), format!("/runs/{run}"));
    let story = page(&server, &format!("/runs/{run}")).await;
    assert!(story.contains("was accepted by") && story.contains("a &lt;b&gt;probe&lt;/b&gt;"), "{story}");
    assert!(story.contains("partial, accepted") && !story.contains("Accept with this note"), "{story}");
    assert_eq!(to_send().await, 0, "no reprocess sends it again");
    let accepted = server.json(&format!("/api/v1/runs/{run}")).await;
    assert_eq!(accepted["accepted"]["note"], "a <b>probe</b>");
    let twice = server.post("/api/v1/runs/accept", &json!({"job": job.id, "note": "once more"})).await;
    assert_eq!(twice.status(), 409, "there is nothing left to accept");
    runner.stop().await;
}

/// The page of a followed pipeline's own dead letters.
#[tokio::test(flavor = "multi_thread")]
async fn pipeline_page_leads_to_its_dead_letters() {
    let server = TestServer::with(|config| config.pipelines[0].follow = true).await;
    let pipeline = page(&server, "/pipelines/api").await;
    assert!(pipeline.contains("/pipelines/api/dead-letters"), "{pipeline}");
    let none = page(&server, "/pipelines/api/dead-letters").await;
    assert!(none.contains("No dead letters on this server"), "{none}");
    let file =
        logyard::connections::dead_letters::of_pipeline(&server.app.config.server.data_dir, &"api".parse().unwrap());
    std::fs::create_dir_all(file.parent().unwrap()).unwrap();
    let letter = r#"{"reason":"parsing","message":"odd","bucket":"logs","key":"a.log","etag":"e","line":3,"offset":9,"raw":"<i>what</i>"}"#;
    std::fs::write(&file, format!("{letter}\n{letter}\n")).unwrap();
    let shown = page(&server, "/pipelines/api/dead-letters").await;
    assert!(shown.contains("&lt;i&gt;what") && shown.contains("logyard reprocess"), "{shown}");
    assert_eq!(shown.matches("line 3, offset 9").count(), 1, "each record once: {shown}");
    let refused = send(&server, "accept_runs", "pipeline=api&note=why&back=%2Fpipelines%2Fapi%2Fdead-letters").await;
    let back = page(&server, leads_to(&refused)).await;
    assert!(back.contains("nothing to accept"), "{back}");
}
