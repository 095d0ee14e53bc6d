//! The completion report of a clone job: downloaded, written to a bucket, and refused where it would do harm.

use std::io::Read;

use flate2::read::MultiGzDecoder;
use reqwest::StatusCode;
use serde_json::{Value, json};

use crate::{http::api::problem, support::server::TestServer};

/// Starts a clone with a report; returns the path of its job.
async fn start(server: &TestServer, report: &Value) -> String {
    let body = json!({"source": "s3://source", "destination": "s3://target", "report": report});
    let response = server.post("/api/v1/clones", &body).await;
    assert_eq!(response.status(), StatusCode::ACCEPTED);
    format!("/api/v1/jobs/{}", response.json::<Value>().await.unwrap()["id"].as_str().unwrap())
}

async fn ended(server: &TestServer, job: &str) -> Value {
    server.json_once(job, |job| ["succeeded", "failed"].contains(&job["state"].as_str().unwrap())).await
}

fn unzipped(bytes: &[u8]) -> String {
    let mut text = String::new();
    MultiGzDecoder::new(bytes).read_to_string(&mut text).unwrap();
    text
}

async fn download(server: &TestServer, path: &str) -> String {
    let response = server.get(path).await;
    assert_eq!(
        (response.status(), &response.headers()["content-type"]),
        (StatusCode::OK, &"application/gzip".parse().unwrap())
    );
    unzipped(&response.bytes().await.unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn report_downloads_as_ndjson_and_csv() {
    let server = TestServer::open().await;
    server.s3.put("source", "odd \"key\", ü", b"2").await.unwrap();
    let _runner = server.runner().await;
    let job = start(&server, &json!({})).await;
    let seen = ended(&server, &job).await;
    assert_eq!((&seen["state"], &seen["spec"]["report"]), (&"succeeded".into(), &json!({})));
    let text = download(&server, &format!("{job}/report")).await;
    let lines: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let mut keys: Vec<&str> = lines.iter().map(|line| line["key"].as_str().unwrap()).collect();
    keys.sort_unstable();
    assert_eq!(keys, ["a", "odd \"key\", ü"]);
    assert!(lines.iter().all(|line| line["action"] == "copied" && line["evidence"] == "etag"), "{text}");
    let csv = download(&server, &format!("{job}/report?format=csv")).await;
    assert_eq!((csv.lines().count(), csv.matches("at,action,key").count()), (3, 1), "{csv}");
    assert!(csv.contains(r#","odd ""key"", ü",1,"#), "{csv}");
    let wrong = problem(server.get(&format!("{job}/report?format=xlsx")).await).await;
    assert_eq!((&wrong["field"], &wrong["code"]), (&"format".into(), &"invalid".into()));
}

#[tokio::test(flavor = "multi_thread")]
async fn report_of_nothing_is_empty_and_no_report_is_missing() {
    let server = TestServer::open().await;
    server.s3.put("target", "a", b"1").await.unwrap();
    let _runner = server.runner().await;
    let job = start(&server, &json!({"to": "s3://logs/reports/"})).await;
    assert_eq!(ended(&server, &job).await["state"], "succeeded");
    // Written at the destination within the second in which the clone began, or before it.
    let text = download(&server, &format!("{job}/report")).await;
    assert!(text.lines().all(|line| line.contains("\"found\"")), "{text}");
    let without = server.clone_number(1).await.id;
    let missing = problem(server.get(&format!("/api/v1/jobs/{without}/report")).await).await;
    assert_eq!(missing["code"], "not_found");
    assert!(missing["detail"].as_str().unwrap().contains("`report`"), "{missing}");
}

#[tokio::test(flavor = "multi_thread")]
async fn report_is_written_to_its_bucket() {
    let server = TestServer::open().await;
    let _runner = server.runner().await;
    let job = start(&server, &json!({"to": "s3://logs/reports/"})).await;
    assert_eq!(ended(&server, &job).await["state"], "succeeded");
    let id = job.rsplit('/').next().unwrap();
    let written = server.s3.contents("logs").await.unwrap();
    let object = &written[&format!("reports/clone-{id}.ndjson.gz")];
    assert_eq!(unzipped(&object.body), download(&server, &format!("{job}/report")).await);
    assert_eq!(object.headers.content_type.as_deref(), Some("application/gzip"));
}

#[tokio::test(flavor = "multi_thread")]
async fn unwritten_report_fails_the_job_until_retried() {
    let server = TestServer::open().await;
    let job = start(&server, &json!({"to": "s3://logs/reports/"})).await;
    let gone = reqwest::Client::new().delete(format!("{}/logs", server.s3.url())).send().await.unwrap();
    assert_eq!(gone.status(), StatusCode::NO_CONTENT);
    let _runner = server.runner().await;
    let failed = ended(&server, &job).await;
    assert_eq!((&failed["state"], &failed["error"]["code"]), (&"failed".into(), &"report_not_written".into()));
    assert_eq!(failed["proof"]["equal"], true, "the clone itself is proven: {failed}");
    let message = failed["error"]["message"].as_str().unwrap();
    assert!(message.contains("s3://logs/reports/") && message.contains("does not exist"), "{message}");
    server.s3.create_bucket("logs").unwrap();
    server.post(&format!("{job}/retry"), &json!({})).await;
    let again = server.json_once(&job, |job| job["state"] == "succeeded").await;
    assert_eq!(again["error"], Value::Null);
    assert_eq!(server.s3.contents("logs").await.unwrap().len(), 1);
}

#[tokio::test]
async fn report_inside_the_clone_is_refused() {
    let server = TestServer::open().await;
    for (to, wanted) in [
        ("s3://target/reports/", "outside of s3://target"),
        ("s3://source", "outside of s3://source"),
        ("s3://nowhere", "does not exist"),
    ] {
        let body = json!({"source": "s3://source", "destination": "s3://target", "report": {"to": to}});
        let refused = problem(server.post("/api/v1/clones", &body).await).await;
        assert_eq!(refused["field"], "report.to", "{refused}");
        assert!(refused["detail"].as_str().unwrap().contains(wanted), "{refused}");
    }
}
