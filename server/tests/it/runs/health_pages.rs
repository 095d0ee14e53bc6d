//! The window that all pages look at, and the pages of pipeline health, as a browser without JavaScript gets them.

use db::{AlertChange, KeptAlert};
use model::{Alert, AlertKind, AlertState, Time, Window};
use reqwest::StatusCode;

use crate::{
    http::pages::{inside, leads_to, page, send},
    support::server::Site,
};

/// `&` as it stands in an attribute.
fn escaped(link: &str) -> String {
    format!("href=\"{}\"", link.replace('&', "&amp;"))
}

#[tokio::test(flavor = "multi_thread")]
async fn one_window_is_carried_by_every_link_and_moves_lists_and_charts() {
    let site = Site::open().await;
    let (job, run) = site.job_that_left_everything().await;
    let window = "from=-1h&zone=%2B13%3A00";
    for path in ["/", "/jobs", "/runs", "/pipelines", "/pipelines/api", "/alerts"] {
        let html = page(&site, &format!("{path}?{window}")).await;
        for other in ["/jobs", "/runs", "/pipelines", "/alerts"] {
            assert!(html.contains(&escaped(&format!("{other}?{window}"))), "{path} leads on to {other}: {html}");
        }
        assert!(html.contains("last hour") && html.contains("UTC+13:00"), "{path}: {html}");
    }
    let runs = page(&site, &format!("/runs?{window}")).await;
    assert!(runs.contains(&escaped(&format!("/runs/{run}?{window}"))), "{runs}");
    assert!(page(&site, &format!("/jobs?{window}")).await.contains(&escaped(&format!("/jobs/{job}?{window}"))));

    let long_ago = "from=2001-01-01T00:00&to=2001-01-02T00:00";
    assert!(page(&site, &format!("/runs?{long_ago}")).await.contains("No run matches"));
    assert!(page(&site, &format!("/jobs?{long_ago}")).await.contains("No job matches"));
    assert!(page(&site, &format!("/pipelines/api?{long_ago}")).await.contains("Nothing was shipped in this window."));
    for path in ["/", "/jobs", "/runs", "/pipelines/api", "/alerts"] {
        let refused = site.get(&format!("{path}?from=soon")).await;
        assert_eq!(refused.status(), StatusCode::UNPROCESSABLE_ENTITY, "{path}");
        let html = refused.text().await.unwrap();
        assert!(html.contains("role=\"alert\"") && html.contains("soon"), "{path}: {html}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn times_are_told_and_read_in_the_zone_of_the_link() {
    let site = Site::open().await;
    let own = "from=2026-03-09T14:00&to=2026-03-09T15:00&zone=%2B13:00";
    let runs = page(&site, &format!("/runs?{own}")).await;
    assert!(
        runs.contains("value=\"2026-03-09T14:00:00\"") && runs.contains("2026-03-09 14:00:00 to 15:00:00"),
        "{runs}"
    );
    assert!(runs.contains("datetime=\"2026-03-09T01:00:00Z\"") || runs.contains("No run matches"), "{runs}");

    let form = page(&site, &format!("/reprocesses/new?pipeline=api&{own}")).await;
    assert!(form.contains("UTC+13:00") && form.contains("--from 2026-03-09T01:00:00Z"), "{form}");
    let wrong = page(&site, "/reprocesses/new?pipeline=api&from=noon&zone=%2B13:00&preview=1").await;
    assert!(inside(&wrong, "from-fault", "p").contains("in UTC+13:00"), "{wrong}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_stands_among_what_else_happened_then() {
    let site = Site::open().await;
    let (job, run) = site.job_that_left_everything().await;
    let html = page(&site, &format!("/runs/{run}")).await;
    assert!(html.contains("What else happened then"), "{html}");
    assert!(html.contains(&format!("/jobs/{job}")), "the job asked for beside it: {html}");
    assert_eq!(site.get("/runs/nonsense/log").await.status(), StatusCode::NOT_FOUND);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_first_page_answers_whether_everything_arrives() {
    let site = Site::open().await;
    site.job_that_left_everything().await;
    let html = page(&site, "/").await;
    let tiles = html.split_once("class=\"tiles\"").unwrap().1;
    assert!(html.contains("Is everything arriving?") && tiles.contains("in part"), "{html}");
    assert!(tiles.contains("50 %, 1 of 2 lines"), "{html}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_gap_is_sent_by_one_button_with_exactly_its_keys() {
    let site = crate::reprocess::api::with_logs(&[5, 10]).await;
    let keys = format!("{}%0D%0A{}", crate::reprocess::api::key(5), crate::reprocess::api::key(10));
    let sent = send(&site, "start_reprocess", &format!("pipeline=api&keys={keys}&extent=missing")).await;
    let job = leads_to(&sent).to_owned();
    let job = site.json(&format!("/api/v1{job}")).await;
    assert_eq!(job["spec"]["keys"].as_array().unwrap().len(), 2, "{job}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_refused_on_the_pages_of_health_is_told_where_the_button_was() {
    let site = Site::open().await;
    let no_alert = "id=0198a1e7-0000-7000-8000-000000000000";
    for (function, fields, back) in [
        ("act_on_alert", format!("{no_alert}&action=acknowledge&back=/alerts"), "/alerts?problem=not_found"),
        ("act_on_alert", format!("{no_alert}&action=hide&back=/"), "/?problem=invalid"),
        ("act_on_alert", format!("{no_alert}&action=reopen&back=//evil.example"), "/alerts/0198a1e7-"),
        ("test_receiver", "name=nobody".to_owned(), "/alerts?problem=not_found"),
        ("start_backfill", "pipeline=api&from=".to_owned(), "/pipelines/api?problem=invalid"),
        ("start_backfill", "pipeline=api&from=noon".to_owned(), "/pipelines/api?problem=invalid"),
    ] {
        let refused = send(&site, function, &fields).await;
        assert!(leads_to(&refused).starts_with(back), "{function} {fields}: {}", leads_to(&refused));
    }
    let html = page(&site, "/alerts?problem=not_found").await;
    assert!(html.contains("role=\"alert\"") && html.contains("Nothing was changed"), "{html}");
    assert_eq!(site.get("/alerts/nonsense").await.status(), StatusCode::NOT_FOUND);
}

/// An alert of the pipeline `api`, since the start of 2026.
async fn raise(site: &Site) -> String {
    let (db, now) = (&site.app.db, site.app.db.now());
    let since: Time = "2026-01-01T00:00:00Z".parse().unwrap();
    let alert = Alert {
        id: db.new_alert_id(),
        kind: AlertKind::Loss,
        pipeline: Some("api".parse().unwrap()),
        sink: None,
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
    assert!(db.hold_evaluation("test", 60_000).await.unwrap());
    assert!(db.record_evaluation("test", &[(opened, None)], &[]).await.unwrap());
    id
}

#[tokio::test(flavor = "multi_thread")]
async fn an_alert_is_on_every_page_that_it_concerns_and_is_dealt_with_there() {
    let site = Site::open().await;
    let id = raise(&site).await;
    for path in ["/", "/alerts", "/pipelines/api", &format!("/alerts/{id}")] {
        let html = page(&site, path).await;
        assert!(html.contains("12 of 100 &lt;b&gt;events&lt;/b&gt; did not arrive."), "{path}: {html}");
        assert!(html.contains(">Acknowledge<") && html.contains("from=2026-01-01T00%3A00%3A00Z"), "{path}: {html}");
        assert!(html.contains("/alerts?state=open"), "the status line of {path}: {html}");
    }
    let sent = send(&site, "act_on_alert", &format!("id={id}&action=acknowledge&back=/alerts?kind=loss")).await;
    assert_eq!(leads_to(&sent), "/alerts?kind=loss");
    let html = page(&site, "/alerts").await;
    assert!(html.contains("Acknowledged by") && html.contains(">Reopen<"), "{html}");
    assert!(!page(&site, "/").await.contains("did not arrive"), "nobody else is asked to look at it");
    let sent = send(&site, "act_on_alert", &format!("id={id}&action=silence_8h")).await;
    assert_eq!(leads_to(&sent), format!("/alerts/{id}"));
    assert!(page(&site, leads_to(&sent)).await.contains("Nobody is told until"));
    assert!(page(&site, "/alerts?state=open").await.contains("No alert that holds matches."));
}
