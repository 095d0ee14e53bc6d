//! The pages of reprocesses, runs and pipelines as a browser without JavaScript gets them.

use reqwest::StatusCode;

use crate::{
    http::pages::{inside, leads_to, page, send},
    reprocess::api::with_logs,
    support::server::TestServer,
};

const WINDOW: &str = "pipeline=api&from=2026-03-09T14%3A00&to=2026-03-09T14%3A30";

/// The value of the form's start button.
fn plan(page: &str) -> String {
    let (_, rest) = page.split_once("name=\"plan\"").unwrap();
    let (_, rest) = rest.split_once("value=\"").unwrap();
    rest.split_once('"').unwrap().0.to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn reprocess_form_starts_exactly_what_it_previewed() {
    let server = with_logs(&[5, 10]).await;
    let empty = page(&server, "/reprocesses/new").await;
    assert!(empty.contains("yesterday") && empty.contains("api: s3://logs → file"));
    assert!(!empty.contains("id=\"preview\""));

    let shown = page(&server, &format!("/reprocesses/new?{WINDOW}&preview=1")).await;
    for text in ["Send 2 objects", "id=\"preview\"", "Objects, from", "to send", "logyard reprocess s3://logs"] {
        assert!(shown.contains(text), "{text}");
    }
    let plan = plan(&shown);
    assert_eq!(plan.len(), 64);
    let sent = send(&server, "start_reprocess", &format!("{WINDOW}&key=abc&plan={plan}")).await;
    let job = leads_to(&sent);
    assert_eq!(
        leads_to(&send(&server, "start_reprocess", &format!("{WINDOW}&key=abc&plan={plan}")).await),
        job,
        "a double click is one job"
    );
    let story = page(&server, job).await;
    assert!(story.contains("reprocess") && story.contains("send exactly the previewed objects"));

    server.s3.put("logs", "AWSLogs/late.log", "").await.unwrap();
    let late = crate::reprocess::api::key(15);
    server.s3.put("logs", &late, "").await.unwrap();
    let refused = send(&server, "start_reprocess", &format!("{WINDOW}&key=other&plan={plan}")).await;
    let back = leads_to(&refused);
    assert!(back.contains("problem=conflict") && back.contains("preview=1"), "{back}");
    assert!(page(&server, back).await.contains("The bucket has changed since the preview"));
}

#[tokio::test(flavor = "multi_thread")]
async fn invalid_value_is_explained_at_its_field() {
    let server = TestServer::open().await;
    for (query, field, text) in [
        ("pipeline=web", "pipeline-fault", "pick one of `api`"),
        ("pipeline=api&from=noon", "from-fault", "a time like"),
        ("pipeline=api&from=2026-03-09T14:00&to=2026-03-09T13:00", "to-fault", "a time after"),
        ("pipeline=api&max_events_per_second=0", "rate-fault", "a whole number from 1"),
        ("pipeline=api&dead_letters_of=17", "dead-letters-of-fault", "UUID"),
    ] {
        let html = page(&server, &format!("/reprocesses/new?{query}&preview=1")).await;
        assert!(inside(&html, field, "p").contains(text), "{query}: {html}");
    }
    let hostile = page(&server, "/reprocesses/new?pipeline=api&keys=%3C%2Ftextarea%3E%3Cscript%3E&preview=1").await;
    assert!(!hostile.contains("</textarea><script>"));
}

#[tokio::test(flavor = "multi_thread")]
async fn run_and_pipeline_pages_escape_log_lines() {
    let server = TestServer::open().await;
    let nothing = page(&server, "/runs").await;
    assert!(nothing.contains("No runs yet"));
    let (_, run) = server.job_that_left_everything().await;
    let list = page(&server, "/runs?pipeline=api&outcome=partial").await;
    assert!(list.contains(&format!("/runs/{run}")) && list.contains("partial") && list.contains("Lines, from"));
    assert!(page(&server, "/runs?outcome=sent").await.contains("No matching runs"));
    assert_eq!(server.get("/runs?outcome=lost").await.status(), StatusCode::UNPROCESSABLE_ENTITY);

    let one = page(&server, &format!("/runs/{run}")).await;
    assert!(!one.contains("<script>alert(1)") && one.contains("&lt;script&gt;alert(1)"), "escaped");
    assert!(one.contains("AWSLogs/&lt;b&gt;a&lt;/b&gt;.log") && one.contains("Reprocess this object"));
    assert!(one.contains("1 of 2 records could not be parsed."));
    assert_eq!(server.get("/runs/0198c0de-0000-7000-8000-000000000000").await.status(), StatusCode::NOT_FOUND);

    let pipelines = page(&server, "/pipelines").await;
    assert!(pipelines.contains("/pipelines/api") && pipelines.contains("last run incomplete"));
    let pipeline = page(&server, "/pipelines/api").await;
    assert!(pipeline.contains("since the last run started") && pipeline.contains("Intervals without runs"));
    assert_eq!(server.get("/pipelines/web").await.status(), StatusCode::NOT_FOUND);
    let settings = page(&server, "/settings").await;
    assert!(settings.contains("Sinks and pipelines") && settings.contains("received.ndjson"));
}

#[tokio::test(flavor = "multi_thread")]
async fn untouched_form_previews_by_preset_and_starts_nothing() {
    let server = with_logs(&[5]).await;
    let untouched = page(&server, "/reprocesses/new").await;
    let (_, preset) = untouched.split_once("href=\"/reprocesses/new?pipeline=api&amp;from=").expect("a preset of it");
    let preset = preset.split_once('"').unwrap().0.replace("&amp;", "&");
    let shown = page(&server, &format!("/reprocesses/new?pipeline=api&from={preset}")).await;
    assert!(shown.contains("id=\"preview\""), "a preset previews at once");

    let refused = send(&server, "start_reprocess", "pipeline=api&key=one").await;
    let back = leads_to(&refused).to_owned();
    assert!(back.starts_with("/reprocesses/new?"), "{back}");
    assert!(page(&server, &back).await.contains("All objects of the pipeline"));
    assert_eq!(server.json("/api/v1/jobs").await["items"], serde_json::json!([]));
    let started = send(&server, "start_reprocess", "pipeline=api&whole=on&key=two").await;
    assert!(leads_to(&started).starts_with("/jobs/"));
}
