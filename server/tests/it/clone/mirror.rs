//! A mirror becomes a job only with a plan that holds and the destination's name, and no way leads around them.

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
    support::server::Site,
};

/// `a` is only at the source, `x` and `y` only at the target.
async fn site() -> Site {
    let site = Site::open().await;
    for key in ["x", "y"] {
        site.s3.put("target", key, "lost").await.unwrap();
    }
    site
}

fn mirror() -> Value {
    json!({"source": "s3://source", "destination": "s3://target", "mode": "mirror"})
}

fn with(body: &Value, more: &Value) -> Value {
    let mut body = body.clone();
    body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    body
}

async fn preview(site: &Site) -> Value {
    site.post("/api/v1/clones/preview", &mirror()).await.json().await.unwrap()
}

async fn plan(site: &Site) -> String {
    preview(site).await["plan"]["id"].as_str().unwrap().to_owned()
}

async fn start(site: &Site, more: &Value) -> Response {
    site.post("/api/v1/clones", &with(&mirror(), more)).await
}

/// What is refused leaves no job.
async fn refused(site: &Site, more: &Value, status: u16, field: &str) -> Value {
    let problem = problem(start(site, more).await).await;
    assert_eq!((&problem["status"], &problem["field"]), (&json!(status), &json!(field)), "{problem}");
    assert_eq!(site.json("/api/v1/jobs").await["items"], json!([]));
    problem
}

async fn confirmed(site: &Site) -> Job {
    let plan = plan(site).await;
    let response = start(site, &json!({"plan": plan, "confirm": "s3://target"})).await;
    assert_eq!(response.status(), 202);
    response.json().await.unwrap()
}

/// With a runner beside it, until the job has ended so.
async fn ended(site: &Site, job: &Job, as_: State) -> Job {
    let stores = Stores::connect(&site.app.config).await;
    let context = Context {
        db: site.app.db.clone(),
        groups: LogGroups::new(&site.app.config, &stores),
        stores,
        sinks: Sinks::new(&[]),
        data_dir: site.app.config.server.data_dir.clone(),
        config: quick(),
        holder: Arc::from("yard"),
    };
    let runner = Runner::start(context);
    let probe = || async { seen(site.app.db.job(job.id).await.unwrap(), |job| job.state.ended()) };
    let ended = eventually_async("the job ends", within(2.mins()), probe).await;
    assert_eq!(ended.state, as_, "{ended:?}");
    runner.stop().await;
    ended
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mirror_with_its_plan_and_the_name_is_done_and_proven() {
    let site = site().await;
    let seen = preview(&site).await;
    assert_eq!((&seen["to_delete"], &seen["to_delete_bytes"]), (&json!(2), &json!(8)));
    assert_eq!(seen["delete_examples"], json!(["x", "y"]));
    assert_eq!((&seen["requests"]["head"], &seen["requests"]["delete"]), (&json!(2), &json!(2)));
    let job = confirmed(&site).await;
    let done = ended(&site, &job, State::Succeeded).await;
    assert_eq!((done.progress.done, done.progress.deleted), (1, 2));
    assert_eq!(site.s3.count("target").unwrap(), 1);
    let shown = page(&site, &format!("/jobs/{}", job.id)).await;
    assert!(shown.contains("to delete 2 objects, 8 B"), "{shown}");
}

#[tokio::test]
async fn without_a_plan_or_with_another_name_it_is_refused_with_what_would_be_right() {
    let site = site().await;
    let missing = refused(&site, &json!({}), 422, "plan").await;
    assert!(missing["detail"].as_str().unwrap().contains("/api/v1/clones/preview"), "{missing}");
    refused(&site, &json!({"plan": "7", "confirm": "s3://target"}), 422, "plan").await;
    let plan = plan(&site).await;
    for typed in [json!(null), json!(""), json!("target"), json!("s3://target/"), json!("S3://TARGET")] {
        let wrong = refused(&site, &json!({"plan": plan, "confirm": typed}), 422, "confirm").await;
        assert!(wrong["detail"].as_str().unwrap().contains("\"s3://target\""), "{wrong}");
    }
}

#[tokio::test]
async fn a_plan_that_is_unknown_of_another_mirror_or_old_is_refused() {
    let site = site().await;
    let confirm = |plan: &str| json!({"plan": plan, "confirm": "s3://target"});
    refused(&site, &confirm(&"0".repeat(64)), 409, "plan").await;
    let other = with(&mirror(), &json!({"exclude": ["y"]}));
    let other: Value = site.post("/api/v1/clones/preview", &other).await.json().await.unwrap();
    let problem = refused(&site, &confirm(other["plan"]["id"].as_str().unwrap()), 409, "plan").await;
    assert!(problem["detail"].as_str().unwrap().contains("another mirror"), "{problem}");
    let old = plan(&site).await;
    age_plans(&site.app.db, 61 * 60_000).await;
    let problem = refused(&site, &confirm(&old), 409, "plan").await;
    assert!(problem["detail"].as_str().unwrap().contains("older than an hour"), "{problem}");
    assert_eq!(plan(&site).await, old, "looked at again it is the same plan");
    assert_eq!(start(&site, &confirm(&old)).await.status(), 202);
}

#[tokio::test]
async fn a_plan_that_does_not_hold_any_more_is_refused_with_what_changed_and_with_the_new_one() {
    let site = site().await;
    let before = plan(&site).await;
    for key in ["z1", "z2", "z3"] {
        site.s3.put("target", key, "z").await.unwrap();
    }
    site.s3.put("source", "b", "new").await.unwrap();
    let problem = refused(&site, &json!({"plan": before, "confirm": "s3://target"}), 409, "plan").await;
    let detail = problem["detail"].as_str().unwrap();
    assert!(detail.contains("to delete 2 → 5") && detail.contains("to copy 1 → 2"), "{detail}");
    let now = plan(&site).await;
    assert_eq!(problem["plan"], json!(now));
    assert_eq!(start(&site, &json!({"plan": now, "confirm": "s3://target"})).await.status(), 202);
}

#[tokio::test]
async fn plan_and_name_with_anything_but_a_mirror_are_a_mistake_that_is_named() {
    let site = site().await;
    let plan = plan(&site).await;
    for more in [json!({"mode": "copy"}), json!({"mode": "verify"}), json!({"dry_run": true})] {
        refused(&site, &with(&more, &json!({"plan": plan})), 422, "plan").await;
        refused(&site, &with(&more, &json!({"confirm": "s3://target"})), 422, "confirm").await;
    }
    assert_eq!(start(&site, &json!({"dry_run": true})).await.status(), 202, "a dry run needs no plan");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_start_repeated_under_its_key_is_the_same_job_though_the_plan_is_fulfilled() {
    let site = site().await;
    let body = with(&mirror(), &json!({"plan": plan(&site).await, "confirm": "s3://target"}));
    let start = async || {
        let request = site.request(Method::POST, "/api/v1/clones").header("idempotency-key", "k").json(&body);
        let response = request.send().await.unwrap();
        assert_eq!(response.status(), 202);
        response.json::<Job>().await.unwrap()
    };
    let job = start().await;
    ended(&site, &job, State::Succeeded).await;
    assert_eq!(start().await.id, job.id);
}

/// It waited in the queue, or is tried again a week later: the engine looks for itself.
#[tokio::test(flavor = "multi_thread")]
async fn neither_waiting_nor_a_retry_gets_around_the_plan() {
    let site = site().await;
    let job = confirmed(&site).await;
    site.s3.put("target", "later", "in no preview").await.unwrap();
    let failed = ended(&site, &job, State::Failed).await;
    let error = failed.error.unwrap();
    assert_eq!(error.code, "plan_changed");
    assert!(error.message.ends_with("nothing was deleted at the destination"), "{}", error.message);
    assert_eq!(site.s3.count("target").unwrap(), 4);

    site.s3.delete("target", "later").unwrap();
    let retry = format!("/api/v1/jobs/{}/retry", job.id);
    assert_eq!(site.post(&retry, &json!({})).await.status(), 200);
    ended(&site, &job, State::Succeeded).await;
    site.s3.put("target", "later", "in no preview").await.unwrap();
    assert_eq!(site.post(&retry, &json!({})).await.status(), 200);
    assert_eq!(ended(&site, &job, State::Failed).await.error.unwrap().code, "plan_changed");
    assert_eq!(site.s3.count("target").unwrap(), 2);
}

const FORM: &str = "source_bucket=source&destination_bucket=target&mode=mirror";

#[tokio::test]
async fn a_form_for_a_mirror_leads_to_what_it_would_delete_first() {
    let site = site().await;
    let form = page(&site, &format!("/clones/new?{FORM}&preview=1")).await;
    assert!(form.contains("formaction=\"/clones/mirror\"") && form.contains("Show what it would delete"), "{form}");
    assert!(form.contains("<dt>To delete</dt>"), "{form}");
    let sent = send(&site, "start_clone", FORM).await;
    assert_eq!(site.json("/api/v1/jobs").await["items"], json!([]));
    let shown = page(&site, leads_to(&sent)).await;
    assert!(inside(&shown, "delete", "h2").contains("2 objects, 8 B, would be deleted"), "{shown}");
    assert!(shown.contains(">x\ny</pre>") && shown.contains("Delete 2 objects, copy 1"), "{shown}");
    assert!(shown.contains("<code>s3://target</code>") && shown.contains("AWS's list prices"), "{shown}");
}

#[tokio::test]
async fn a_page_of_a_mirror_starts_what_it_showed_once_the_name_is_typed() {
    let site = site().await;
    let fields = format!("{FORM}&key=a&plan={}", plan(&site).await);
    let wrong = send(&site, "start_clone", &format!("{fields}&confirm=target")).await;
    let again = page(&site, leads_to(&wrong)).await;
    assert!(inside(&again, "confirm-fault", "span").contains('✖'), "{again}");
    let started = send(&site, "start_clone", &format!("{fields}&confirm=s3%3A%2F%2Ftarget")).await;
    assert!(leads_to(&started).starts_with("/jobs/"), "{}", leads_to(&started));
}

#[tokio::test]
async fn a_page_whose_plan_does_not_hold_any_more_comes_back_with_what_changed() {
    let site = site().await;
    let before = plan(&site).await;
    site.s3.delete("target", "y").unwrap();
    let fields = format!("{FORM}&key=a&plan={before}&confirm=s3%3A%2F%2Ftarget");
    let refused = send(&site, "start_clone", &fields).await;
    let shown = page(&site, leads_to(&refused)).await;
    assert!(shown.contains("to delete 2 → 1") && shown.contains("Delete 1 object, copy 1"), "{shown}");
    assert!(!shown.contains(&format!("name=\"plan\" value=\"{before}\"")), "{shown}");
    assert_eq!(site.json("/api/v1/jobs").await["items"], json!([]));
}
