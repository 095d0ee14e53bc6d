//! Alerts about schedules: opened by a firing that fails, is skipped or waits, and resolved by a later success only.

use db::Due;
use model::{ScheduleId, State, Task, Time};
use reqwest::Method;
use serde_json::{Value, json};
use testing::{Span as _, eventually_async, seen, within};

use crate::{
    alerts::delivery::{Receiver, alerts, server_notifying_of},
    http::pages::page,
    support::server::{TestServer, pipeline},
};

/// Handles the next time of a schedule, as the scheduler does.
async fn fire(server: &TestServer, id: &str, refused: Option<&str>) {
    let db = &server.app.db;
    let schedule = &db.schedule(id.parse().unwrap()).await.unwrap();
    let (due, now) = (schedule.next_at.unwrap(), db.now());
    let (next, refused) = (Some(Time(due.0 + 1)), refused.map(ToOwned::to_owned));
    db.fire(&Due { schedule, task: Task::Clone, due, next, missed: 0, now, refused }).await.unwrap().unwrap();
}

async fn start(server: &TestServer, id: &str) {
    let started = server.request(Method::POST, &format!("/api/v1/schedules/{id}/run")).send().await.unwrap();
    assert_eq!(started.status(), 202);
}

/// Runs the last job of the schedule to its end.
async fn work(server: &TestServer, id: &str) -> State {
    let (db, id) = (&server.app.db, id.parse::<ScheduleId>().unwrap());
    let job = db.schedule(id).await.unwrap().job.unwrap();
    let runner = server.runner().await;
    let probe = || async { seen(db.job(job).await.unwrap().state, |state| state.ended()) };
    let state = eventually_async("the job ends", within(2.mins()), probe).await;
    runner.stop().await;
    state
}

/// Waits until these are the kinds of the schedule's alerts in this state, in the order of their names.
async fn until(server: &TestServer, id: &str, state: &str, kinds: &[&str]) -> Vec<Value> {
    let sorted = |list: &Value| {
        let mut items = list["items"].as_array().unwrap().clone();
        items.sort_by_key(|alert| alert["kind"].as_str().unwrap().to_owned());
        items
    };
    let expected = |list: &Value| {
        let found: Vec<Value> = sorted(list).iter().map(|alert| alert["kind"].clone()).collect();
        json!(found) == json!(kinds)
    };
    let path = format!("/api/v1/alerts?schedule={id}&state={state}");
    sorted(&server.json_once(&path, expected).await)
}

#[tokio::test(flavor = "multi_thread")]
async fn failed_and_skipped_firings_notify_until_a_success() {
    let receiver = Receiver::listen(Vec::new()).await;
    let server = server_notifying_of(&receiver, pipeline()).await;
    let tasks = alerts(&server, "one").await;
    let id = server.schedule("nightly").await;
    fire(&server, &id, Some("Store `mars` is gone.")).await;
    let [failed] = until(&server, &id, "open", &["job_failed"]).await.try_into().unwrap();
    assert_eq!(failed["schedule"], json!({"id": id, "name": "nightly"}));
    assert_eq!(failed["reason"], "The last firing failed: Store `mars` is gone.");
    fire(&server, &id, None).await;
    fire(&server, &id, None).await;
    until(&server, &id, "open", &["job_failed", "skipped"]).await;
    assert_eq!(work(&server, &id).await, State::Succeeded);
    let heard = receiver.heard(2).await;
    let message = |index: usize| serde_json::from_str::<Value>(&heard[index].body).unwrap();
    assert!(message(0)["text"].as_str().unwrap().starts_with("schedule nightly, job_failed."), "{}", message(0));
    assert_eq!(message(0)["link"], format!("https://logyard.example.com/schedules/{id}"));
    assert_eq!(message(1)["alert"]["kind"], "skipped");
    let shown = page(&server, &format!("/schedules/{id}")).await;
    assert!(shown.contains("Schedule skipped"), "the skipped time came after the job that succeeded: {shown}");
    start(&server, &id).await;
    assert_eq!(work(&server, &id).await, State::Succeeded);
    until(&server, &id, "resolved", &["job_failed", "skipped"]).await;
    until(&server, &id, "open", &[]).await;
    drop(tasks);
}

#[tokio::test(flavor = "multi_thread")]
async fn mirror_that_waits_notifies_until_it_is_confirmed() {
    let server = TestServer::open().await;
    server.s3.put("target", "x", "lost").await.unwrap();
    let tasks = alerts(&server, "one").await;
    let body = json!({
        "name": "mirror", "cron": "0 2 * * *", "consent": {"objects": 0}, "confirm": "s3://target",
        "clone": {"source": "s3://source", "destination": "s3://target", "mode": "mirror"},
    });
    let made: Value = server.post("/api/v1/schedules", &body).await.json().await.unwrap();
    let id = made["id"].as_str().unwrap();
    start(&server, id).await;
    assert_eq!(work(&server, id).await, State::Failed);
    let [waits] = until(&server, id, "open", &["unconfirmed"]).await.try_into().unwrap();
    assert!(waits["reason"].as_str().unwrap().starts_with("Nothing was deleted: 1 object would be deleted"), "{waits}");
    let shown = page(&server, &format!("/alerts/{}", waits["id"].as_str().unwrap())).await;
    assert!(
        shown.contains("Mirror waits for a confirmation") && shown.contains(&format!("/schedules/{id}")),
        "{shown}"
    );
    let firings = server.json(&format!("/api/v1/schedules/{id}/firings")).await;
    let confirmation = json!({"plan": firings["items"][0]["waits"]["plan"]["id"], "confirm": "s3://target"});
    assert_eq!(server.post(&format!("/api/v1/schedules/{id}/confirm"), &confirmation).await.status(), 202);
    assert_eq!(work(&server, id).await, State::Succeeded);
    until(&server, id, "resolved", &["unconfirmed"]).await;
    drop(tasks);
}

#[tokio::test(flavor = "multi_thread")]
async fn deleted_job_leaves_the_alert_open() {
    let server = TestServer::open().await;
    let id = server.schedule("nightly").await;
    let tasks = alerts(&server, "one").await;
    server.s3.delete("source", "a").unwrap();
    let gone = reqwest::Client::new().delete(format!("{}/source", server.s3.url())).send().await.unwrap();
    assert_eq!(gone.status(), 204);
    fire(&server, &id, None).await;
    assert_eq!(work(&server, &id).await, State::Failed);
    let [failed] = until(&server, &id, "open", &["job_failed"]).await.try_into().unwrap();
    let job = server.app.db.schedule(id.parse().unwrap()).await.unwrap().job.unwrap();
    db::testing::delete_job(&server.app.db, job).await;
    let before = server.app.db.evaluated_at().await.unwrap();
    let probe = || async {
        seen(server.app.db.evaluated_at().await.unwrap(), |at| at.map(|at| at.0 - 200) > before.map(|at| at.0))
    };
    eventually_async("conditions are evaluated again", within(2.mins()), probe).await;
    assert_eq!(until(&server, &id, "open", &["job_failed"]).await[0]["id"], failed["id"]);
    drop(tasks);
}
