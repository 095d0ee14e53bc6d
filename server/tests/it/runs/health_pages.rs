//! The time window of all pages, and the pages of pipeline health, without JavaScript.

use db::{AlertChange, KeptAlert};
use model::{Alert, AlertKind, AlertState, Time, Window};
use reqwest::StatusCode;

use crate::{
    http::pages::{inside, leads_to, page, send},
    support::server::TestServer,
};

/// `&` as it stands in an attribute.
fn escaped(link: &str) -> String {
    format!("href=\"{}\"", link.replace('&', "&amp;"))
}

#[tokio::test(flavor = "multi_thread")]
async fn every_link_keeps_the_window() {
    let server = TestServer::open().await;
    let (job, run) = server.job_that_left_everything().await;
    let window = "from=-1h&zone=%2B13%3A00";
    for path in ["/", "/jobs", "/runs", "/pipelines", "/pipelines/api", "/alerts"] {
        let html = page(&server, &format!("{path}?{window}")).await;
        for other in ["/jobs", "/runs", "/pipelines", "/alerts"] {
            assert!(html.contains(&escaped(&format!("{other}?{window}"))), "{path} leads on to {other}: {html}");
        }
        assert!(html.contains("last hour") && html.contains("UTC+13:00"), "{path}: {html}");
    }
    let runs = page(&server, &format!("/runs?{window}")).await;
    assert!(runs.contains(&escaped(&format!("/runs/{run}?{window}"))), "{runs}");
    assert!(page(&server, &format!("/jobs?{window}")).await.contains(&escaped(&format!("/jobs/{job}?{window}"))));

    let long_ago = "from=2001-01-01T00:00&to=2001-01-02T00:00";
    assert!(page(&server, &format!("/runs?{long_ago}")).await.contains("No matching runs"));
    assert!(page(&server, &format!("/jobs?{long_ago}")).await.contains("No matching jobs"));
    assert!(page(&server, &format!("/pipelines/api?{long_ago}")).await.contains("No runs in this window."));
    for path in ["/", "/jobs", "/runs", "/pipelines/api", "/alerts"] {
        let refused = server.get(&format!("{path}?from=soon")).await;
        assert_eq!(refused.status(), StatusCode::UNPROCESSABLE_ENTITY, "{path}");
        let html = refused.text().await.unwrap();
        assert!(html.contains("role=\"alert\"") && html.contains("soon"), "{path}: {html}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn times_use_the_zone_of_the_link() {
    let server = TestServer::open().await;
    let own = "from=2026-03-09T14:00&to=2026-03-09T15:00&zone=%2B13:00";
    let runs = page(&server, &format!("/runs?{own}")).await;
    assert!(
        runs.contains("value=\"2026-03-09T14:00:00\"") && runs.contains("2026-03-09 14:00:00 to 15:00:00"),
        "{runs}"
    );
    assert!(runs.contains("datetime=\"2026-03-09T01:00:00Z\"") || runs.contains("No matching runs"), "{runs}");

    let form = page(&server, &format!("/reprocesses/new?pipeline=api&{own}")).await;
    assert!(form.contains("UTC+13:00") && form.contains("--from 2026-03-09T01:00:00Z"), "{form}");
    let wrong = page(&server, "/reprocesses/new?pipeline=api&from=noon&zone=%2B13:00&preview=1").await;
    assert!(inside(&wrong, "from-fault", "p").contains("in UTC+13:00"), "{wrong}");
}

#[tokio::test(flavor = "multi_thread")]
async fn run_page_shows_neighbouring_runs() {
    let server = TestServer::open().await;
    let (job, run) = server.job_that_left_everything().await;
    let html = page(&server, &format!("/runs/{run}")).await;
    assert!(html.contains("Related events"), "{html}");
    assert!(html.contains(&format!("/jobs/{job}")), "the job asked for beside it: {html}");
    assert_eq!(server.get("/runs/nonsense/log").await.status(), StatusCode::NOT_FOUND);
}

#[tokio::test(flavor = "multi_thread")]
async fn overview_says_whether_everything_arrives() {
    let server = TestServer::open().await;
    server.job_that_left_everything().await;
    let html = page(&server, "/").await;
    let tiles = html.split_once("class=\"tiles\"").unwrap().1;
    assert!(html.contains("Is everything arriving?") && tiles.contains("partial"), "{html}");
    assert!(tiles.contains("50 %, 1 of 2 lines"), "{html}");
}

#[tokio::test(flavor = "multi_thread")]
async fn gap_button_reprocesses_exactly_its_keys() {
    let server = crate::reprocess::api::with_logs(&[5, 10]).await;
    let keys = format!("{}%0D%0A{}", crate::reprocess::api::key(5), crate::reprocess::api::key(10));
    let sent = send(&server, "start_reprocess", &format!("pipeline=api&keys={keys}&extent=missing")).await;
    let job = leads_to(&sent).to_owned();
    let job = server.json(&format!("/api/v1{job}")).await;
    assert_eq!(job["spec"]["keys"].as_array().unwrap().len(), 2, "{job}");
}

#[tokio::test(flavor = "multi_thread")]
async fn refused_health_action_is_explained_on_its_page() {
    let server = TestServer::open().await;
    let no_alert = "id=0198a1e7-0000-7000-8000-000000000000";
    for (function, fields, back) in [
        ("act_on_alert", format!("{no_alert}&action=acknowledge&back=/alerts"), "/alerts?problem=not_found"),
        ("act_on_alert", format!("{no_alert}&action=hide&back=/"), "/?problem=invalid"),
        ("act_on_alert", format!("{no_alert}&action=reopen&back=//evil.example"), "/alerts/0198a1e7-"),
        ("test_receiver", "name=nobody".to_owned(), "/alerts?problem=not_found"),
        ("start_backfill", "pipeline=api&from=".to_owned(), "/pipelines/api?problem=invalid"),
        ("start_backfill", "pipeline=api&from=noon".to_owned(), "/pipelines/api?problem=invalid"),
    ] {
        let refused = send(&server, function, &fields).await;
        assert!(leads_to(&refused).starts_with(back), "{function} {fields}: {}", leads_to(&refused));
    }
    let html = page(&server, "/alerts?problem=not_found").await;
    assert!(html.contains("role=\"alert\"") && html.contains("Nothing was changed"), "{html}");
    assert_eq!(server.get("/alerts/nonsense").await.status(), StatusCode::NOT_FOUND);
}

/// Opens an alert of the pipeline `api`, since the start of 2026.
async fn raise(server: &TestServer) -> String {
    let (db, now) = (&server.app.db, server.app.db.now());
    let since: Time = "2026-01-01T00:00:00Z".parse().unwrap();
    let alert = Alert {
        id: db.new_alert_id(),
        kind: AlertKind::Loss,
        pipeline: Some("api".parse().unwrap()),
        sink: None,
        schedule: None,
        table: None,
        state: AlertState::Open,
        reason: "12 of 100 <b>events</b> did not arrive.".to_owned(),
        advice: "Look at the runs.".to_owned(),
        since,
        opened_at: now,
        updated_at: now,
        resolved_at: None,
        acknowledged_by: None,
        acknowledged_at: None,
        silenced_until: None,
        runs: Vec::new(),
        keys: vec!["a\"b".to_owned()],
        window: Window::new(since, Time(since.0 + 60_000)).unwrap(),
    };
    let id = alert.id.to_string();
    let opened = AlertChange::Opened(KeptAlert { alert, gone_since: None, told_at: now, told_weight: 12 });
    assert!(db.acquire(db::task::EVALUATE, db::task::ALL, "test", 60_000).await.unwrap());
    assert!(db.record_evaluation("test", &[(opened, None)], &[]).await.unwrap());
    id
}

#[tokio::test(flavor = "multi_thread")]
async fn alert_appears_on_every_page_it_concerns() {
    let server = TestServer::open().await;
    let id = raise(&server).await;
    for path in ["/", "/alerts", "/pipelines/api", &format!("/alerts/{id}")] {
        let html = page(&server, path).await;
        assert!(html.contains("12 of 100 &lt;b&gt;events&lt;/b&gt; did not arrive."), "{path}: {html}");
        assert!(html.contains(">Acknowledge<") && html.contains("from=2026-01-01T00%3A00%3A00Z"), "{path}: {html}");
        assert!(html.contains("/alerts?state=open"), "the status line of {path}: {html}");
    }
    let sent = send(&server, "act_on_alert", &format!("id={id}&action=acknowledge&back=/alerts?kind=loss")).await;
    assert_eq!(leads_to(&sent), "/alerts?kind=loss");
    let html = page(&server, "/alerts").await;
    assert!(html.contains("Acknowledged by") && html.contains(">Reopen<"), "{html}");
    assert!(!page(&server, "/").await.contains("did not arrive"), "nobody else is asked to look at it");
    let sent = send(&server, "act_on_alert", &format!("id={id}&action=silence_8h")).await;
    assert_eq!(leads_to(&sent), format!("/alerts/{id}"));
    assert!(page(&server, leads_to(&sent)).await.contains("Silenced until"));
    assert!(page(&server, "/alerts?state=open").await.contains("No matching active alerts."));
}
