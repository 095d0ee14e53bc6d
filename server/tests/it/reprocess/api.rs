//! A reprocess through the API, run by a real runner from a real store into a file.

use model::{Action, Job, Retry, State};
use reqwest::StatusCode;
use serde_json::{Value, json};
use testing::{Span as _, eventually_async, seen, within};

use crate::support::server::TestServer;

/// A minute of the afternoon in question, as keys and records write it.
fn time(minute: u32) -> String {
    format!("2026-03-09T14:{minute:02}:00Z")
}

/// The key of the object that ends at this minute.
pub fn key(minute: u32) -> String {
    let folder = "AWSLogs/123456789012/elasticloadbalancing/us-east-1/2026/03/09";
    format!(
        "{folder}/123456789012_elasticloadbalancing_us-east-1_api_20260309T14{minute:02}Z_10.0.0.1_{minute:08x}.log"
    )
}

fn record(minute: u32, second: u32) -> String {
    format!(
        "2026-03-09T14:{minute:02}:{second:02}.000001Z api 10.0.0.9:2817 10.0.0.2:80 0.000073 0.001048 0.000057 200 200 0 29 \
         \"GET http://api.example.com:80/{minute}/{second} HTTP/1.1\" \"curl/8.0\" - -\n"
    )
}

/// Three records of the five minutes before.
fn log(minute: u32) -> String {
    (1..=3).map(|back| record(minute - back, back)).collect()
}

async fn put(server: &TestServer, minute: u32, body: &str) {
    server.s3.put("logs", &key(minute), body).await.unwrap();
}

pub async fn with_logs(minutes: &[u32]) -> TestServer {
    let server = TestServer::open().await;
    for minute in minutes {
        put(&server, *minute, &log(*minute)).await;
    }
    server
}

fn window(from: u32, to: u32) -> Value {
    json!({"pipeline": "api", "from": time(from), "to": time(to)})
}

async fn preview(server: &TestServer, request: &Value) -> Value {
    let response = server.post("/api/v1/reprocesses/preview", request).await;
    assert_eq!(response.status(), StatusCode::OK, "{request}");
    response.json().await.unwrap()
}

pub async fn start(server: &TestServer, request: &Value) -> Job {
    let response = server.post("/api/v1/reprocesses", request).await;
    let (status, text) = (response.status(), response.text().await.unwrap());
    assert_eq!(status, StatusCode::ACCEPTED, "{text}");
    serde_json::from_str(&text).unwrap()
}

pub async fn ended(server: &TestServer, job: &Job) -> Job {
    let probe = || async { seen(server.app.db.job(job.id).await.unwrap(), |job| job.state.ended()) };
    eventually_async("the job ends", within(2.mins()), probe).await
}

#[tokio::test(flavor = "multi_thread")]
async fn reprocess_sends_previewed_window_and_accounts_every_record() {
    let server = with_logs(&[5, 10, 55]).await;
    let runner = server.runner().await;
    let shown = preview(&server, &window(0, 8)).await;
    // A classic object may cover an hour: that of 14:55 has to be read to know.
    assert_eq!((&shown["objects"], &shown["to_send"], &shown["delivered"]), (&json!(3), &json!(3), &json!(0)));
    assert_eq!(shown["examples"].as_array().unwrap().len(), 3);
    let mut request = window(0, 8);
    request["plan"] = shown["plan"].clone();
    let job = start(&server, &request).await;
    runner.nudge().nudge();
    let job = ended(&server, &job).await;
    assert_eq!(job.state, State::Succeeded, "{:?}", job.error);
    let proof = serde_json::to_value(job.proof.unwrap()).unwrap();
    assert_eq!(
        (&proof["method"], &proof["objects"], &proof["acknowledged"]),
        (&json!("shipped"), &json!(3), &json!(true))
    );
    let lines = &proof["lines"];
    assert_eq!((&lines["encountered"], &lines["filtered"], &lines["acknowledged"]), (&json!(9), &json!(5), &json!(4)));
    // 14:10's object has records of 14:07 to 14:09; those from 14:08 on are outside.
    assert_eq!(server.received().len(), 4);

    let runs = server.json(&format!("/api/v1/runs?job={}", job.id)).await;
    assert_eq!(runs["items"].as_array().unwrap().len(), 3);
    let again = preview(&server, &window(0, 8)).await;
    assert_eq!((&again["delivered"], &again["to_send"]), (&json!(3), &json!(0)));
    let wider = preview(&server, &window(0, 9)).await;
    assert_eq!((&wider["delivered"], &wider["to_send"]), (&json!(1), &json!(2)), "what was cut off is missing there");
    runner.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn bucket_changed_since_preview_is_a_conflict() {
    let server = with_logs(&[5]).await;
    let mut request = window(0, 30);
    request["plan"] = preview(&server, &request).await["plan"].clone();
    put(&server, 10, &log(10)).await;
    let response = server.post("/api/v1/reprocesses", &request).await;
    assert_eq!(response.status(), StatusCode::CONFLICT);
    let problem: Value = response.json().await.unwrap();
    let detail = problem["detail"].as_str().unwrap();
    assert!(detail.contains("to send 1 → 2") && detail.contains(&format!("now: {}", key(10))), "{detail}");
    request["plan"] = problem["plan"].clone();
    start(&server, &request).await;
    request["plan"] = json!("0".repeat(64));
    assert_eq!(server.post("/api/v1/reprocesses", &request).await.status(), StatusCode::CONFLICT);
}

#[tokio::test(flavor = "multi_thread")]
async fn unparsable_records_become_dead_letters_and_are_retried() {
    let server = with_logs(&[5, 10]).await;
    put(&server, 10, "this is no record\n").await;
    let runner = server.runner().await;
    let job = start(&server, &window(0, 30)).await;
    runner.nudge().nudge();
    let failed = ended(&server, &job).await;
    assert_eq!((failed.state, failed.progress.failed, failed.progress.done), (State::Failed, 1, 1));
    assert_eq!(failed.error.unwrap().message, "1 of 2 objects failed.");
    assert_eq!(server.received().len(), 3, "one bad object takes no other with it");

    let runs = server.json(&format!("/api/v1/runs?outcome=partial&pipeline=api&key={}", key(10))).await;
    let run = &runs["items"][0];
    assert_eq!(run["summary"]["failures"]["parsing"]["lastFew"][0]["cut"], "this is no record");
    let letters = server.get(&format!("/api/v1/jobs/{}/dead-letters", job.id)).await;
    assert_eq!(letters.status(), StatusCode::OK);
    let letter: Value = serde_json::from_str(letters.text().await.unwrap().trim_end()).unwrap();
    assert_eq!((&letter["key"], &letter["line"], &letter["reason"]), (&json!(key(10)), &json!(1), &json!("parsing")));

    put(&server, 10, &log(10)).await;
    server.app.db.act(job.id, Action::Retry(Retry::Failed), "test").await.unwrap();
    runner.nudge().nudge();
    let mended = ended(&server, &job).await;
    assert_eq!(
        (mended.state, mended.progress.failed, mended.progress.done),
        (State::Succeeded, 0, 2),
        "{:?}",
        mended.error
    );
    let again = server.json(&format!("/api/v1/runs/{}", run["id"].as_str().unwrap())).await;
    assert_eq!(again["outcome"], "delivered", "the same run, brought up to date");
    runner.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn dead_letters_are_resent_as_a_job() {
    let server = with_logs(&[5]).await;
    put(&server, 5, &(log(5) + "this is no record\n")).await;
    let runner = server.runner().await;
    let job = start(&server, &window(0, 30)).await;
    runner.nudge().nudge();
    ended(&server, &job).await;
    let request = json!({"dead_letters_of": job.id});
    assert_eq!(preview(&server, &request).await["objects"], 1);
    let letters = start(&server, &request).await;
    runner.nudge().nudge();
    let letters = ended(&server, &letters).await;
    assert_eq!(letters.state, State::Failed, "what was never parsed is still no event");
    assert_eq!(letters.progress.lines.unwrap().encountered, 1);
    let runs = server.json(&format!("/api/v1/runs?job={}", letters.id)).await;
    assert_eq!(runs["items"][0]["bucket"], Value::Null);
    assert_eq!(runs["items"][0]["key"], format!("dead letters of job {}", job.id), "and not the path of a file");
    let page = server.get(&format!("/jobs/{}", letters.id)).await.text().await.unwrap();
    assert!(page.contains("Dead letters of"));
    runner.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn dry_run_parses_without_sending() {
    let server = with_logs(&[5]).await;
    let runner = server.runner().await;
    let mut request = window(0, 30);
    request["dry_run"] = json!(true);
    let job = start(&server, &request).await;
    runner.nudge().nudge();
    let job = ended(&server, &job).await;
    assert_eq!(job.state, State::Succeeded, "{:?}", job.error);
    assert!(server.received().is_empty());
    assert_eq!(preview(&server, &window(0, 30)).await["delivered"], 0);
    runner.stop().await;
}

#[tokio::test]
async fn unknown_names_are_refused_with_known_ones() {
    let server = with_logs(&[5]).await;
    let refused = async |request: Value| {
        let response = server.post("/api/v1/reprocesses", &request).await;
        assert_eq!(response.status(), StatusCode::UNPROCESSABLE_ENTITY, "{request}");
        let problem: Value = response.json().await.unwrap();
        (problem["field"].as_str().unwrap().to_owned(), problem["detail"].as_str().unwrap().to_owned())
    };
    let (field, detail) = refused(json!({"pipeline": "web"})).await;
    assert!(field == "pipeline" && detail.contains("pick one of `api`"), "{detail}");
    let (field, detail) = refused(json!({"pipeline": "api", "sink": "kafka"})).await;
    assert!(field == "sink" && detail.contains("pick one of `file`"), "{detail}");
    let (field, detail) = refused(json!({"pipeline": "api", "source": "s3://nothing"})).await;
    assert!(field == "source.bucket" && detail.contains("does not exist"), "{detail}");
    assert_eq!(refused(json!({"pipeline": "api", "from": time(0)})).await.0, "to");
    assert_eq!(refused(json!({"pipeline": "api", "from": time(5), "to": time(5)})).await.0, "to");
    assert_eq!(refused(json!({"sink": "file"})).await.0, "source");
    assert_eq!(refused(json!({"pipeline": "api", "max_events_per_second": 0})).await.0, "max_events_per_second");
    assert_eq!(refused(json!({"pipeline": "api", "windows": 1})).await.0, "windows");
}
