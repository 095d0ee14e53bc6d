//! Schedules that are edited, and the history of their firings: by API and by page.

use db::Due;
use model::{Task, Time};
use reqwest::{Method, Response, StatusCode};
use serde_json::{Value, json};

use crate::{
    http::pages::{inside, leads_to, page, send},
    support::server::TestServer,
};

fn body(revision: i64, cron: &str) -> Value {
    json!({
        "revision": revision, "name": "nightly", "cron": cron,
        "clone": {"source": "s3://source", "destination": "s3://target"},
    })
}

async fn put(server: &TestServer, id: &str, body: &Value) -> Response {
    server.request(Method::PUT, &format!("/api/v1/schedules/{id}")).json(body).send().await.unwrap()
}

#[tokio::test]
async fn schedule_edit_replaces_all_and_recomputes_times() {
    let server = TestServer::open().await;
    let id = server.schedule("nightly").await;
    let before = server.json(&format!("/api/v1/schedules/{id}")).await;
    let edit = json!({
        "revision": before["revision"], "name": "early", "cron": " 30  4 * * * ", "verify_cron": "0 6 * * *",
        "zone": "Pacific/Auckland", "clone": {"source": "s3://source", "destination": "s3://target/b/", "include": ["a"]},
    });
    let answer = put(&server, &id, &edit).await;
    assert_eq!(answer.status(), StatusCode::OK);
    let after: Value = answer.json().await.unwrap();
    assert_eq!(
        (&after["name"], &after["cron"], &after["revision"]),
        (&json!("early"), &json!("30 4 * * *"), &json!(2))
    );
    assert_eq!((&after["clone"]["include"], &after["edited_by"]), (&json!(["a"]), &json!("local")));
    assert!(after["next_at"] != before["next_at"] && after["verify_next_at"].is_string());
    assert_eq!(server.json(&format!("/api/v1/schedules/{id}")).await, after);
}

#[tokio::test]
async fn schedule_edit_is_checked_like_a_new_one() {
    let server = TestServer::open().await;
    let id = server.schedule("nightly").await;
    server.schedule("taken").await;
    for (field, status, value) in [
        ("cron", 422, json!("0 25 * * *")),
        ("zone", 422, json!("Nowhere")),
        ("name", 409, json!("taken")),
        ("clone.destination.bucket", 422, json!({"source": "s3://source", "destination": "s3://nowhere"})),
    ] {
        let mut edit = body(1, "0 2 * * *");
        edit[field.split('.').next().unwrap()] = value;
        let answer = put(&server, &id, &edit).await;
        assert_eq!(answer.status(), status, "{field}");
        assert_eq!(answer.json::<Value>().await.unwrap()["field"], field);
    }
    let mut without = body(1, "0 2 * * *");
    without.as_object_mut().unwrap().remove("revision");
    assert_eq!(put(&server, &id, &without).await.status(), 422);
    assert_eq!(server.json(&format!("/api/v1/schedules/{id}")).await["revision"], 1, "nothing refused was written");
}

#[tokio::test]
async fn concurrent_schedule_edit_is_refused_not_lost() {
    let server = TestServer::open().await;
    let id = server.schedule("nightly").await;
    assert_eq!(put(&server, &id, &body(1, "0 3 * * *")).await.status(), StatusCode::OK);
    let late = put(&server, &id, &body(1, "0 4 * * *")).await;
    assert_eq!(late.status(), StatusCode::CONFLICT);
    let problem: Value = late.json().await.unwrap();
    assert_eq!(problem["field"], "revision");
    assert!(problem["detail"].as_str().unwrap().contains("edited by local"), "{problem}");
    assert_eq!(server.json(&format!("/api/v1/schedules/{id}")).await["cron"], "0 3 * * *");
    assert_eq!(put(&server, &id, &body(2, "0 4 * * *")).await.status(), StatusCode::OK);
}

#[tokio::test]
async fn firings_are_listed_with_their_jobs_state() {
    let server = TestServer::open().await;
    let id = server.schedule("nightly").await;
    let run = server.request(Method::POST, &format!("/api/v1/schedules/{id}/run")).send().await.unwrap();
    let job: Value = run.json().await.unwrap();
    let db = &server.app.db;
    let schedule = &db.schedule(id.parse().unwrap()).await.unwrap();
    let (due, now) = (schedule.next_at.unwrap(), db.now());
    let next = Some(Time(due.0 + 1));
    db.fire(&Due { schedule, task: Task::Clone, due, next, missed: 0, now, refused: None }).await.unwrap();
    let path = format!("/api/v1/schedules/{id}/firings");
    let list = server.json(&path).await;
    let [skipped, by_hand] = list["items"].as_array().unwrap().as_slice() else { panic!("{list}") };
    assert_eq!(
        (&skipped["outcome"], &skipped["job"], &skipped["state"]),
        (&json!("skipped"), &job["id"], &Value::Null)
    );
    assert_eq!(
        (&by_hand["outcome"], &by_hand["by"], &by_hand["state"]),
        (&json!("started"), &json!("local"), &json!("queued"))
    );
    let first = server.json(&format!("{path}?limit=1")).await;
    let rest = server.json(&format!("{path}?after={}", first["next"].as_str().unwrap())).await;
    assert_eq!((&first["items"][0], &rest["items"]), (skipped, &json!([by_hand])));
    assert_eq!(server.get(&format!("{path}?limit=0")).await.status(), 422);
    let unknown = "/api/v1/schedules/0198c0de-0000-7000-8000-000000000000/firings";
    assert_eq!(server.get(unknown).await.status(), 404);
}

#[tokio::test]
async fn edit_page_is_filled_and_saves() {
    let server = TestServer::open().await;
    let id = server.schedule("nightly").await;
    let list = page(&server, "/schedules").await;
    assert!(list.contains(&format!("href=\"/schedules/{id}/edit\"")), "{list}");
    let form = page(&server, &format!("/schedules/{id}/edit")).await;
    for value in [
        "value=\"nightly\"",
        "value=\"0 2 * * *\"",
        "value=\"source\"",
        "value=\"target\"",
        "name=\"revision\" value=\"1\"",
    ] {
        assert!(form.contains(value), "{value}: {form}");
    }
    assert!(!form.contains('✖') && form.contains("Save changes"), "its own name is not taken: {form}");
    let values = format!("id={id}&name=early&cron=0+4+*+*+*&source_bucket=source&destination_bucket=target");
    let saved = send(&server, "edit_schedule", &format!("{values}&revision=1")).await;
    let story = page(&server, leads_to(&saved)).await;
    assert!(story.contains("The changes are saved.") && story.contains("Schedule early"), "{story}");

    let late = send(&server, "edit_schedule", &format!("{values}9&revision=1")).await;
    let refused = page(&server, leads_to(&late)).await;
    assert!(refused.contains("was edited by local") && refused.contains("Nothing was saved"), "{refused}");
    assert_eq!(refused.matches("role=\"alert\"").count(), 1, "{refused}");
    assert!(refused.contains("value=\"target9\"") && refused.contains("name=\"overwrite\" value=\"2\""), "{refused}");
    let knowingly = send(&server, "edit_schedule", &format!("{values}&revision=1&overwrite=2&zone=Asia%2FTokyo")).await;
    assert!(page(&server, leads_to(&knowingly)).await.contains("Asia/Tokyo"));
    let wrong = send(&server, "edit_schedule", &format!("{values}&revision=3&verify_cron=never")).await;
    let html = page(&server, leads_to(&wrong)).await;
    assert!(inside(&html, "verify_cron-fault", "p").contains("five fields"), "{html}");
}

#[tokio::test]
async fn schedule_page_shows_its_history() {
    let server = TestServer::open().await;
    let id = server.schedule("nightly").await;
    let path = format!("/schedules/{id}");
    assert!(page(&server, &path).await.contains("No firings recorded"));
    let db = &server.app.db;
    for refused in [Some("Store <mars> is gone."), None, None] {
        let schedule = &db.schedule(id.parse().unwrap()).await.unwrap();
        let (due, now) = (schedule.next_at.unwrap(), db.now());
        let (next, refused) = (Some(Time(due.0 + 1)), refused.map(ToOwned::to_owned));
        db.fire(&Due { schedule, task: Task::Clone, due, next, missed: 0, now, refused }).await.unwrap().unwrap();
    }
    let job = db.schedule(id.parse().unwrap()).await.unwrap().job.unwrap();
    let html = page(&server, &path).await;
    for text in ["refused (Store &lt;mars&gt; is gone.)", "skipped (job", "queued", &format!("href=\"/jobs/{job}\"")] {
        assert!(html.contains(text), "{text}: {html}");
    }
    assert_eq!(server.get("/schedules/17").await.status(), 404);
}
