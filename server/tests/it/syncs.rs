//! Tables kept in step, over HTTP: what agents report, what may be asked, and what is refused.

use model::{LiveMessage, TableName};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::site::{Site, guard};

/// What an agent of this site reports of a table, and the answer.
async fn report(site: &Site, table: &str, report: Value) -> (StatusCode, Value) {
    let path = format!("/api/v1/syncs/{table}/progress");
    answer(site.request(Method::POST, &path).bearer_auth(&site.token).json(&report)).await
}

async fn act(site: &Site, table: &str, action: Value) -> (StatusCode, Value) {
    let path = format!("/api/v1/syncs/{table}/actions");
    answer(site.request(Method::POST, &path).bearer_auth(&site.token).json(&action)).await
}

async fn get(site: &Site, path: &str) -> (StatusCode, Value) {
    answer(site.request(Method::GET, path).bearer_auth(&site.token)).await
}

async fn answer(request: reqwest::RequestBuilder) -> (StatusCode, Value) {
    let response = request.send().await.unwrap();
    (response.status(), response.json().await.unwrap())
}

#[tokio::test]
async fn an_agents_table_is_followed_from_its_first_report_until_it_is_in_step() {
    let site = Site::guarded().await;
    assert_eq!(get(&site, "/api/v1/syncs").await.1["items"], json!([]));
    assert_eq!(get(&site, "/api/v1/syncs/theirs").await.0, 404);

    let first = json!({"local_count": 100, "local_version": 900, "remote_count": 0, "behind": 100, "batch": 40});
    let (status, first) = report(&site, "theirs", first).await;
    assert_eq!(status, 200, "{first}");
    assert_eq!((&first["source"], &first["state"]), (&json!("agent"), &json!("uploading")));
    assert_eq!((&first["holder"], &first["held"]), (&json!("ci"), &json!(true)), "an agent is named by its token");

    let half = json!({"remote_count": 40, "remote_version": 400, "behind": 60, "uploaded": 40, "requests": 1, "bytes_sent": 4_000});
    let (_, half) = report(&site, "theirs", half).await;
    assert_eq!((&half["state"], &half["since"]), (&json!("uploading"), &first["since"]));
    assert_eq!(half["local"], json!({"count": 100, "version": 900}), "what is left out is as it was");
    let lost = json!({"error": "HTTP 503 from https://copy.example.com"});
    let (_, lost) = report(&site, "theirs", lost).await;
    assert_eq!(
        (&lost["state"], &lost["reason"]),
        (&json!("unreachable"), &json!("HTTP 503 from https://copy.example.com"))
    );

    let whole = json!({"remote_count": 100, "remote_version": 900, "behind": 0, "uploaded": 60, "requests": 2});
    let (_, whole) = report(&site, "theirs", whole).await;
    assert_eq!(whole["state"], json!("in_step"));
    assert_eq!((&whole["verified"]["below"], &whole["verified"]["shown_by"]), (&json!(901), &json!("count")));

    let (_, list) = get(&site, "/api/v1/syncs").await;
    assert_eq!((&list["items"][0]["table"], &list["next"]), (&json!("theirs"), &Value::Null));
    assert!(list["now"].as_str().unwrap().ends_with('Z'));
    let (_, view) = get(&site, "/api/v1/syncs/theirs").await;
    let sum = |field: &str| {
        view["minutes"].as_array().unwrap().iter().map(|minute| minute[field].as_u64().unwrap()).sum::<u64>()
    };
    assert_eq!((sum("uploaded"), sum("requests"), sum("bytes_sent")), (100, 3, 4_000));
    assert_eq!((&view["places"], &view["evaluations"]["items"]), (&json!([]), &json!([])));
}

#[tokio::test]
async fn a_report_that_cannot_be_is_refused_with_its_field() {
    let site = Site::guarded().await;
    for (body, field, says) in [
        (json!({"local_count": -1}), "local_count", "-1"),
        (json!({"local_count": "many"}), "local_count", "u64"),
        (json!({"remote_version": 9_223_372_036_854_775_808_u64}), "remote_version", "0 to 9223372036854775807"),
        (json!({"uploaded": 10_000_000_000_001_u64}), "uploaded", "0 to 10000000000000"),
        (json!({"error": ""}), "error", "1 to 2000 characters"),
        (json!({"error": "e".repeat(2_001)}), "error", "1 to 2000 characters"),
        (json!({"state": "waiting"}), "state", "in_step, uploading"),
        (json!({"state": "new"}), "state", "in_step, uploading"),
        (json!({"state": "done"}), "state", "unknown variant"),
        (json!({"state": "in_step", "error": "away"}), "state", "where there is an `error`"),
        (json!({"rows": 7}), "rows", "unknown field"),
    ] {
        let (status, problem) = report(&site, "theirs", body.clone()).await;
        assert_eq!((status.as_u16(), &problem["field"]), (422, &json!(field)), "{body}: {problem}");
        assert!(problem["detail"].as_str().unwrap().contains(says), "{body}: {problem}");
    }
    let (status, problem) = report(&site, "Their.Table", json!({})).await;
    assert_eq!((status.as_u16(), &problem["field"]), (422, &json!("table")), "{problem}");
    assert_eq!(get(&site, "/api/v1/syncs").await.1["items"], json!([]), "a refused report makes no table");
}

#[tokio::test]
async fn an_agents_table_takes_no_orders() {
    let site = Site::guarded().await;
    report(&site, "theirs", json!({"local_count": 1})).await;
    for action in [json!({"action": "evaluate"}), json!({"action": "pause"}), json!({"action": "approve", "rows": 5})] {
        let (status, problem) = act(&site, "theirs", action).await;
        assert_eq!(status, 409, "{problem}");
        assert!(problem["detail"].as_str().unwrap().contains("kept in step by ci"), "{problem}");
    }
    let ask = site.request(Method::POST, "/api/v1/syncs").bearer_auth(&site.token).json(&json!({"table": "theirs"}));
    assert_eq!(answer(ask).await.0, 409);
}

#[tokio::test]
async fn a_question_that_cannot_be_is_refused_with_its_field() {
    let site = Site::guarded().await;
    for (body, field) in [
        (json!({}), "table"),
        (json!({"table": "A B"}), "table"),
        (json!({"table": "orders", "verify": "yes"}), "verify"),
        (json!({"table": "orders", "scan": true}), "scan"),
    ] {
        let ask = site.request(Method::POST, "/api/v1/syncs").bearer_auth(&site.token).json(&body);
        let (status, problem) = answer(ask).await;
        assert_eq!((status.as_u16(), &problem["field"]), (422, &json!(field)), "{body}: {problem}");
    }
    report(&site, "theirs", json!({})).await;
    for (query, field) in [("limit=0", "limit"), ("limit=201", "limit"), ("after=7", "after"), ("before=7", "before")] {
        let (status, problem) = get(&site, &format!("/api/v1/syncs/theirs/evaluations?{query}")).await;
        assert_eq!((status.as_u16(), &problem["field"]), (422, &json!(field)), "{query}: {problem}");
    }
    for action in [json!({"action": "approve"}), json!({"action": "approve", "rows": -5}), json!({"action": "drop"})] {
        let (status, problem) = act(&site, "theirs", action.clone()).await;
        assert_eq!(status, 422, "{action}: {problem}");
    }
    for path in ["/api/v1/syncs/nowhere", "/api/v1/syncs/nowhere/evaluations"] {
        let (status, problem) = get(&site, path).await;
        assert_eq!(status, 404, "{path}");
        assert!(problem["detail"].as_str().unwrap().contains("`nowhere`"), "{problem}");
    }
    assert_eq!(act(&site, "nowhere", json!({"action": "pause"})).await.0, 404);
}

#[tokio::test]
async fn a_report_is_told_to_those_who_listen() {
    let site = Site::with(guard).await;
    let mut messages = site.app.hub.subscribe();
    report(&site, "theirs", json!({"local_count": 1})).await;
    let theirs: TableName = "theirs".parse().unwrap();
    let told = async {
        loop {
            if let LiveMessage::Sync(change) = messages.recv().await.unwrap() {
                break change;
            }
        }
    };
    let told = tokio::time::timeout(std::time::Duration::from_mins(1), told).await.expect("it is told");
    assert_eq!(told.table, theirs);
}
