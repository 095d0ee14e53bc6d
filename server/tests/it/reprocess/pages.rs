//! The pages of reprocesses, runs and pipelines as a browser without JavaScript gets them.

use reqwest::StatusCode;

use crate::{
    http::pages::{inside, leads_to, page, send},
    reprocess::api::with_logs,
    support::server::Site,
};

const WINDOW: &str = "pipeline=api&from=2026-03-09T14%3A00&to=2026-03-09T14%3A30";

/// The value of the button that starts it.
fn plan(page: &str) -> String {
    let (_, rest) = page.split_once("name=\"plan\"").unwrap();
    let (_, rest) = rest.split_once("value=\"").unwrap();
    rest.split_once('"').unwrap().0.to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_form_shows_a_time_line_and_starts_exactly_what_it_showed() {
    let site = with_logs(&[5, 10]).await;
    let empty = page(&site, "/reprocesses/new").await;
    assert!(empty.contains("yesterday") && empty.contains("api: s3://logs → file"));
    assert!(!empty.contains("What it would send"));

    let shown = page(&site, &format!("/reprocesses/new?{WINDOW}&preview=1")).await;
    for text in ["Send 2 objects", "What it would send", "Objects, from", "to send", "logyard reprocess s3://logs"] {
        assert!(shown.contains(text), "{text}");
    }
    let plan = plan(&shown);
    assert_eq!(plan.len(), 64);
    let sent = send(&site, "start_reprocess", &format!("{WINDOW}&key=abc&plan={plan}")).await;
    let job = leads_to(&sent);
    assert_eq!(
        leads_to(&send(&site, "start_reprocess", &format!("{WINDOW}&key=abc&plan={plan}")).await),
        job,
        "a double click is one job"
    );
    let story = page(&site, job).await;
    assert!(story.contains("reprocess") && story.contains("send exactly the objects of its preview"));

    site.s3.put("logs", "AWSLogs/late.log", "").await.unwrap();
    let late = crate::reprocess::api::key(15);
    site.s3.put("logs", &late, "").await.unwrap();
    let refused = send(&site, "start_reprocess", &format!("{WINDOW}&key=other&plan={plan}")).await;
    let back = leads_to(&refused);
    assert!(back.contains("problem=conflict") && back.contains("preview=1"), "{back}");
    assert!(page(&site, back).await.contains("The bucket has changed since the preview"));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_does_not_fit_is_told_at_its_field() {
    let site = Site::open().await;
    for (query, field, text) in [
        ("pipeline=web", "pipeline-fault", "pick one of `api`"),
        ("pipeline=api&from=noon", "from-fault", "a time like"),
        ("pipeline=api&from=2026-03-09T14:00&to=2026-03-09T13:00", "to-fault", "a time after"),
        ("pipeline=api&max_events_per_second=0", "rate-fault", "a whole number from 1"),
        ("pipeline=api&dead_letters_of=17", "dead-letters-of-fault", "UUID"),
    ] {
        let html = page(&site, &format!("/reprocesses/new?{query}&preview=1")).await;
        assert!(inside(&html, field, "p").contains(text), "{query}: {html}");
    }
    let hostile = page(&site, "/reprocesses/new?pipeline=api&keys=%3C%2Ftextarea%3E%3Cscript%3E&preview=1").await;
    assert!(!hostile.contains("</textarea><script>"));
}

#[tokio::test(flavor = "multi_thread")]
async fn runs_and_pipelines_have_pages_and_a_line_is_text_whatever_it_looks_like() {
    let site = Site::open().await;
    let nothing = page(&site, "/runs").await;
    assert!(nothing.contains("No runs yet"));
    let (_, run) = site.job_that_left_everything().await;
    let list = page(&site, "/runs?pipeline=api&outcome=partial").await;
    assert!(list.contains(&format!("/runs/{run}")) && list.contains("in part") && list.contains("Lines, from"));
    assert!(page(&site, "/runs?outcome=sent").await.contains("No run matches"));
    assert_eq!(site.get("/runs?outcome=lost").await.status(), StatusCode::UNPROCESSABLE_ENTITY);

    let one = page(&site, &format!("/runs/{run}")).await;
    assert!(!one.contains("<script>alert(1)") && one.contains("&lt;script&gt;alert(1)"), "escaped");
    assert!(one.contains("AWSLogs/&lt;b&gt;a&lt;/b&gt;.log") && one.contains("Reprocess this object"));
    assert!(one.contains("1 of 2 records could not be parsed."));
    assert_eq!(site.get("/runs/0198c0de-0000-7000-8000-000000000000").await.status(), StatusCode::NOT_FOUND);

    let pipelines = page(&site, "/pipelines").await;
    assert!(pipelines.contains("/pipelines/api") && pipelines.contains("last run incomplete"));
    let pipeline = page(&site, "/pipelines/api").await;
    assert!(pipeline.contains("since its last run began") && pipeline.contains("Stretches without a run"));
    assert_eq!(site.get("/pipelines/web").await.status(), StatusCode::NOT_FOUND);
    let settings = page(&site, "/settings").await;
    assert!(settings.contains("Sinks and pipelines") && settings.contains("received.ndjson"));
}
