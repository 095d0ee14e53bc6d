//! The pages of syncs as the server sends them, and what their forms come back with, without JavaScript.

use reqwest::StatusCode;
use serde_json::json;

use crate::{
    http::pages::{leads_to, page, send},
    support::server::Site,
    sync::replica_tables::{ACME, Orders, path},
};

/// An agent's table that is twelve rows behind, with an error that only looks like HTML.
async fn reported(site: &Site, table: &str) {
    let report = json!({
        "state": "unreachable", "error": "no route to <b>copy</b>", "local_count": 1_000_012, "remote_count": 1_000_000,
        "local_version": 2_000, "remote_version": 1_988, "behind": 12, "batch": 500, "requests": 7, "bytes_sent": 900,
    });
    let answer = site.post(&format!("/api/v1/syncs/{table}/progress"), &report).await;
    assert!(answer.status().is_success(), "{}", answer.text().await.unwrap());
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_table_the_page_shows_how_to_have_one_and_the_overview_says_nothing() {
    let site = Site::open().await;
    let html = page(&site, "/syncs").await;
    assert!(html.contains("No tables are configured") && html.contains("[[tables]]"), "{html}");
    assert!(html.contains("id=\"follow\" data-jobs=\"syncs\""), "{html}");
    assert!(html.contains("<a href=\"/syncs\" aria-current=\"page\">Syncs</a>"), "it is in the navigation: {html}");
    assert!(!page(&site, "/").await.contains("Are all copies in step?"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reported_table_stands_on_every_page_with_its_error_as_text_and_has_no_actions() {
    let site = Site::open().await;
    reported(&site, "orders").await;
    let list = page(&site, "/syncs").await;
    assert!(list.contains("No: 0 of 1 in step; 1 unreachable.") && list.contains("href=\"/syncs/orders\""), "{list}");
    assert!(list.contains("1,000,012 rows") && list.contains("12 rows"), "{list}");
    let one = page(&site, "/syncs/orders").await;
    assert!(one.contains("<title>✖ unreachable · orders · Logyard</title>"), "{one}");
    assert!(one.contains("reported by an agent") && !one.contains("act_on_sync"), "{one}");
    for html in [&list, &one] {
        assert!(html.contains("no route to") && !html.contains("<b>copy"), "{html}");
    }
    let overview = page(&site, "/").await;
    assert!(overview.contains("Are all copies in step?") && overview.contains("href=\"/syncs/orders\""), "{overview}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_done_leads_back_to_the_table_and_is_told_there() {
    let site = Site::open().await;
    reported(&site, "orders").await;
    for (fields, code, said) in [
        ("table=orders&action=verify", "conflict", "an agent keeps it"),
        ("table=orders&action=approve&rows=12&confirm=order", "invalid", "Nothing was changed"),
        ("table=orders&action=explode", "invalid", "Nothing was changed"),
    ] {
        let sent = send(&site, "act_on_sync", fields).await;
        assert_eq!(leads_to(&sent), format!("/syncs/orders?problem={code}"), "{fields}");
        let html = page(&site, leads_to(&sent)).await;
        assert!(html.contains("role=\"alert\"") && html.contains(said), "{fields}: {html}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_table_that_is_not_there_is_a_page_that_says_so() {
    let site = Site::open().await;
    for table in ["nothing", "no%20name"] {
        let response = site.get(&format!("/syncs/{table}")).await;
        assert_eq!(response.status(), StatusCode::NOT_FOUND, "{table}");
        let html = response.text().await.unwrap();
        assert!(html.contains("role=\"alert\"") && html.contains("<main"), "{html}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn copies_that_are_held_for_others_stand_in_the_settings_without_their_tokens() {
    let table = Orders::new().await;
    let site = Site::with(|config| config.replicas = vec![table.replica("acme", ACME)]).await;
    let settings = page(&site, "/settings").await;
    assert!(settings.contains(path("acme", "").trim_end_matches('/')), "{settings}");
    assert!(!settings.contains(ACME) && !settings.contains("sqlite:"), "{settings}");
}
