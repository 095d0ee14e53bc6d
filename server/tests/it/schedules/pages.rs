//! The pages of schedules as the server sends them: the list, the form, and what their buttons do.

use db::Due;
use model::{Task, Time};
use reqwest::Method;
use serde_json::json;

use crate::{
    http::pages::{inside, leads_to, page, send},
    support::server::TestServer,
};

const PLACES: &str = "source_bucket=source&destination_bucket=target";

#[tokio::test]
async fn empty_schedule_list_links_to_the_form() {
    let server = TestServer::open().await;
    let html = page(&server, "/schedules").await;
    assert!(html.contains("No schedules yet") && html.contains("href=\"/schedules/new\""), "{html}");
    assert!(html.contains("id=\"follow\" data-jobs=\"all\""), "it follows what its jobs do: {html}");
}

#[tokio::test]
async fn form_shows_next_times_and_creates_schedule() {
    let server = TestServer::open().await;
    let values = format!("{PLACES}&name=nightly&cron=30+2+*+*+*&verify_cron=0+5+*+*+0&zone=Pacific%2FAuckland");
    let checked = page(&server, &format!("/schedules/new?{values}&preview=1")).await;
    assert!(!checked.contains('✖') && !checked.contains("role=\"alert\""), "{checked}");
    assert!(checked.contains("every night at 02:30") && checked.contains("on Sundays at 05:00"), "{checked}");
    assert_eq!(checked.matches(" 02:30 +1").count(), 5, "{checked}");
    assert_eq!(checked.matches(" 05:00 +1").count(), 5, "{checked}");
    assert!(checked.contains("id=\"preview\""), "{checked}");

    let made = send(&server, "create_schedule", &values).await;
    let list = page(&server, leads_to(&made)).await;
    assert!(list.contains("nightly is scheduled.") && list.contains("source → target"), "{list}");
    assert!(list.contains("every night at 02:30") && list.contains("Pacific/Auckland"), "{list}");
    assert!(list.contains("never run") && list.contains("href=\"/jobs?author=schedule%20nightly\""), "{list}");
    let twice = send(&server, "create_schedule", &values).await;
    assert_eq!(leads_to(&twice), leads_to(&made), "a double click makes one schedule");
    let schedule = &server.json("/api/v1/schedules").await["items"][0];
    assert_eq!((&schedule["cron"], &schedule["verify_cron"]), (&json!("30 2 * * *"), &json!("0 5 * * 0")));
}

#[tokio::test]
async fn schedule_form_explains_wrong_values_at_fields() {
    let server = TestServer::open().await;
    for query in ["", "?name=a", "?source_bucket=source&zone=", "?mode=verify"] {
        let html = page(&server, &format!("/schedules/new{query}")).await;
        assert!(!html.contains('✖') && !html.contains("role=\"alert\""), "{query}: {html}");
    }
    server.schedule("taken").await;
    for (field, values, said) in [
        ("cron-fault", "cron=0+25+*+*+*", "in its hour, 25"),
        ("cron-fault", "cron=0+0+30+2+*", "a day that exists"),
        ("verify_cron-fault", "cron=0+2+*+*+*&verify_cron=never", "five fields"),
        ("verify_cron-fault", "cron=0+2+*+*+*&verify_cron=0+5+*+*+*&mode=verify", "already only compares"),
        ("zone-fault", "cron=0+2+*+*+*&zone=Pacific%2FAukland", "Pacific/Auckland?"),
        ("name-fault", "cron=0+2+*+*+*&name=taken&zone=Asia%2FTokyo", "Another schedule is named `taken`"),
        ("destination-bucket-fault", "cron=0+2+*+*+*&destination_bucket=nowhere", "`nowhere` does not exist"),
    ] {
        let places = if values.contains("destination_bucket") { "source_bucket=source" } else { PLACES };
        let name = if values.contains("name=") { "" } else { "&name=a" };
        let sent = send(&server, "create_schedule", &format!("{places}{name}&{values}")).await;
        let html = page(&server, leads_to(&sent)).await;
        assert!(inside(&html, field, "p").contains(said), "{values}: {html}");
        assert!(!html.contains("role=\"alert\""), "{values}: and not a second time in general words: {html}");
    }
    assert_eq!(server.json("/api/v1/schedules").await["items"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn schedule_buttons_pause_resume_run_and_delete() {
    let server = TestServer::open().await;
    let id = server.schedule("nightly").await;
    let act = async |action: &str| send(&server, "act_on_schedule", &format!("id={id}&action={action}")).await;
    let paused = page(&server, leads_to(&act("pause").await)).await;
    assert!(paused.contains(" paused") && paused.contains("value=\"resume\""), "{paused}");
    let resumed = page(&server, leads_to(&act("resume").await)).await;
    assert!(resumed.contains("value=\"pause\"") && resumed.contains("> in "), "{resumed}");

    let started = act("run").await;
    let job = leads_to(&started).to_owned();
    let story = page(&server, &job).await;
    assert!(story.contains("schedule nightly") && story.contains("started by hand by local"), "{story}");
    let list = page(&server, "/schedules").await;
    assert!(list.contains(&format!("href=\"{job}\"")) && list.contains("queued"), "{list}");
    let refused = page(&server, leads_to(&act("run").await)).await;
    assert!(refused.contains("role=\"alert\"") && refused.contains("last job has not ended"), "{refused}");

    let asked = page(&server, &format!("/schedules?delete={id}")).await;
    assert!(asked.contains("Delete schedule") && asked.contains("Keep schedule"), "{asked}");
    assert_eq!(leads_to(&act("delete").await), "/schedules");
    assert_eq!(server.request(Method::GET, &format!("/api/v1/schedules/{id}")).send().await.unwrap().status(), 404);
    assert!(page(&server, &job).await.contains("schedule nightly"), "its jobs stay");
}

#[tokio::test]
async fn clone_page_creates_a_schedule() {
    let server = TestServer::open().await;
    let body = json!({"source": "s3://source", "destination": "s3://target", "include": ["a*"], "dry_run": true});
    let job: serde_json::Value = server.post("/api/v1/clones", &body).await.json().await.unwrap();
    let html = page(&server, &format!("/jobs/{}", job["id"].as_str().unwrap())).await;
    let (_, repeat) = html.split_once("href=\"/schedules/new?").unwrap();
    let repeat = repeat.split_once('"').unwrap().0.replace("&amp;", "&");
    assert!(!repeat.contains("dry_run"), "{repeat}");
    let form = page(&server, &format!("/schedules/new?{repeat}")).await;
    assert!(form.contains("value=\"source\"") && form.contains("value=\"target\""), "{form}");
    assert_eq!(inside(&form, "include", "textarea"), "a*");
}

#[tokio::test]
async fn schedule_list_shows_last_result() {
    let server = TestServer::open().await;
    let id = server.schedule("nightly").await.parse().unwrap();
    let db = &server.app.db;
    let fire = async |missed: u32, refused: Option<&str>| {
        let schedule = &db.schedule(id).await.unwrap();
        let (due, now) = (schedule.next_at.unwrap(), db.now());
        let (next, refused) = (Some(Time(due.0 + 1)), refused.map(ToOwned::to_owned));
        db.fire(&Due { schedule, task: Task::Clone, due, next, missed, now, refused }).await.unwrap().unwrap();
        page(&server, "/schedules").await
    };
    let refused = fire(0, Some("Store <mars> is gone.")).await;
    assert!(refused.contains("mark bad") && refused.contains("refused (Store &lt;mars&gt; is gone.)"), "{refused}");
    let started = fire(3, None).await;
    assert!(started.contains(">started at <time") && started.contains(", 3 times missed before it"), "{started}");
    assert!(!started.contains("mark bad"), "{started}");
    let skipped = fire(0, None).await;
    let job = db.schedule(id).await.unwrap().job.unwrap();
    assert!(skipped.contains(&format!("skipped (job {} had not ended)", job.short())), "{skipped}");
    assert!(skipped.contains(&format!("href=\"/jobs/{job}\"")), "{skipped}");
}
