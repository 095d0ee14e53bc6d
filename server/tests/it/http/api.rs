//! The API: answers and refusals.

use std::collections::HashSet;

use axum::extract;
use db::{End, JobHeartbeat, Terms, testing::Scratch};
use logyard::http::{health::ready, state::App};
use model::{Failure, JobId, Key, Notice, Progress, Reason, Time};
use reqwest::{Method, Response, StatusCode};
use serde_json::{Value, json};

use crate::{
    support::runners::{TestRunners, quick},
    support::server::TestServer,
};

/// The problem of a refusal, after checks that hold for every problem.
pub async fn problem(response: Response) -> Value {
    let status = response.status();
    let request_id = response.headers()["x-request-id"].to_str().unwrap().to_owned();
    assert_eq!(response.headers()["content-type"], "application/problem+json");
    let problem: Value = response.json().await.unwrap();
    assert_eq!(problem["status"], status.as_u16(), "{problem}");
    assert_eq!(problem["type"], format!("urn:logyard:problem:{}", problem["code"].as_str().unwrap()), "{problem}");
    assert_eq!(problem["instance"], request_id, "{problem}");
    assert!(!problem["detail"].as_str().unwrap().is_empty(), "{problem}");
    problem
}

#[tokio::test]
async fn repeated_clone_request_returns_the_same_job() {
    let server = TestServer::open().await;
    let start = async |key: &str, destination: &str| {
        let body = json!({"source": "s3://source", "destination": destination});
        let request = server.request(Method::POST, "/api/v1/clones").header("idempotency-key", key).json(&body);
        request.send().await.unwrap()
    };
    let first = start("k-1", "s3://target").await;
    assert_eq!(first.status(), StatusCode::ACCEPTED);
    let location = first.headers()["location"].to_str().unwrap().to_owned();
    let job: Value = first.json().await.unwrap();
    assert_eq!((job["state"].as_str(), job["author"].as_str()), (Some("queued"), Some("local")));
    assert_eq!(server.json(&location).await["id"], job["id"]);

    let again = start("k-1", "s3://target").await;
    assert_eq!(again.status(), StatusCode::ACCEPTED);
    assert_eq!(again.json::<Value>().await.unwrap()["id"], job["id"]);
    assert_eq!(problem(start("k-1", "s3://target/other").await).await["code"], "conflict");
    assert_ne!(start("k-2", "s3://target").await.json::<Value>().await.unwrap()["id"], job["id"]);
    assert_eq!(problem(start("a b", "s3://target").await).await["field"], "Idempotency-Key");
}

#[tokio::test]
async fn invalid_request_is_refused_with_field_and_advice() {
    let server = TestServer::open().await;
    let refused = async |body: Value| problem(server.post("/api/v1/clones", &body).await).await;
    let missing = refused(json!({"source": "s3://source", "destination": "s3://nowhere"})).await;
    assert!(missing["detail"].as_str().unwrap().contains("nowhere"), "{missing}");
    let unknown = refused(json!({"source": {"store": "mars", "bucket": "source"}, "destination": "s3://target"})).await;
    assert_eq!((unknown["code"].as_str(), unknown["field"].as_str()), (Some("invalid"), Some("source.store")));
    let typo = refused(json!({"source": "s3://source", "destination": "s3://target", "dryrun": true})).await;
    assert_eq!((typo["code"].as_str(), typo["field"].as_str()), (Some("invalid"), Some("dryrun")));

    let form = server.request(Method::POST, "/api/v1/clones").header("content-type", "text/plain").body("{}");
    assert_eq!(problem(form.send().await.unwrap()).await["code"], "malformed");
    assert_eq!(problem(server.get("/api/v1/jobs?stat=failed").await).await["field"], "stat");
    assert_eq!(problem(server.get("/api/v1/jobs/17").await).await["field"], "id");
    let nobody = "/api/v1/jobs/0198c0de-0000-7000-8000-000000000000";
    assert_eq!(problem(server.get(nobody).await).await["code"], "not_found");
    assert_eq!(problem(server.get("/api/v1/nothing").await).await["code"], "not_found");
    assert_eq!(problem(server.get("/api/v2").await).await["code"], "not_found");
    let wrong_method = server.get("/api/v1/clones").await;
    assert_eq!(wrong_method.headers()["allow"], "POST");
    assert_eq!(problem(wrong_method).await["code"], "method_not_allowed");
}

#[tokio::test]
async fn selection_survives_preview_start_and_display() {
    let server = TestServer::open().await;
    let chosen = json!({"include": ["**/*.gz", "b"], "exclude": ["tmp/**"], "newer_than": "2026-03-09T14:00:00Z",
        "older_than": "2026-03-10T14:00:00Z", "min_size": 1, "max_size": 5_000_000, "storage_classes": ["GLACIER_IR"]});
    let mut body = json!({"source": "s3://source", "destination": "s3://target"});
    body.as_object_mut().unwrap().extend(chosen.as_object().unwrap().clone());
    let preview: Value = server.post("/api/v1/clones/preview", &body).await.json().await.unwrap();
    assert_eq!((&preview["objects"], &preview["to_copy"]), (&json!(0), &json!(0)));
    assert_eq!(preview["spec"]["include"], chosen["include"]);
    let job: Value = server.post("/api/v1/clones", &body).await.json().await.unwrap();
    let shown = server.json(&format!("/api/v1/jobs/{}", job["id"].as_str().unwrap())).await;
    for field in chosen.as_object().unwrap().keys() {
        assert_eq!(shown["spec"][field], chosen[field]);
    }
    for (field, wrong, said) in [
        ("older_than", json!("2026-03-09T14:00:00Z"), "later than newer_than"),
        ("max_size", json!("0kB"), "at least min_size, 1"),
        ("max_size", json!("huge"), "such as 50MB"),
        ("storage_classes", json!(["cold"]), "STANDARD_IA"),
    ] {
        let mut body = body.clone();
        body[field] = wrong;
        let refused = problem(server.post("/api/v1/clones", &body).await).await;
        assert!(refused["field"].as_str().unwrap().starts_with(field), "{refused}");
        assert!(refused["detail"].as_str().unwrap().contains(said), "{refused}");
    }
    body["include"] = json!(["fine", "not[fine"]);
    for path in ["/api/v1/clones", "/api/v1/clones/preview"] {
        let refused = problem(server.post(path, &body).await).await;
        assert_eq!((&refused["status"], &refused["field"]), (&json!(422), &json!("include[1]")), "{refused}");
        assert!(refused["detail"].as_str().unwrap().contains("closed with ]"), "{refused}");
    }
    assert_eq!(server.json("/api/v1/jobs").await["items"].as_array().unwrap().len(), 1, "nothing refused became a job");
}

#[tokio::test]
async fn name_and_limits_are_stored_and_checked() {
    let server = TestServer::open().await;
    let limits = json!({
        "concurrency": 9, "requests_per_second": 100, "bytes_per_second": 1_000_000, "max_failures": 0,
        "bandwidth_hours": "08:00-18:00 10MB", "bandwidth_zone": "Europe/Zurich",
    });
    let mut body =
        json!({"source": "s3://source", "destination": "s3://target", "name": "Moving day", "limits": limits});
    let job: Value = server.post("/api/v1/clones", &body).await.json().await.unwrap();
    let shown = server.json(&format!("/api/v1/jobs/{}", job["id"].as_str().unwrap())).await;
    assert_eq!((&shown["spec"]["limits"], &shown["spec"]["name"]), (&limits, &json!("Moving day")));
    let found = server.json("/api/v1/jobs?text=moving").await;
    assert_eq!(found["items"].as_array().unwrap().len(), 1, "found by its name");
    for (field, wrong, said) in [
        ("concurrency", json!(2_000), "1 to 1,024"),
        ("bytes_per_second", json!("0"), "at least 1"),
        ("bandwidth_hours", json!("noon"), "08:00-18:00 10MB"),
        ("bandwidth_zone", json!("Europe/Zuerich"), "did you mean Europe/Zurich?"),
        ("max_failures", json!(-1), "u64"),
    ] {
        let mut body = body.clone();
        body["limits"][field] = wrong;
        let refused = problem(server.post("/api/v1/clones", &body).await).await;
        assert_eq!(refused["field"], format!("limits.{field}"), "{refused}");
        assert!(refused["detail"].as_str().unwrap().contains(said), "{refused}");
    }
    body["name"] = json!("two\nlines");
    let refused = problem(server.post("/api/v1/clones", &body).await).await;
    assert_eq!(refused["field"], "name", "{refused}");
}

#[tokio::test]
async fn fidelity_is_stored_and_customer_key_refused() {
    let server = TestServer::open().await;
    let fidelity = json!({
        "encryption": {"algorithm": "AES256"}, "website_redirects": true, "compare": "metadata", "unreadable_tags": "warn",
    });
    let mut body = json!({"source": "s3://source", "destination": "s3://target", "fidelity": fidelity});
    let job: Value = server.post("/api/v1/clones", &body).await.json().await.unwrap();
    let shown = server.json(&format!("/api/v1/jobs/{}", job["id"].as_str().unwrap())).await;
    assert_eq!(shown["spec"]["fidelity"], fidelity);
    for (wrong, said) in [
        (json!({"source_customer_key": "c2VjcmV0"}), "logyard clone"),
        (json!({"acl": "public"}), "`private`"),
        (json!({"unreadable_tags": "drop"}), "`ignore`"),
        (json!({"encryption": {"algorithm": "aws:kms", "key_id": "a b"}}), "without spaces"),
    ] {
        body["fidelity"] = wrong;
        let refused = problem(server.post("/api/v1/clones", &body).await).await;
        assert_eq!(refused["status"], 422, "{refused}");
        assert!(refused["field"].as_str().unwrap().starts_with("fidelity"), "{refused}");
        let detail = refused["detail"].as_str().unwrap();
        assert!(detail.contains(said) && !detail.contains("c2VjcmV0"), "{detail}");
    }
    assert_eq!(server.json("/api/v1/jobs").await["items"].as_array().unwrap().len(), 1, "nothing refused became a job");
}

#[tokio::test]
async fn copy_named_like_folder_is_refused_with_name() {
    let server = TestServer::open().await;
    let body = json!({"source": "s3://source/a", "destination": "s3://target/in/"});
    for path in ["/api/v1/clones", "/api/v1/clones/preview"] {
        let refused = problem(server.post(path, &body).await).await;
        assert_eq!((&refused["status"], &refused["field"]), (&json!(422), &json!("destination.prefix")), "{refused}");
        assert!(refused["detail"].as_str().unwrap().contains("s3://target/in/a"), "{refused}");
    }
}

#[tokio::test]
async fn oversized_body_is_refused() {
    let server = TestServer::open().await;
    let body = format!("{{\"source\": \"{}\"}}", "s".repeat(70_000));
    let announced =
        server.request(Method::POST, "/api/v1/clones").header("content-type", "application/json").body(body.clone());
    assert_eq!(problem(announced.send().await.unwrap()).await["status"], 413);
    let chunks = reqwest::Body::wrap_stream(futures::stream::iter([Ok::<_, std::io::Error>(body)]));
    let chunked =
        server.request(Method::POST, "/api/v1/clones").header("content-type", "application/json").body(chunks);
    assert_eq!(problem(chunked.send().await.unwrap()).await["status"], 413);
}

#[tokio::test]
async fn job_pages_list_each_job_once_newest_first() {
    let server = TestServer::open().await;
    let mut made: Vec<JobId> = Vec::new();
    for number in 0..5 {
        made.insert(0, server.clone_number(number).await.id);
    }
    let mut seen = Vec::new();
    let mut path = "/api/v1/jobs?limit=2&state=queued,running&count=true".to_owned();
    loop {
        let page = server.json(&path).await;
        assert_eq!(page["count"], json!({"at_least": 5, "capped": false}));
        let items: Vec<model::Job> = serde_json::from_value(page["items"].clone()).unwrap();
        seen.extend(items.iter().map(|job| job.id));
        let Some(next) = page["next"].as_str() else { break };
        path = format!("/api/v1/jobs?limit=2&state=queued,running&count=true&after={next}");
    }
    assert_eq!(seen, made);
    assert_eq!(server.json("/api/v1/jobs?state=failed").await["items"], json!([]));
    assert_eq!(server.json("/api/v1/jobs?bucket=target&limit=200").await["items"].as_array().unwrap().len(), 5);
}

#[tokio::test]
async fn action_returns_job_or_reason_and_is_logged() {
    let server = TestServer::open().await;
    let job = format!("/api/v1/jobs/{}", server.clone_number(1).await.id);
    let act = async |action: &str| server.request(Method::POST, &format!("{job}/{action}")).send().await.unwrap();
    assert_eq!(act("pause").await.json::<Value>().await.unwrap()["state"], "paused");
    assert_eq!(act("resume").await.json::<Value>().await.unwrap()["state"], "queued");
    assert_eq!(problem(act("resume").await).await["code"], "conflict");
    assert_eq!(act("cancel").await.json::<Value>().await.unwrap()["state"], "cancelled");
    // Nothing failed in a cancelled job: without a body everything is done again.
    assert_eq!(act("retry").await.json::<Value>().await.unwrap()["state"], "queued");
    let only_failed = server.post(&format!("{job}/retry"), &json!({"only": "failed"})).await;
    assert_eq!(problem(only_failed).await["code"], "conflict");
    let log = server.json(&format!("{job}/log")).await;
    let kinds: Vec<_> = log["items"].as_array().unwrap().iter().map(|event| event["kind"].as_str().unwrap()).collect();
    assert_eq!(kinds, ["created", "paused", "resumed", "cancelled", "retried"]);
    assert_eq!(walk(&server, &format!("{job}/log?limit=2")).await, log["items"].as_array().unwrap().clone());
}

/// The items of all pages of a list.
async fn walk(server: &TestServer, list: &str) -> Vec<Value> {
    let (mut items, mut after) = (Vec::new(), String::new());
    loop {
        let page = server.json(&format!("{list}&after={after}")).await;
        items.extend(page["items"].as_array().unwrap().iter().cloned());
        match page["next"].as_str() {
            Some(next) => next.clone_into(&mut after),
            None => return items,
        }
    }
}

#[tokio::test]
async fn delivery_pages_cover_more_than_the_longest_page() {
    let server = TestServer::open().await;
    for attempt in 1..=205 {
        let (receiver, what, at) = ("ops".to_owned(), "test".to_owned(), server.app.db.now());
        let notice = Notice { alert: None, receiver, at, attempt, what, status: Some(204), error: None, took_ms: 1 };
        server.app.db.record_delivery(&notice).await.unwrap();
    }
    let attempts: Vec<_> = walk(&server, "/api/v1/deliveries?limit=200")
        .await
        .iter()
        .map(|item| item["attempt"].as_u64().unwrap())
        .collect();
    assert!(attempts.iter().copied().eq((1..=205).rev()), "newest first, each once: {attempts:?}");
    assert_eq!(server.get("/api/v1/deliveries?after=17").await.status(), 422);
}

#[tokio::test]
async fn bulk_action_counts_then_changes_matching_jobs() {
    let server = TestServer::open().await;
    for number in 0..3 {
        server.clone_number(number).await;
    }
    let bulk = async |dry_run: bool| {
        let body = json!({"filter": {"states": ["queued"]}, "action": "cancel", "dry_run": dry_run});
        server.post("/api/v1/jobs/bulk", &body).await.json::<Value>().await.unwrap()
    };
    assert_eq!(bulk(true).await, json!({"matched": {"at_least": 3, "capped": false}, "changed": 0}));
    assert_eq!(bulk(false).await["changed"], 3);
    assert_eq!(bulk(true).await["matched"]["at_least"], 0);
    let slip = json!({"filter": {"state": ["queued"]}, "action": "cancel"});
    assert_eq!(problem(server.post("/api/v1/jobs/bulk", &slip).await).await["field"], "filter.state");
}

#[tokio::test]
async fn failures_download_completely_and_can_be_retried() {
    let server = TestServer::open().await;
    let id = server.clone_number(1).await.id;
    let keys: Vec<String> = (0..2_345).map(|number| format!("k/{number:05}")).collect();
    fail(&server, id, &keys).await;

    let response = server.get(&format!("/api/v1/jobs/{id}/failures")).await;
    assert_eq!(response.headers()["content-type"], "application/x-ndjson");
    assert!(response.headers()["content-disposition"].to_str().unwrap().ends_with(".ndjson\""));
    let text = response.text().await.unwrap();
    let lines: Vec<Failure> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(lines.iter().map(|failure| failure.key.as_str()).collect::<Vec<_>>(), keys);
    assert_eq!(lines.iter().map(|failure| &failure.key).collect::<HashSet<_>>().len(), keys.len());

    let retried = server.request(Method::POST, &format!("/api/v1/jobs/{id}/retry")).send().await.unwrap();
    assert_eq!(retried.json::<Value>().await.unwrap()["state"], "queued");
    assert_eq!(server.app.db.to_retry(id, None, 10).await.unwrap().len(), 10, "what failed is marked, not all");
}

/// Ends the job as failed for these keys, as a runner would.
async fn fail(server: &TestServer, id: JobId, keys: &[String]) {
    let db = &server.app.db;
    let limits = [("demo".parse().unwrap(), 1)];
    let terms = Terms { holder: "test", lease_ms: 60_000, limits: &limits };
    let claimed = db.claim(&terms).await.unwrap().unwrap();
    assert_eq!(claimed.job.id, id);
    let failure = |key: &String| Failure {
        key: Key::try_from(key.clone()).unwrap(),
        reason: Reason::Denied,
        message: "Access Denied".to_owned(),
        attempts: 1,
        at: Time(0),
    };
    let failures: Vec<Failure> = keys.iter().map(failure).collect();
    let attempt = claimed.job.attempt;
    assert!(db.record(id, attempt, &failures, &[]).await.unwrap());
    let progress = Progress { found: 3_000, failed: keys.len() as u64, ..Progress::default() };
    let beat = JobHeartbeat { id, attempt, lease_ms: 60_000, progress: &progress, checkpoint: "{}", history: &[] };
    let error = model::JobError {
        code: "items_failed".to_owned(),
        message: "2,345 failed".to_owned(),
        advice: "Retry".to_owned(),
    };
    assert!(db.end(&beat, End::Failed { error, proof: None }, "test").await.unwrap());
}

#[tokio::test]
async fn stores_list_their_buckets() {
    let server = TestServer::open().await;
    assert_eq!(server.json("/api/v1/stores").await["items"][0]["name"], "demo");
    assert_eq!(server.json("/api/v1/stores/demo/buckets").await["items"], json!(["logs", "source", "target"]));
    assert_eq!(server.json("/api/v1/stores/demo/peek?bucket=source").await["items"], json!(["a"]));
    assert_eq!(problem(server.get("/api/v1/stores/demo/peek").await).await["field"], "bucket");
    assert_eq!(problem(server.get("/api/v1/stores/mars/buckets").await).await["code"], "not_found");
    let preview = json!({"source": "s3://source", "destination": "s3://target"});
    let preview: Value = server.post("/api/v1/clones/preview", &preview).await.json().await.unwrap();
    assert_eq!((&preview["to_copy"], &preview["complete"]), (&json!(1), &json!(true)));
}

#[tokio::test]
async fn health_and_metrics_endpoints_answer() {
    let server = TestServer::open().await;
    assert_eq!(server.get("/healthz").await.status(), StatusCode::OK);
    assert_eq!(server.json("/readyz").await["database"], "answers");
    let job = server.clone_number(1).await.id;
    server.json(&format!("/api/v1/jobs/{job}")).await;
    let metrics = server.get("/metrics").await.text().await.unwrap();
    let measured = |line: &str| metrics.lines().any(|measured| measured.starts_with(line));
    assert!(measured("logyard_jobs{state=\"queued\"} 1"), "{metrics}");
    let requests = "logyard_http_request_seconds_count{method=\"GET\",route=\"/api/v1/jobs/{id}\",status=\"200\"}";
    assert!(measured(requests), "{metrics}");
    assert!(!metrics.contains(&job.to_string()), "an id as a label would grow without bound");
    server.app.shutdown.cancel();
    assert_eq!(server.get("/readyz").await.status(), StatusCode::SERVICE_UNAVAILABLE);
}

#[tokio::test]
async fn server_with_stopped_runner_is_not_ready() {
    let server = TestServer::open().await;
    let runner = TestRunners::open(Scratch::sqlite()).await.runner("one", quick()).await;
    let app = App { runner: Some(runner.pulse()), ..server.app.clone() };
    assert_eq!(ready(extract::State(app.clone())).await.status(), StatusCode::OK);
    runner.stop().await;
    assert_eq!(ready(extract::State(app)).await.status(), StatusCode::SERVICE_UNAVAILABLE);
}
