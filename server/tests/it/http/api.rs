//! What the API answers, and how it refuses.

use std::collections::HashSet;

use axum::extract;
use db::{Beat, End, Terms, testing::Scratch};
use logyard::http::{health::ready, state::App};
use model::{Failure, JobId, Key, Progress, Reason, Time};
use reqwest::{Method, Response, StatusCode};
use serde_json::{Value, json};

use crate::{
    support::runners::{Workshop, quick},
    support::server::Site,
};

/// The problem of a refusal, checked for what every problem must be.
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
async fn a_clone_repeated_under_its_key_is_the_same_job() {
    let site = Site::open().await;
    let start = async |key: &str, destination: &str| {
        let body = json!({"source": "s3://source", "destination": destination});
        let request = site.request(Method::POST, "/api/v1/clones").header("idempotency-key", key).json(&body);
        request.send().await.unwrap()
    };
    let first = start("k-1", "s3://target").await;
    assert_eq!(first.status(), StatusCode::ACCEPTED);
    let location = first.headers()["location"].to_str().unwrap().to_owned();
    let job: Value = first.json().await.unwrap();
    assert_eq!((job["state"].as_str(), job["author"].as_str()), (Some("queued"), Some("local")));
    assert_eq!(site.json(&location).await["id"], job["id"]);

    let again = start("k-1", "s3://target").await;
    assert_eq!(again.status(), StatusCode::ACCEPTED);
    assert_eq!(again.json::<Value>().await.unwrap()["id"], job["id"]);
    assert_eq!(problem(start("k-1", "s3://target/other").await).await["code"], "conflict");
    assert_ne!(start("k-2", "s3://target").await.json::<Value>().await.unwrap()["id"], job["id"]);
    assert_eq!(problem(start("a b", "s3://target").await).await["field"], "Idempotency-Key");
}

#[tokio::test]
async fn what_cannot_work_is_refused_with_the_field_and_what_would_be_right() {
    let site = Site::open().await;
    let refused = async |body: Value| problem(site.post("/api/v1/clones", &body).await).await;
    let missing = refused(json!({"source": "s3://source", "destination": "s3://nowhere"})).await;
    assert!(missing["detail"].as_str().unwrap().contains("nowhere"), "{missing}");
    let unknown = refused(json!({"source": {"store": "mars", "bucket": "source"}, "destination": "s3://target"})).await;
    assert_eq!((unknown["code"].as_str(), unknown["field"].as_str()), (Some("invalid"), Some("source.store")));
    let typo = refused(json!({"source": "s3://source", "destination": "s3://target", "dryrun": true})).await;
    assert_eq!((typo["code"].as_str(), typo["field"].as_str()), (Some("invalid"), Some("dryrun")));

    let form = site.request(Method::POST, "/api/v1/clones").header("content-type", "text/plain").body("{}");
    assert_eq!(problem(form.send().await.unwrap()).await["code"], "malformed");
    assert_eq!(problem(site.get("/api/v1/jobs?stat=failed").await).await["field"], "stat");
    assert_eq!(problem(site.get("/api/v1/jobs/17").await).await["field"], "id");
    let nobody = "/api/v1/jobs/0198c0de-0000-7000-8000-000000000000";
    assert_eq!(problem(site.get(nobody).await).await["code"], "not_found");
    assert_eq!(problem(site.get("/api/v1/nothing").await).await["code"], "not_found");
    assert_eq!(problem(site.get("/api/v2").await).await["code"], "not_found");
    let wrong_method = site.get("/api/v1/clones").await;
    assert_eq!(wrong_method.headers()["allow"], "POST");
    assert_eq!(problem(wrong_method).await["code"], "method_not_allowed");
}

#[tokio::test]
async fn a_choice_of_objects_is_previewed_started_and_shown_as_it_was_sent() {
    let site = Site::open().await;
    let chosen = json!({"include": ["**/*.gz", "b"], "exclude": ["tmp/**"], "newer_than": "2026-03-09T14:00:00Z"});
    let mut body = json!({"source": "s3://source", "destination": "s3://target"});
    body.as_object_mut().unwrap().extend(chosen.as_object().unwrap().clone());
    let preview: Value = site.post("/api/v1/clones/preview", &body).await.json().await.unwrap();
    assert_eq!((&preview["objects"], &preview["to_copy"]), (&json!(0), &json!(0)));
    assert_eq!(preview["spec"]["include"], chosen["include"]);
    let job: Value = site.post("/api/v1/clones", &body).await.json().await.unwrap();
    let shown = site.json(&format!("/api/v1/jobs/{}", job["id"].as_str().unwrap())).await;
    for field in ["include", "exclude", "newer_than"] {
        assert_eq!(shown["spec"][field], chosen[field]);
    }
    body["include"] = json!(["fine", "not[fine"]);
    for path in ["/api/v1/clones", "/api/v1/clones/preview"] {
        let refused = problem(site.post(path, &body).await).await;
        assert_eq!((&refused["status"], &refused["field"]), (&json!(422), &json!("include[1]")), "{refused}");
        assert!(refused["detail"].as_str().unwrap().contains("closed with ]"), "{refused}");
    }
    assert_eq!(site.json("/api/v1/jobs").await["items"].as_array().unwrap().len(), 1, "nothing refused became a job");
}

#[tokio::test]
async fn what_copies_keep_and_get_is_kept_with_the_job_and_a_customers_key_is_not_taken() {
    let site = Site::open().await;
    let fidelity = json!({"encryption": {"algorithm": "AES256"}, "website_redirects": true, "compare": "metadata"});
    let mut body = json!({"source": "s3://source", "destination": "s3://target", "fidelity": fidelity});
    let job: Value = site.post("/api/v1/clones", &body).await.json().await.unwrap();
    let shown = site.json(&format!("/api/v1/jobs/{}", job["id"].as_str().unwrap())).await;
    assert_eq!(shown["spec"]["fidelity"], fidelity);
    for (wrong, said) in [
        (json!({"source_customer_key": "c2VjcmV0"}), "logyard clone"),
        (json!({"acl": "public"}), "`private`"),
        (json!({"encryption": {"algorithm": "aws:kms", "key_id": "a b"}}), "without spaces"),
    ] {
        body["fidelity"] = wrong;
        let refused = problem(site.post("/api/v1/clones", &body).await).await;
        assert_eq!(refused["status"], 422, "{refused}");
        assert!(refused["field"].as_str().unwrap().starts_with("fidelity"), "{refused}");
        let detail = refused["detail"].as_str().unwrap();
        assert!(detail.contains(said) && !detail.contains("c2VjcmV0"), "{detail}");
    }
    assert_eq!(site.json("/api/v1/jobs").await["items"].as_array().unwrap().len(), 1, "nothing refused became a job");
}

#[tokio::test]
async fn a_body_over_the_limit_is_refused_announced_or_not() {
    let site = Site::open().await;
    let body = format!("{{\"source\": \"{}\"}}", "s".repeat(70_000));
    let announced =
        site.request(Method::POST, "/api/v1/clones").header("content-type", "application/json").body(body.clone());
    assert_eq!(problem(announced.send().await.unwrap()).await["status"], 413);
    let chunks = reqwest::Body::wrap_stream(futures::stream::iter([Ok::<_, std::io::Error>(body)]));
    let chunked = site.request(Method::POST, "/api/v1/clones").header("content-type", "application/json").body(chunks);
    assert_eq!(problem(chunked.send().await.unwrap()).await["status"], 413);
}

#[tokio::test]
async fn pages_of_jobs_hold_each_job_once_newest_first() {
    let site = Site::open().await;
    let mut made: Vec<JobId> = Vec::new();
    for number in 0..5 {
        made.insert(0, site.clone_number(number).await.id);
    }
    let mut seen = Vec::new();
    let mut path = "/api/v1/jobs?limit=2&state=queued,running&count=true".to_owned();
    loop {
        let page = site.json(&path).await;
        assert_eq!(page["count"], json!({"at_least": 5, "capped": false}));
        let items: Vec<model::Job> = serde_json::from_value(page["items"].clone()).unwrap();
        seen.extend(items.iter().map(|job| job.id));
        let Some(next) = page["next"].as_str() else { break };
        path = format!("/api/v1/jobs?limit=2&state=queued,running&count=true&after={next}");
    }
    assert_eq!(seen, made);
    assert_eq!(site.json("/api/v1/jobs?state=failed").await["items"], json!([]));
    assert_eq!(site.json("/api/v1/jobs?bucket=target&limit=200").await["items"].as_array().unwrap().len(), 5);
}

#[tokio::test]
async fn an_action_answers_the_job_or_why_not_and_is_logged() {
    let site = Site::open().await;
    let job = format!("/api/v1/jobs/{}", site.clone_number(1).await.id);
    let act = async |action: &str| site.request(Method::POST, &format!("{job}/{action}")).send().await.unwrap();
    assert_eq!(act("pause").await.json::<Value>().await.unwrap()["state"], "paused");
    assert_eq!(act("resume").await.json::<Value>().await.unwrap()["state"], "queued");
    assert_eq!(problem(act("resume").await).await["code"], "conflict");
    assert_eq!(act("cancel").await.json::<Value>().await.unwrap()["state"], "cancelled");
    // Nothing failed in a cancelled job: without a body everything is done again.
    assert_eq!(act("retry").await.json::<Value>().await.unwrap()["state"], "queued");
    let only_failed = site.post(&format!("{job}/retry"), &json!({"only": "failed"})).await;
    assert_eq!(problem(only_failed).await["code"], "conflict");
    let log = site.json(&format!("{job}/log")).await;
    let kinds: Vec<_> = log["items"].as_array().unwrap().iter().map(|event| event["kind"].as_str().unwrap()).collect();
    assert_eq!(kinds, ["created", "paused", "resumed", "cancelled", "retried"]);
}

#[tokio::test]
async fn a_bulk_action_counts_first_and_then_changes_what_the_filter_finds() {
    let site = Site::open().await;
    for number in 0..3 {
        site.clone_number(number).await;
    }
    let bulk = async |dry_run: bool| {
        let body = json!({"filter": {"states": ["queued"]}, "action": "cancel", "dry_run": dry_run});
        site.post("/api/v1/jobs/bulk", &body).await.json::<Value>().await.unwrap()
    };
    assert_eq!(bulk(true).await, json!({"matched": {"at_least": 3, "capped": false}, "changed": 0}));
    assert_eq!(bulk(false).await["changed"], 3);
    assert_eq!(bulk(true).await["matched"]["at_least"], 0);
    let slip = json!({"filter": {"state": ["queued"]}, "action": "cancel"});
    assert_eq!(problem(site.post("/api/v1/jobs/bulk", &slip).await).await["field"], "filter.state");
}

#[tokio::test]
async fn failures_are_downloaded_whole_and_in_order_and_a_retry_takes_them() {
    let site = Site::open().await;
    let id = site.clone_number(1).await.id;
    let keys: Vec<String> = (0..2_345).map(|number| format!("k/{number:05}")).collect();
    fail(&site, id, &keys).await;

    let response = site.get(&format!("/api/v1/jobs/{id}/failures")).await;
    assert_eq!(response.headers()["content-type"], "application/x-ndjson");
    assert!(response.headers()["content-disposition"].to_str().unwrap().ends_with(".ndjson\""));
    let text = response.text().await.unwrap();
    let lines: Vec<Failure> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(lines.iter().map(|failure| failure.key.as_str()).collect::<Vec<_>>(), keys);
    assert_eq!(lines.iter().map(|failure| &failure.key).collect::<HashSet<_>>().len(), keys.len());

    let retried = site.request(Method::POST, &format!("/api/v1/jobs/{id}/retry")).send().await.unwrap();
    assert_eq!(retried.json::<Value>().await.unwrap()["state"], "queued");
    assert_eq!(site.app.db.to_retry(id, None, 10).await.unwrap().len(), 10, "what failed is marked, not all");
}

/// Ends the job as failed for these keys, as a runner would.
async fn fail(site: &Site, id: JobId, keys: &[String]) {
    let db = &site.app.db;
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
    let beat = Beat { id, attempt, lease_ms: 60_000, progress: &progress, checkpoint: "{}", history: &[] };
    let error = model::JobError {
        code: "items_failed".to_owned(),
        message: "2,345 failed".to_owned(),
        advice: "Retry".to_owned(),
    };
    assert!(db.end(&beat, End::Failed { error, proof: None }, "test").await.unwrap());
}

#[tokio::test]
async fn stores_say_what_they_hold() {
    let site = Site::open().await;
    assert_eq!(site.json("/api/v1/stores").await["items"][0]["name"], "demo");
    assert_eq!(site.json("/api/v1/stores/demo/buckets").await["items"], json!(["logs", "source", "target"]));
    assert_eq!(site.json("/api/v1/stores/demo/peek?bucket=source").await["items"], json!(["a"]));
    assert_eq!(problem(site.get("/api/v1/stores/demo/peek").await).await["field"], "bucket");
    assert_eq!(problem(site.get("/api/v1/stores/mars/buckets").await).await["code"], "not_found");
    let preview = json!({"source": "s3://source", "destination": "s3://target"});
    let preview: Value = site.post("/api/v1/clones/preview", &preview).await.json().await.unwrap();
    assert_eq!((&preview["to_copy"], &preview["complete"]), (&json!(1), &json!(true)));
}

#[tokio::test]
async fn health_and_measurements_are_answered() {
    let site = Site::open().await;
    assert_eq!(site.get("/healthz").await.status(), StatusCode::OK);
    assert_eq!(site.json("/readyz").await["database"], "answers");
    let job = site.clone_number(1).await.id;
    site.json(&format!("/api/v1/jobs/{job}")).await;
    let metrics = site.get("/metrics").await.text().await.unwrap();
    let measured = |line: &str| metrics.lines().any(|measured| measured.starts_with(line));
    assert!(measured("logyard_jobs{state=\"queued\"} 1"), "{metrics}");
    let requests = "logyard_http_request_seconds_count{method=\"GET\",route=\"/api/v1/jobs/{id}\",status=\"200\"}";
    assert!(measured(requests), "{metrics}");
    assert!(!metrics.contains(&job.to_string()), "an id as a label would grow without bound");
    site.app.shutdown.cancel();
    assert_eq!(site.get("/readyz").await.status(), StatusCode::SERVICE_UNAVAILABLE);
}

#[tokio::test]
async fn a_server_whose_runner_has_stopped_is_not_ready() {
    let site = Site::open().await;
    let runner = Workshop::open(Scratch::sqlite()).await.runner("one", quick()).await;
    let app = App { runner: Some(runner.pulse()), ..site.app.clone() };
    assert_eq!(ready(extract::State(app.clone())).await.status(), StatusCode::OK);
    runner.stop().await;
    assert_eq!(ready(extract::State(app)).await.status(), StatusCode::SERVICE_UNAVAILABLE);
}
