//! Scheduled mirrors: what a standing consent covers is deleted, all else waits for a person or is left alone.

use db::testing::{age_jobs, delete_job};
use model::{Job, State};
use reqwest::{Method, Response};
use serde_json::{Value, json};
use testing::{Span as _, eventually_async, seen, within};

use crate::{
    http::api::problem,
    http::pages::{inside, leads_to, page, send},
    support::server::TestServer,
};

/// `a` is only at the source, eight objects are at both, `x` and `y` are only at the target.
async fn server() -> TestServer {
    let server = TestServer::open().await;
    for number in 0..8 {
        for bucket in ["source", "target"] {
            server.s3.put(bucket, &format!("same-{number}"), b"same").await.unwrap();
        }
    }
    for key in ["x", "y"] {
        server.s3.put("target", key, "lost").await.unwrap();
    }
    server
}

fn request(consent: &Value) -> Value {
    json!({
        "name": "mirror", "cron": "0 2 * * *", "consent": consent, "confirm": "s3://target",
        "clone": {"source": "s3://source", "destination": "s3://target", "mode": "mirror"},
    })
}

/// Makes the schedule; returns its path.
async fn scheduled(server: &TestServer, consent: &Value) -> String {
    let made = server.post("/api/v1/schedules", &request(consent)).await;
    assert_eq!(made.status(), 201, "{consent}");
    let made: Value = made.json().await.unwrap();
    assert_eq!((&made["consent"]["limits"], &made["consent"]["by"]), (consent, &json!("local")));
    format!("/api/v1/schedules/{}", made["id"].as_str().unwrap())
}

async fn act(server: &TestServer, path: &str) -> Response {
    server.request(Method::POST, path).send().await.unwrap()
}

/// Runs the job of an accepted answer to its end.
async fn ended(server: &TestServer, accepted: Response) -> Job {
    assert_eq!(accepted.status(), 202);
    let job: Job = accepted.json().await.unwrap();
    let runner = server.runner().await;
    let probe = || async { seen(server.app.db.job(job.id).await.unwrap(), |job| job.state.ended()) };
    let ended = eventually_async("the job ends", within(2.mins()), probe).await;
    runner.stop().await;
    ended
}

async fn fired(server: &TestServer, path: &str) -> Job {
    ended(server, act(server, &format!("{path}/run")).await).await
}

async fn waits(server: &TestServer, path: &str) -> Value {
    server.json(&format!("{path}/firings")).await["items"][0]["waits"].clone()
}

fn code(job: &Job) -> &str {
    job.error.as_ref().map_or("", |error| &error.code)
}

async fn confirm(server: &TestServer, path: &str, plan: &str, typed: &str) -> Response {
    server.post(&format!("{path}/confirm"), &json!({"plan": plan, "confirm": typed})).await
}

#[tokio::test(flavor = "multi_thread")]
async fn firing_deletes_up_to_its_consent_exactly() {
    for (consent, covered) in [
        (json!({"objects": 3}), true),
        (json!({"objects": 2}), true),
        (json!({"objects": 1}), false),
        (json!({"percent": 20}), true),
        (json!({"percent": 19}), false),
        (json!({"objects": 2, "percent": 19}), false),
    ] {
        let server = server().await;
        let path = scheduled(&server, &consent).await;
        let job = fired(&server, &path).await;
        let log = server.json(&format!("/api/v1/jobs/{}/log", job.id)).await;
        let decided = log["items"].as_array().unwrap().iter().find(|event| event["kind"] == "decided").unwrap();
        let said = decided["detail"].as_str().unwrap();
        assert!(said.contains("standing consent of local to delete at most"), "{said}");
        assert!(server.s3.read("target", "a").await.unwrap().is_some(), "{consent}: copied either way");
        if covered {
            assert_eq!((job.state, job.progress.deleted), (State::Succeeded, 2), "{consent}: {job:?}");
            assert!(said.contains("deletes 2 of 10 objects, within"), "{said}");
            assert_eq!(server.s3.count("target").unwrap(), 9);
        } else {
            assert_eq!((job.state, code(&job)), (State::Failed, "needs_confirmation"), "{consent}: {job:?}");
            assert!(job.proof.is_some() && job.progress.deleted == 0);
            assert_eq!(server.s3.count("target").unwrap(), 11);
        }
        assert_eq!(waits(&server, &path).await.is_null(), covered, "{consent}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn emptied_source_deletes_nothing_under_any_consent() {
    let server = server().await;
    server.s3.delete("source", "a").unwrap();
    for number in 0..8 {
        server.s3.delete("source", &format!("same-{number}")).unwrap();
    }
    let path = scheduled(&server, &json!({"objects": 1000, "percent": 100})).await;
    let job = fired(&server, &path).await;
    assert_eq!(server.s3.count("target").unwrap(), 10, "{job:?}");
    assert_eq!((job.state, job.progress.deleted), (State::Failed, 0));
    assert_eq!(code(&job), "needs_confirmation", "{job:?}");
    let why = waits(&server, &path).await["exceeds"].as_str().unwrap().to_owned();
    assert!(why.contains("The source has no objects"), "{why}");
}

#[tokio::test(flavor = "multi_thread")]
async fn empty_destination_is_within_every_consent() {
    let server = TestServer::open().await;
    let path = scheduled(&server, &json!({"objects": 0, "percent": 0})).await;
    let job = fired(&server, &path).await;
    assert_eq!((job.state, job.progress.done, job.progress.deleted), (State::Succeeded, 1, 0), "{job:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn unreadable_source_deletes_nothing() {
    let server = server().await;
    let path = scheduled(&server, &json!({"percent": 100})).await;
    let queued = act(&server, &format!("{path}/run")).await;
    server.s3.delete("source", "a").unwrap();
    for number in 0..8 {
        server.s3.delete("source", &format!("same-{number}")).unwrap();
    }
    let gone = reqwest::Client::new().delete(format!("{}/source", server.s3.url())).send().await.unwrap();
    assert_eq!(gone.status(), 204);
    let job = ended(&server, queued).await;
    assert_eq!((job.state, code(&job)), (State::Failed, "no_bucket"), "{job:?}");
    assert!(job.error.unwrap().message.contains("othing was deleted"));
    assert_eq!(server.s3.count("target").unwrap(), 10);
}

#[tokio::test(flavor = "multi_thread")]
async fn waiting_plan_is_deleted_once_confirmed() {
    let server = server().await;
    let path = scheduled(&server, &json!({"objects": 1})).await;
    fired(&server, &path).await;
    let waits = waits(&server, &path).await;
    let plan = waits["plan"]["id"].as_str().unwrap();
    assert_eq!((&waits["plan"]["to_delete"], &waits["examples"]), (&json!(2), &json!(["x", "y"])));
    let mistyped = problem(confirm(&server, &path, plan, "target").await).await;
    assert_eq!((&mistyped["status"], &mistyped["field"]), (&json!(422), &json!("confirm")));
    let other = problem(confirm(&server, &path, &"0".repeat(64), "s3://target").await).await;
    assert_eq!((&other["status"], &other["plan"]), (&json!(409), &json!(plan)));
    let job = ended(&server, confirm(&server, &path, plan, "s3://target").await).await;
    assert_eq!((job.state, job.progress.deleted), (State::Succeeded, 2), "{job:?}");
    assert_eq!(server.s3.count("target").unwrap(), 9);
    let firings = server.json(&format!("{path}/firings")).await;
    let items = firings["items"].as_array().unwrap();
    assert_eq!(
        (&items[0]["by"], &items[0]["state"], &items[1]["waits"]),
        (&json!("local"), &json!("succeeded"), &Value::Null)
    );
    assert_eq!(confirm(&server, &path, plan, "s3://target").await.status(), 409, "once");
}

#[tokio::test(flavor = "multi_thread")]
async fn plan_changed_since_deletes_nothing() {
    let server = server().await;
    let path = scheduled(&server, &json!({"objects": 1})).await;
    fired(&server, &path).await;
    let plan = waits(&server, &path).await["plan"]["id"].as_str().unwrap().to_owned();
    server.s3.put("target", "z", "new").await.unwrap();
    let job = ended(&server, confirm(&server, &path, &plan, "s3://target").await).await;
    assert_eq!((job.state, code(&job), job.progress.deleted), (State::Failed, "plan_changed", 0), "{job:?}");
    assert_eq!(server.s3.count("target").unwrap(), 12);
}

#[tokio::test(flavor = "multi_thread")]
async fn plan_waits_until_it_expires_or_is_overtaken() {
    let server = server().await;
    let path = scheduled(&server, &json!({"objects": 1})).await;
    let first = fired(&server, &path).await;
    let plan = waits(&server, &path).await["plan"]["id"].as_str().unwrap().to_owned();
    age_jobs(&server.app.db, 73 * 3_600_000).await;
    assert!(waits(&server, &path).await.is_null());
    assert_eq!(confirm(&server, &path, &plan, "s3://target").await.status(), 409);

    fired(&server, &path).await;
    let firings = server.json(&format!("{path}/firings")).await;
    assert!(firings["items"][0]["waits"].is_object() && firings["items"][1]["waits"].is_null(), "{firings}");
    let revision = server.json(&path).await["revision"].clone();
    let mut edit = request(&json!({"objects": 1}));
    edit["revision"] = revision;
    edit["clone"]["include"] = json!(["same-*"]);
    let edited = server.request(Method::PUT, &path).json(&edit).send().await.unwrap();
    assert_eq!(edited.status(), 200);
    assert!(waits(&server, &path).await.is_null(), "it is the plan of another mirror by now");
    delete_job(&server.app.db, first.id).await;
    let firings = server.json(&format!("{path}/firings")).await;
    assert_eq!((&firings["items"][1]["state"], &firings["items"][1]["outcome"]), (&Value::Null, &json!("started")));
}

#[tokio::test]
async fn mirror_schedule_without_valid_consent_is_refused() {
    let server = server().await;
    let copy = json!({"source": "s3://source", "destination": "s3://target"});
    for (field, key, value) in [
        ("clone.mode", "consent", Value::Null),
        ("consent", "consent", json!({})),
        ("consent.percent", "consent", json!({"percent": 101})),
        ("confirm", "confirm", json!("target")),
        ("confirm", "confirm", Value::Null),
        ("consent", "clone", copy),
    ] {
        let mut body = request(&json!({"objects": 5}));
        body[key] = value.clone();
        let problem = problem(server.post("/api/v1/schedules", &body).await).await;
        assert_eq!((&problem["status"], &problem["field"]), (&json!(422), &json!(field)), "{value}: {problem}");
    }
    assert_eq!(server.json("/api/v1/schedules").await["items"], json!([]));
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_make_show_and_confirm_a_scheduled_mirror() {
    let server = server().await;
    let values = "name=mirror&cron=0+2+*+*+*&source_bucket=source&destination_bucket=target&mode=mirror";
    let without = page(&server, leads_to(&send(&server, "create_schedule", values).await)).await;
    assert!(without.contains("name of the destination"), "{without}");
    let wrong = format!("{values}&consent_objects=1&consent_percent=300&confirm=s3%3A%2F%2Ftarget");
    let wrong = page(&server, leads_to(&send(&server, "create_schedule", &wrong).await)).await;
    assert!(inside(&wrong, "consent-fault", "p").contains("0 to 100"), "{wrong}");
    let made = send(&server, "create_schedule", &format!("{values}&consent_objects=1&confirm=s3%3A%2F%2Ftarget")).await;
    let id = leads_to(&made).split_once('=').unwrap().1.to_owned();
    let job = fired(&server, &format!("/api/v1/schedules/{id}")).await;
    let list = page(&server, "/schedules").await;
    assert!(list.contains("waits for a confirmation"), "{list}");
    let story = page(&server, &format!("/schedules/{id}")).await;
    for text in ["2 objects, 8 B", "would be deleted", "at most 1 object, by local", "Delete 2 objects", "s3://target"]
    {
        assert!(story.contains(text), "{text}: {story}");
    }
    let shown = page(&server, &format!("/jobs/{}", job.id)).await;
    assert!(shown.contains("Standing consent") && shown.contains("Not covered"), "{shown}");
    let plan = waits(&server, &format!("/api/v1/schedules/{id}")).await["plan"]["id"].as_str().unwrap().to_owned();
    let form = format!("id={id}&plan={plan}&confirm=");
    let mistyped = send(&server, "confirm_schedule", &format!("{form}target")).await;
    let again = page(&server, leads_to(&mistyped)).await;
    assert!(again.contains("does not match the destination exactly"), "{again}");
    let started = send(&server, "confirm_schedule", &format!("{form}s3%3A%2F%2Ftarget")).await;
    assert!(leads_to(&started).starts_with("/jobs/"), "{:?}", leads_to(&started));
    let late = send(&server, "confirm_schedule", &format!("{form}s3%3A%2F%2Ftarget")).await;
    assert!(leads_to(&late).starts_with(&format!("/schedules/{id}?problem=")), "{:?}", leads_to(&late));
}
