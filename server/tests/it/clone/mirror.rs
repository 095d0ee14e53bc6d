//! A mirror becomes a job only with a valid plan and the destination's name, on every path.

use std::sync::Arc;

use db::testing::age_plans;
use logyard::{
    connections::{log_groups::LogGroups, sinks::Sinks, stores::Stores},
    tasks::runner::{Context, Runner},
};
use model::{Job, State};
use reqwest::{Method, Response};
use serde_json::{Value, json};
use testing::{Span as _, eventually_async, seen, within};

use crate::{
    http::api::problem,
    http::pages::{inside, leads_to, page, send},
    support::runners::quick,
    support::server::TestServer,
};

/// `a` is only at the source, `x` and `y` only at the target.
async fn server() -> TestServer {
    let server = TestServer::open().await;
    for key in ["x", "y"] {
        server.s3.put("target", key, "lost").await.unwrap();
    }
    server
}

fn mirror() -> Value {
    json!({"source": "s3://source", "destination": "s3://target", "mode": "mirror"})
}

fn with(body: &Value, more: &Value) -> Value {
    let mut body = body.clone();
    body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    body
}

async fn preview(server: &TestServer) -> Value {
    server.post("/api/v1/clones/preview", &mirror()).await.json().await.unwrap()
}

async fn plan(server: &TestServer) -> String {
    preview(server).await["plan"]["id"].as_str().unwrap().to_owned()
}

async fn start(server: &TestServer, more: &Value) -> Response {
    server.post("/api/v1/clones", &with(&mirror(), more)).await
}

/// Checks a refusal, and that no job exists.
async fn refused(server: &TestServer, more: &Value, status: u16, field: &str) -> Value {
    let problem = problem(start(server, more).await).await;
    assert_eq!((&problem["status"], &problem["field"]), (&json!(status), &json!(field)), "{problem}");
    assert_eq!(server.json("/api/v1/jobs").await["items"], json!([]));
    problem
}

async fn confirmed(server: &TestServer) -> Job {
    let plan = plan(server).await;
    let response = start(server, &json!({"plan": plan, "confirm": "s3://target"})).await;
    assert_eq!(response.status(), 202);
    response.json().await.unwrap()
}

/// Runs the job to its end, which must be in this state.
async fn ended(server: &TestServer, job: &Job, as_: State) -> Job {
    let stores = Stores::connect(&server.app.config).await;
    let context = Context {
        db: server.app.db.clone(),
        groups: LogGroups::new(&server.app.config, &stores),
        transforms: logyard::connections::transforms::Transforms::default(),
        stores,
        sinks: Sinks::new(&[]),
        data_dir: server.app.config.server.data_dir.clone(),
        config: quick(),
        holder: Arc::from("runner"),
    };
    let runner = Runner::start(context);
    let probe = || async { seen(server.app.db.job(job.id).await.unwrap(), |job| job.state.ended()) };
    let ended = eventually_async("the job ends", within(2.mins()), probe).await;
    assert_eq!(ended.state, as_, "{ended:?}");
    runner.stop().await;
    ended
}

#[tokio::test(flavor = "multi_thread")]
async fn confirmed_mirror_with_plan_succeeds_with_proof() {
    let server = server().await;
    let seen = preview(&server).await;
    assert_eq!((&seen["to_delete"], &seen["to_delete_bytes"]), (&json!(2), &json!(8)));
    assert_eq!(seen["delete_examples"], json!(["x", "y"]));
    assert_eq!((&seen["requests"]["head"], &seen["requests"]["delete"]), (&json!(2), &json!(2)));
    let job = confirmed(&server).await;
    let done = ended(&server, &job, State::Succeeded).await;
    assert_eq!((done.progress.done, done.progress.deleted), (1, 2));
    assert_eq!(server.s3.count("target").unwrap(), 1);
    let shown = page(&server, &format!("/jobs/{}", job.id)).await;
    assert!(shown.contains("to delete 2 objects, 8 B"), "{shown}");
}

#[tokio::test]
async fn mirror_without_plan_or_confirmation_is_refused() {
    let server = server().await;
    let missing = refused(&server, &json!({}), 422, "plan").await;
    assert!(missing["detail"].as_str().unwrap().contains("/api/v1/clones/preview"), "{missing}");
    refused(&server, &json!({"plan": "7", "confirm": "s3://target"}), 422, "plan").await;
    let plan = plan(&server).await;
    for typed in [json!(null), json!(""), json!("target"), json!("s3://target/"), json!("S3://TARGET")] {
        let wrong = refused(&server, &json!({"plan": plan, "confirm": typed}), 422, "confirm").await;
        assert!(wrong["detail"].as_str().unwrap().contains("\"s3://target\""), "{wrong}");
    }
}

#[tokio::test]
async fn unknown_foreign_or_old_plan_is_refused() {
    let server = server().await;
    let confirm = |plan: &str| json!({"plan": plan, "confirm": "s3://target"});
    refused(&server, &confirm(&"0".repeat(64)), 409, "plan").await;
    let other = with(&mirror(), &json!({"exclude": ["y"]}));
    let other: Value = server.post("/api/v1/clones/preview", &other).await.json().await.unwrap();
    let problem = refused(&server, &confirm(other["plan"]["id"].as_str().unwrap()), 409, "plan").await;
    assert!(problem["detail"].as_str().unwrap().contains("another mirror"), "{problem}");
    let old = plan(&server).await;
    age_plans(&server.app.db, 61 * 60_000).await;
    let problem = refused(&server, &confirm(&old), 409, "plan").await;
    assert!(problem["detail"].as_str().unwrap().contains("older than an hour"), "{problem}");
    assert_eq!(plan(&server).await, old, "looked at again it is the same plan");
    assert_eq!(start(&server, &confirm(&old)).await.status(), 202);
}

#[tokio::test]
async fn stale_plan_is_refused_with_a_new_one() {
    let server = server().await;
    let before = plan(&server).await;
    for key in ["z1", "z2", "z3"] {
        server.s3.put("target", key, "z").await.unwrap();
    }
    server.s3.put("source", "b", "new").await.unwrap();
    let problem = refused(&server, &json!({"plan": before, "confirm": "s3://target"}), 409, "plan").await;
    let detail = problem["detail"].as_str().unwrap();
    assert!(detail.contains("to delete 2 → 5") && detail.contains("to copy 1 → 2"), "{detail}");
    let now = plan(&server).await;
    assert_eq!(problem["plan"], json!(now));
    assert_eq!(start(&server, &json!({"plan": now, "confirm": "s3://target"})).await.status(), 202);
}

#[tokio::test]
async fn plan_without_mirror_mode_is_refused() {
    let server = server().await;
    let plan = plan(&server).await;
    for more in [json!({"mode": "copy"}), json!({"mode": "verify"}), json!({"dry_run": true})] {
        refused(&server, &with(&more, &json!({"plan": plan})), 422, "plan").await;
        refused(&server, &with(&more, &json!({"confirm": "s3://target"})), 422, "confirm").await;
    }
    assert_eq!(start(&server, &json!({"dry_run": true})).await.status(), 202, "a dry run needs no plan");
}

#[tokio::test(flavor = "multi_thread")]
async fn repeated_mirror_start_returns_the_same_job() {
    let server = server().await;
    let body = with(&mirror(), &json!({"plan": plan(&server).await, "confirm": "s3://target"}));
    let start = async || {
        let request = server.request(Method::POST, "/api/v1/clones").header("idempotency-key", "k").json(&body);
        let response = request.send().await.unwrap();
        assert_eq!(response.status(), 202);
        response.json::<Job>().await.unwrap()
    };
    let job = start().await;
    ended(&server, &job, State::Succeeded).await;
    assert_eq!(start().await.id, job.id);
}

/// After waiting in the queue, or at a retry a week later, the engine checks the plan itself.
#[tokio::test(flavor = "multi_thread")]
async fn queued_or_retried_mirror_checks_its_plan_again() {
    let server = server().await;
    let job = confirmed(&server).await;
    server.s3.put("target", "later", "in no preview").await.unwrap();
    let failed = ended(&server, &job, State::Failed).await;
    let error = failed.error.unwrap();
    assert_eq!(error.code, "plan_changed");
    assert!(error.message.ends_with("nothing was deleted at the destination."), "{}", error.message);
    assert_eq!(server.s3.count("target").unwrap(), 4);

    server.s3.delete("target", "later").unwrap();
    let retry = format!("/api/v1/jobs/{}/retry", job.id);
    assert_eq!(server.post(&retry, &json!({})).await.status(), 200);
    ended(&server, &job, State::Succeeded).await;
    server.s3.put("target", "later", "in no preview").await.unwrap();
    assert_eq!(server.post(&retry, &json!({})).await.status(), 200);
    assert_eq!(ended(&server, &job, State::Failed).await.error.unwrap().code, "plan_changed");
    assert_eq!(server.s3.count("target").unwrap(), 2);
}

const FORM: &str = "source_bucket=source&destination_bucket=target&mode=mirror";

#[tokio::test]
async fn mirror_form_shows_deletions_first() {
    let server = server().await;
    let form = page(&server, &format!("/clones/new?{FORM}&preview=1")).await;
    assert!(form.contains("formaction=\"/clones/mirror\"") && form.contains("Preview deletions"), "{form}");
    assert!(form.contains("<dt>To delete<"), "{form}");
    let sent = send(&server, "start_clone", FORM).await;
    assert_eq!(server.json("/api/v1/jobs").await["items"], json!([]));
    let shown = page(&server, leads_to(&sent)).await;
    assert!(inside(&shown, "delete", "h2").contains("2 objects, 8 B, would be deleted"), "{shown}");
    assert!(shown.contains(">x\ny</pre>") && shown.contains("Delete 2 objects, copy 1"), "{shown}");
    assert!(shown.contains("<code>s3://target</code>") && shown.contains("AWS's list prices"), "{shown}");
}

#[tokio::test]
async fn mirror_page_starts_after_name_is_typed() {
    let server = server().await;
    let fields = format!("{FORM}&key=a&plan={}", plan(&server).await);
    let wrong = send(&server, "start_clone", &format!("{fields}&confirm=target")).await;
    let again = page(&server, leads_to(&wrong)).await;
    assert!(inside(&again, "confirm-fault", "span").contains('✖'), "{again}");
    let started = send(&server, "start_clone", &format!("{fields}&confirm=s3%3A%2F%2Ftarget")).await;
    assert!(leads_to(&started).starts_with("/jobs/"), "{}", leads_to(&started));
}

#[tokio::test]
async fn mirror_page_with_stale_plan_shows_changes() {
    let server = server().await;
    let before = plan(&server).await;
    server.s3.delete("target", "y").unwrap();
    let fields = format!("{FORM}&key=a&plan={before}&confirm=s3%3A%2F%2Ftarget");
    let refused = send(&server, "start_clone", &fields).await;
    let shown = page(&server, leads_to(&refused)).await;
    assert!(shown.contains("to delete 2 → 1") && shown.contains("Delete 1 object, copy 1"), "{shown}");
    assert!(!shown.contains(&format!("name=\"plan\" value=\"{before}\"")), "{shown}");
    assert_eq!(server.json("/api/v1/jobs").await["items"], json!([]));
}
