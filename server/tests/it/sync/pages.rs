//! The sync pages and forms as the server renders them, without JavaScript.

use reqwest::StatusCode;
use serde_json::json;

use crate::{
    http::pages::{leads_to, page, send},
    support::server::TestServer,
    sync::replica_tables::{ACME, Orders, path},
};

/// An agent's table that is twelve rows behind, with an error that only looks like HTML.
async fn reported(server: &TestServer, table: &str) {
    let report = json!({
        "state": "unreachable", "error": "no route to <b>copy</b>", "local_count": 1_000_012, "remote_count": 1_000_000,
        "local_version": 2_000, "remote_version": 1_988, "behind": 12, "batch": 500, "requests": 7, "bytes_sent": 900,
    });
    let answer = server.post(&format!("/api/v1/syncs/{table}/progress"), &report).await;
    assert!(answer.status().is_success(), "{}", answer.text().await.unwrap());
}

#[tokio::test(flavor = "multi_thread")]
async fn sync_page_without_tables_shows_setup() {
    let server = TestServer::open().await;
    let html = page(&server, "/syncs").await;
    assert!(html.contains("No tables are configured") && html.contains("[[tables]]"), "{html}");
    assert!(html.contains("id=\"follow\" data-jobs=\"syncs\""), "{html}");
    assert!(html.contains("<a href=\"/syncs\" aria-current=\"page\">Syncs</a>"), "it is in the navigation: {html}");
    assert!(!page(&server, "/").await.contains("Are all tables in sync?"));
}

#[tokio::test(flavor = "multi_thread")]
async fn agent_table_appears_escaped_and_without_actions() {
    let server = TestServer::open().await;
    reported(&server, "orders").await;
    let list = page(&server, "/syncs").await;
    assert!(list.contains("No: 0 of 1 in sync; 1 unreachable.") && list.contains("href=\"/syncs/orders\""), "{list}");
    assert!(list.contains("1,000,012 rows") && list.contains("12 rows"), "{list}");
    let one = page(&server, "/syncs/orders").await;
    assert!(one.contains("<title>✖ unreachable · orders · Logyard</title>"), "{one}");
    assert!(one.contains("reported by an agent") && !one.contains("act_on_sync"), "{one}");
    for html in [&list, &one] {
        assert!(html.contains("no route to") && !html.contains("<b>copy"), "{html}");
    }
    let overview = page(&server, "/").await;
    assert!(overview.contains("Are all tables in sync?") && overview.contains("href=\"/syncs/orders\""), "{overview}");
}

#[tokio::test(flavor = "multi_thread")]
async fn refused_table_action_is_explained_on_its_page() {
    let server = TestServer::open().await;
    reported(&server, "orders").await;
    for (fields, code, said) in [
        ("table=orders&action=verify", "conflict", "synced by an agent"),
        ("table=orders&action=approve&rows=12&confirm=order", "invalid", "Nothing was changed"),
        ("table=orders&action=explode", "invalid", "Nothing was changed"),
    ] {
        let sent = send(&server, "act_on_sync", fields).await;
        assert_eq!(leads_to(&sent), format!("/syncs/orders?problem={code}"), "{fields}");
        let html = page(&server, leads_to(&sent)).await;
        assert!(html.contains("role=\"alert\"") && html.contains(said), "{fields}: {html}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn missing_table_page_says_so() {
    let server = TestServer::open().await;
    for table in ["nothing", "no%20name"] {
        let response = server.get(&format!("/syncs/{table}")).await;
        assert_eq!(response.status(), StatusCode::NOT_FOUND, "{table}");
        let html = response.text().await.unwrap();
        assert!(html.contains("role=\"alert\"") && html.contains("<main"), "{html}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn settings_list_replicas_without_tokens() {
    let table = Orders::new().await;
    let server = TestServer::with(|config| config.replicas = vec![table.replica("acme", ACME)]).await;
    let settings = page(&server, "/settings").await;
    assert!(settings.contains(path("acme", "").trim_end_matches('/')), "{settings}");
    assert!(!settings.contains(ACME) && !settings.contains("sqlite:"), "{settings}");
}
