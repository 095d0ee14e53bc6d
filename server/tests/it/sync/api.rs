//! The sync API: reports of agents, requests of people, and refusals.

use std::collections::BTreeSet;

use db::{QuarantineChanges, SyncHeartbeat, SyncRequests};
use logyard::config::Config;
use model::{
    Evidence, LiveMessage, MassDelete, Quarantined, SyncEvaluation, SyncMinute, SyncSource, SyncState, SyncStatus,
    TableName, Time, Verified,
};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use testing::{Span as _, eventually, within};

use crate::support::server::{TestServer, guard};

const LEASE_MS: i64 = 60_000;

/// A server with the configured tables `orders` and `customers`, without a syncer.
async fn keeping_two() -> TestServer {
    let entry = |name: &str| {
        format!(
            "[[tables]]\nname = '{name}'\nurl = 'postgres://shop:secret@db.internal/shop'\nevery = '7s'\n\
             remote = 'https://copy.example.com/v1/customers/acme/databases/shop/tables/{name}'\n"
        )
    };
    let text = entry("orders") + &entry("customers");
    let tables = Config::parse(None, &text, &|_| None).unwrap().tables;
    TestServer::with(|config| {
        guard(config);
        config.tables = tables;
    })
    .await
}

fn orders() -> TableName {
    "orders".parse().unwrap()
}

fn beat(state: SyncState) -> SyncHeartbeat {
    SyncHeartbeat {
        status: SyncStatus { state, ..SyncStatus::unseen(orders(), SyncSource::Logyard, Time(0)) },
        checkpoint: None,
        minute: SyncMinute::default(),
        quarantine: QuarantineChanges::default(),
        map: None,
    }
}

/// Reports the state of `orders`, as a syncer would.
async fn tell(server: &TestServer, beat: &SyncHeartbeat) {
    let db = &server.app.db;
    db.acquire_sync(&orders(), "test", LEASE_MS).await.unwrap().expect("the table is free");
    assert!(db.sync_heartbeat(&orders(), "test", LEASE_MS, beat).await.unwrap());
}

/// Ends an evaluation of `orders` that answers all requests.
async fn end(server: &TestServer) -> SyncRequests {
    let db = &server.app.db;
    let held = db.acquire_sync(&orders(), "test", LEASE_MS).await.unwrap().expect("the table is free");
    let now = db.now();
    let verified = Verified { below: 8, at: now, shown_by: Evidence::Cells };
    let evaluation = SyncEvaluation {
        id: db.new_sync_id(),
        started_at: now,
        ended_at: now,
        verify: false,
        state: SyncState::InSync,
        reason: "Both ends are equal.".to_owned(),
        verified: Some(verified),
        uploaded: 0,
        deleted: 0,
        found: 0,
        rounds: 1,
        requests: 1,
        bytes_sent: 200,
        bytes_received: 300,
        local_rows: 7,
        remote_rows: 7,
    };
    assert!(db.end_sync(&orders(), "test", &beat(SyncState::InSync), &evaluation, &held.requests).await.unwrap());
    held.requests
}

/// Sends an agent's report of a table; returns the answer.
async fn report(server: &TestServer, table: &str, report: Value) -> (StatusCode, Value) {
    let path = format!("/api/v1/syncs/{table}/progress");
    answer(server.request(Method::POST, &path).bearer_auth(&server.token).json(&report)).await
}

async fn act(server: &TestServer, table: &str, action: Value) -> (StatusCode, Value) {
    let path = format!("/api/v1/syncs/{table}/actions");
    answer(server.request(Method::POST, &path).bearer_auth(&server.token).json(&action)).await
}

async fn get(server: &TestServer, path: &str) -> (StatusCode, Value) {
    answer(server.request(Method::GET, path).bearer_auth(&server.token)).await
}

async fn answer(request: reqwest::RequestBuilder) -> (StatusCode, Value) {
    let response = request.send().await.unwrap();
    (response.status(), response.json().await.unwrap())
}

#[tokio::test]
async fn agent_table_is_tracked_until_in_sync() {
    let server = TestServer::guarded().await;
    assert_eq!(get(&server, "/api/v1/syncs").await.1["items"], json!([]));
    assert_eq!(get(&server, "/api/v1/syncs/theirs").await.0, 404);

    let first = json!({"local_count": 100, "local_version": 900, "remote_count": 0, "behind": 100, "batch": 40});
    let (status, first) = report(&server, "theirs", first).await;
    assert_eq!(status, 200, "{first}");
    assert_eq!((&first["source"], &first["state"]), (&json!("agent"), &json!("uploading")));
    assert_eq!((&first["holder"], &first["held"]), (&json!("ci"), &json!(true)), "an agent is named by its token");

    let half = json!({
        "remote_count": 40, "remote_version": 400, "behind": 60, "uploaded": 40, "requests": 1, "bytes_sent": 4_000,
    });
    let (_, half) = report(&server, "theirs", half).await;
    assert_eq!((&half["state"], &half["since"]), (&json!("uploading"), &first["since"]));
    assert_eq!(half["local"], json!({"count": 100, "version": 900}), "what is left out is as it was");
    let away = json!({"error": "HTTP 503 from https://copy.example.com"});
    let (_, away) = report(&server, "theirs", away).await;
    assert_eq!(
        (&away["state"], &away["reason"]),
        (&json!("unreachable"), &json!("HTTP 503 from https://copy.example.com"))
    );

    let whole = json!({"remote_count": 100, "remote_version": 900, "behind": 0, "uploaded": 60, "requests": 2});
    let (_, whole) = report(&server, "theirs", whole).await;
    assert_eq!(whole["state"], json!("in_step"));
    assert_eq!((&whole["verified"]["below"], &whole["verified"]["shown_by"]), (&json!(901), &json!("count")));

    let (_, list) = get(&server, "/api/v1/syncs").await;
    assert_eq!((&list["items"][0]["table"], &list["next"]), (&json!("theirs"), &Value::Null));
    assert!(list["now"].as_str().unwrap().ends_with('Z'));
    let (_, view) = get(&server, "/api/v1/syncs/theirs").await;
    let sum = |field: &str| {
        view["minutes"].as_array().unwrap().iter().map(|minute| minute[field].as_u64().unwrap()).sum::<u64>()
    };
    assert_eq!((sum("uploaded"), sum("requests"), sum("bytes_sent")), (100, 3, 4_000));
    assert_eq!((&view["places"], &view["evaluations"]["items"]), (&json!([]), &json!([])));
}

#[tokio::test]
async fn invalid_report_is_refused_with_field() {
    let server = TestServer::guarded().await;
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
        let (status, problem) = report(&server, "theirs", body.clone()).await;
        assert_eq!((status.as_u16(), &problem["field"]), (422, &json!(field)), "{body}: {problem}");
        assert!(problem["detail"].as_str().unwrap().contains(says), "{body}: {problem}");
    }
    let (status, problem) = report(&server, "Their.Table", json!({})).await;
    assert_eq!((status.as_u16(), &problem["field"]), (422, &json!("table")), "{problem}");
    assert_eq!(get(&server, "/api/v1/syncs").await.1["items"], json!([]), "a refused report makes no table");
}

#[tokio::test]
async fn agent_table_accepts_no_actions() {
    let server = TestServer::guarded().await;
    report(&server, "theirs", json!({"local_count": 1})).await;
    for action in [json!({"action": "evaluate"}), json!({"action": "pause"}), json!({"action": "approve", "rows": 5})] {
        let (status, problem) = act(&server, "theirs", action).await;
        assert_eq!(status, 409, "{problem}");
        assert!(problem["detail"].as_str().unwrap().contains("is synced by ci"), "{problem}");
    }
    let ask =
        server.request(Method::POST, "/api/v1/syncs").bearer_auth(&server.token).json(&json!({"table": "theirs"}));
    assert_eq!(answer(ask).await.0, 409);
}

#[tokio::test]
async fn invalid_sync_request_is_refused_with_field() {
    let server = TestServer::guarded().await;
    for (body, field) in [
        (json!({}), "table"),
        (json!({"table": "A B"}), "table"),
        (json!({"table": "orders", "verify": "yes"}), "verify"),
        (json!({"table": "orders", "scan": true}), "scan"),
    ] {
        let ask = server.request(Method::POST, "/api/v1/syncs").bearer_auth(&server.token).json(&body);
        let (status, problem) = answer(ask).await;
        assert_eq!((status.as_u16(), &problem["field"]), (422, &json!(field)), "{body}: {problem}");
    }
    report(&server, "theirs", json!({})).await;
    for (query, field) in [("limit=0", "limit"), ("limit=201", "limit"), ("after=7", "after"), ("before=7", "before")] {
        let (status, problem) = get(&server, &format!("/api/v1/syncs/theirs/evaluations?{query}")).await;
        assert_eq!((status.as_u16(), &problem["field"]), (422, &json!(field)), "{query}: {problem}");
    }
    for action in [json!({"action": "approve"}), json!({"action": "approve", "rows": -5}), json!({"action": "drop"})] {
        let (status, problem) = act(&server, "theirs", action.clone()).await;
        assert_eq!(status, 422, "{action}: {problem}");
    }
    for path in ["/api/v1/syncs/nowhere", "/api/v1/syncs/nowhere/evaluations"] {
        let (status, problem) = get(&server, path).await;
        assert_eq!(status, 404, "{path}");
        assert!(problem["detail"].as_str().unwrap().contains("`nowhere`"), "{problem}");
    }
    assert_eq!(act(&server, "nowhere", json!({"action": "pause"})).await.0, 404);
}

#[tokio::test]
async fn report_is_published_to_listeners() {
    let server = TestServer::with(guard).await;
    let mut messages = server.app.hub.subscribe();
    report(&server, "theirs", json!({"local_count": 1})).await;
    let theirs: TableName = "theirs".parse().unwrap();
    let told = eventually("the table's change is sent", within(1.mins()), || match messages.try_recv() {
        Ok(LiveMessage::Sync(change)) => Ok(change),
        other => Err(other),
    })
    .await;
    assert_eq!(told.table, theirs);
}

#[tokio::test]
async fn configured_tables_are_listed_before_agent_tables() {
    let server = keeping_two().await;
    report(&server, "a-table", json!({"local_count": 1})).await;
    tell(&server, &beat(SyncState::Uploading)).await;
    let (_, list) = get(&server, "/api/v1/syncs").await;
    let shown: Vec<_> = list["items"].as_array().unwrap().iter().map(|item| (&item["table"], &item["state"])).collect();
    let expected = [("orders", "uploading"), ("customers", "new"), ("a-table", "reconciling")];
    assert_eq!(json!(shown), json!(expected));
    let (_, view) = get(&server, "/api/v1/syncs/customers").await;
    assert_eq!((&view["sync"]["every_ms"], &view["sync"]["held"]), (&json!(7_000), &json!(false)));
    assert_eq!(view["places"][0], json!({"end": "local", "place": "table customers of postgres://db.internal/shop"}));
    assert!(!view.to_string().contains("secret"));
}

#[tokio::test]
async fn requested_evaluation_appears_in_history() {
    let server = keeping_two().await;
    for body in [json!({"table": "orders"}), json!({"table": "orders", "verify": true})] {
        let request = server.request(Method::POST, "/api/v1/syncs").bearer_auth(&server.token).json(&body);
        let response = request.send().await.unwrap();
        assert_eq!(response.status(), 202);
        assert_eq!(response.headers()["location"], "/api/v1/syncs/orders");
        assert_eq!(response.json::<Value>().await.unwrap()["table"], json!("orders"));
    }
    assert_eq!(end(&server).await, SyncRequests { evaluate: true, verify: true, ..SyncRequests::default() });
    assert_eq!(end(&server).await, SyncRequests::default());
    let (_, page) = get(&server, "/api/v1/syncs/orders/evaluations").await;
    let kept = &page["items"][0];
    assert_eq!(kept["reason"], json!("Both ends are equal. Requested by ci. Requested by ci."));
    assert_eq!((page["items"].as_array().unwrap().len(), &page["next"]), (1, &Value::Null));
    let (_, view) = get(&server, "/api/v1/syncs/orders").await;
    assert_eq!(&view["evaluations"]["items"][0], kept);
    // The second is not remembered, as it says nothing new; that both ends were equal still then is.
    let at = |of: &Value| of["verified"]["at"].as_str().unwrap().parse::<Time>().unwrap();
    assert!(at(&view["sync"]) >= at(kept));

    let description = get(&server, "/api/v1/openapi.json").await.1;
    let fields = |value: &Value| value.as_object().unwrap().keys().cloned().collect::<BTreeSet<_>>();
    assert_eq!(fields(kept), fields(&description["components"]["schemas"]["SyncEvaluation"]["properties"]));
}

#[tokio::test]
async fn action_against_table_state_is_a_conflict() {
    let server = keeping_two().await;
    let refused = async |action: Value, says: &str| {
        let (status, problem) = act(&server, "orders", action.clone()).await;
        assert_eq!(status, 409, "{action}: {problem}");
        assert!(problem["detail"].as_str().unwrap().contains(says), "{action}: {problem}");
    };
    let approve = |rows: u64| json!({"action": "approve", "rows": rows});
    refused(approve(5), "it is not evaluated yet").await;
    refused(json!({"action": "accept_epoch"}), "no new epoch to accept").await;
    refused(json!({"action": "retry_quarantined"}), "Table `orders` has no quarantined row").await;

    let mut waits = beat(SyncState::Waiting);
    waits.status.waiting = Some(MassDelete { rows: 1_200, remote_rows: 5_000 });
    tell(&server, &waits).await;
    refused(approve(1_199), "At least 1200 rows would be deleted").await;
    assert_eq!(act(&server, "orders", approve(1_200)).await.0, 202);
    assert_eq!(end(&server).await.approved, 1_200);
    refused(approve(1_200), "it is in sync").await;

    tell(&server, &beat(SyncState::EpochChanged)).await;
    assert_eq!(act(&server, "orders", json!({"action": "accept_epoch"})).await.0, 202);
    assert!(end(&server).await.accept_epoch);

    let mut poison = beat(SyncState::Quarantined);
    poison.status.quarantined = 1;
    let row = |key: &str| {
        let (key, error) = (key.to_owned(), "too long".to_owned());
        (Quarantined { key, version: 3, error, attempts: 1, retry_at: Time(9) }, "{}".to_owned())
    };
    poison.quarantine.refused = vec![row("7"), row("-5"), row("9")];
    tell(&server, &poison).await;
    let rows = async |query: &str| get(&server, &format!("/api/v1/syncs/orders/quarantine{query}")).await.1;
    let first = rows("?limit=2").await;
    let keys = (&first["items"][0]["key"], &first["items"][1]["key"], &first["next"]);
    assert_eq!(keys, (&json!("-5"), &json!("7"), &json!("7")));
    let rest = rows("?after=7").await;
    assert_eq!((&rest["items"][0]["key"], &rest["next"]), (&json!("9"), &Value::Null));
    let retry = |key: &str| json!({"action": "retry_quarantined", "key": key});
    let (status, problem) = act(&server, "orders", retry("8")).await;
    assert_eq!((status.as_u16(), &problem["field"]), (422, &json!("key")), "{problem}");
    assert_eq!(act(&server, "orders", retry("7")).await.0, 202);
    assert_eq!(end(&server).await.retry, Some(vec!["7".to_owned()]));
}

#[tokio::test]
async fn repeated_pause_ends_at_resume() {
    let server = keeping_two().await;
    for (action, paused) in [("pause", true), ("pause", true), ("resume", false), ("resume", false)] {
        let (status, sync) = act(&server, "orders", json!({"action": action})).await;
        assert_eq!((status.as_u16(), &sync["paused"]), (202, &json!(paused)), "{action}");
    }
}

#[tokio::test]
async fn agent_report_of_configured_table_is_refused() {
    let server = keeping_two().await;
    let (status, problem) = report(&server, "orders", json!({"local_count": 1})).await;
    assert_eq!((status.as_u16(), &problem["field"]), (409, &json!("table")), "{problem}");
    assert!(problem["detail"].as_str().unwrap().contains("is configured"), "{problem}");
    assert_eq!(get(&server, "/api/v1/syncs").await.1["items"][0]["state"], json!("new"));
}

#[tokio::test]
async fn metrics_label_only_configured_tables() {
    let server = keeping_two().await;
    report(&server, "theirs", json!({"behind": 5})).await;
    let mut behind = beat(SyncState::Uploading);
    (behind.status.behind, behind.status.quarantined) = (Some(12), 3);
    tell(&server, &behind).await;
    let text =
        server.request(Method::GET, "/metrics").bearer_auth(&server.token).send().await.unwrap().text().await.unwrap();
    for line in [
        "logyard_sync_in_step_seconds{table=\"orders\"} 0",
        "logyard_sync_rows_behind{table=\"orders\"} 12",
        "logyard_sync_rows_quarantined{table=\"orders\"} 3",
        "logyard_sync_verified_age_seconds{table=\"orders\"} NaN",
        "logyard_sync_rows_behind{table=\"customers\"} NaN",
    ] {
        assert!(text.lines().any(|measured| measured == line), "{line}: {text}");
    }
    assert!(!text.contains("theirs"), "{text}");
}
