//! Tables kept in step, over HTTP: what agents report, what may be asked, and what is refused.

use std::collections::BTreeSet;

use db::{SyncAsked, SyncBeat};
use logyard::config::Config;
use model::{
    Evidence, LiveMessage, MassDelete, Quarantined, SyncEvaluation, SyncMinute, SyncSource, SyncState, SyncStatus,
    TableName, Time, Verified,
};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use testing::{Span as _, eventually, within};

use crate::support::server::{Site, guard};

const LEASE_MS: i64 = 60_000;

/// A site whose configuration has the tables `orders` and `customers`. Nobody keeps them in step but the test.
async fn keeping_two() -> Site {
    let entry = |name: &str| {
        format!(
            "[[tables]]\nname = '{name}'\nurl = 'postgres://shop:secret@db.internal/shop'\nevery = '7s'\n\
             remote = 'https://copy.example.com/v1/customers/acme/databases/shop/tables/{name}'\n"
        )
    };
    let text = entry("orders") + &entry("customers");
    let tables = Config::parse(None, &text, &|_| None).unwrap().tables;
    Site::with(|config| {
        guard(config);
        config.tables = tables;
    })
    .await
}

fn orders() -> TableName {
    "orders".parse().unwrap()
}

fn beat(state: SyncState) -> SyncBeat {
    SyncBeat {
        status: SyncStatus { state, ..SyncStatus::unseen(orders(), SyncSource::Logyard, Time(0)) },
        checkpoint: None,
        minute: SyncMinute::default(),
        quarantine: Vec::new(),
        map: None,
    }
}

/// Tells how `orders` stands, as whoever keeps it would.
async fn tell(site: &Site, beat: &SyncBeat) {
    let db = &site.app.db;
    db.hold_sync(&orders(), "test", LEASE_MS).await.unwrap().expect("the table is free");
    assert!(db.beat_sync(&orders(), "test", LEASE_MS, beat).await.unwrap());
}

/// Ends an evaluation of `orders` that answers all that was asked.
async fn end(site: &Site) -> SyncAsked {
    let db = &site.app.db;
    let held = db.hold_sync(&orders(), "test", LEASE_MS).await.unwrap().expect("the table is free");
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
    assert!(db.end_sync(&orders(), "test", &beat(SyncState::InSync), &evaluation, &held.asked).await.unwrap());
    held.asked
}

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

    let half = json!({
        "remote_count": 40, "remote_version": 400, "behind": 60, "uploaded": 40, "requests": 1, "bytes_sent": 4_000,
    });
    let (_, half) = report(&site, "theirs", half).await;
    assert_eq!((&half["state"], &half["since"]), (&json!("uploading"), &first["since"]));
    assert_eq!(half["local"], json!({"count": 100, "version": 900}), "what is left out is as it was");
    let away = json!({"error": "HTTP 503 from https://copy.example.com"});
    let (_, away) = report(&site, "theirs", away).await;
    assert_eq!(
        (&away["state"], &away["reason"]),
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
    let told = eventually("the table's change is sent", within(1.mins()), || match messages.try_recv() {
        Ok(LiveMessage::Sync(change)) => Ok(change),
        other => Err(other),
    })
    .await;
    assert_eq!(told.table, theirs);
}

#[tokio::test]
async fn configured_tables_are_there_before_anybody_has_looked_and_before_those_of_agents() {
    let site = keeping_two().await;
    report(&site, "a-table", json!({"local_count": 1})).await;
    tell(&site, &beat(SyncState::Uploading)).await;
    let (_, list) = get(&site, "/api/v1/syncs").await;
    let shown: Vec<_> = list["items"].as_array().unwrap().iter().map(|item| (&item["table"], &item["state"])).collect();
    let expected = [("orders", "uploading"), ("customers", "new"), ("a-table", "reconciling")];
    assert_eq!(json!(shown), json!(expected));
    let (_, view) = get(&site, "/api/v1/syncs/customers").await;
    assert_eq!((&view["sync"]["every_ms"], &view["sync"]["held"]), (&json!(7_000), &json!(false)));
    assert_eq!(view["places"][0], json!({"end": "local", "place": "table customers of postgres://db.internal/shop"}));
    assert!(!view.to_string().contains("secret"));
}

#[tokio::test]
async fn a_question_waits_for_whoever_keeps_the_table_and_its_answer_is_in_the_history() {
    let site = keeping_two().await;
    for body in [json!({"table": "orders"}), json!({"table": "orders", "verify": true})] {
        let request = site.request(Method::POST, "/api/v1/syncs").bearer_auth(&site.token).json(&body);
        let response = request.send().await.unwrap();
        assert_eq!(response.status(), 202);
        assert_eq!(response.headers()["location"], "/api/v1/syncs/orders");
        assert_eq!(response.json::<Value>().await.unwrap()["table"], json!("orders"));
    }
    assert_eq!(end(&site).await, SyncAsked { evaluate: true, verify: true, ..SyncAsked::default() });
    assert_eq!(end(&site).await, SyncAsked::default());
    let (_, page) = get(&site, "/api/v1/syncs/orders/evaluations").await;
    let kept = &page["items"][0];
    assert_eq!(kept["reason"], json!("Both ends are equal. Asked for by ci. Asked for by ci."));
    assert_eq!((page["items"].as_array().unwrap().len(), &page["next"]), (1, &Value::Null));
    let (_, view) = get(&site, "/api/v1/syncs/orders").await;
    assert_eq!(&view["evaluations"]["items"][0], kept);
    // The second is not remembered, as it says nothing new; that both ends were equal still then is.
    let at = |of: &Value| of["verified"]["at"].as_str().unwrap().parse::<Time>().unwrap();
    assert!(at(&view["sync"]) >= at(kept));

    let description = get(&site, "/api/v1/openapi.json").await.1;
    let fields = |value: &Value| value.as_object().unwrap().keys().cloned().collect::<BTreeSet<_>>();
    assert_eq!(fields(kept), fields(&description["components"]["schemas"]["SyncEvaluation"]["properties"]));
}

#[tokio::test]
async fn what_does_not_fit_how_the_table_stands_is_a_conflict_that_says_why() {
    let site = keeping_two().await;
    let refused = async |action: Value, says: &str| {
        let (status, problem) = act(&site, "orders", action.clone()).await;
        assert_eq!(status, 409, "{action}: {problem}");
        assert!(problem["detail"].as_str().unwrap().contains(says), "{action}: {problem}");
    };
    let approve = |rows: u64| json!({"action": "approve", "rows": rows});
    refused(approve(5), "it is not looked at yet").await;
    refused(json!({"action": "accept_epoch"}), "nothing to accept").await;
    refused(json!({"action": "retry_quarantined"}), "No row of table `orders` is in quarantine").await;

    let mut waits = beat(SyncState::Waiting);
    waits.status.waiting = Some(MassDelete { rows: 1_200, remote_rows: 5_000 });
    tell(&site, &waits).await;
    refused(approve(1_199), "At least 1200 rows would be deleted").await;
    assert_eq!(act(&site, "orders", approve(1_200)).await.0, 202);
    assert_eq!(end(&site).await.approved, 1_200);
    refused(approve(1_200), "it is in step").await;

    tell(&site, &beat(SyncState::EpochChanged)).await;
    assert_eq!(act(&site, "orders", json!({"action": "accept_epoch"})).await.0, 202);
    assert!(end(&site).await.accept_epoch);

    let mut poison = beat(SyncState::Quarantined);
    poison.status.quarantined = 1;
    poison.quarantine =
        vec![Quarantined { key: "7".into(), version: 3, error: "too long".into(), attempts: 1, retry_at: Time(9) }];
    tell(&site, &poison).await;
    let retry = |key: &str| json!({"action": "retry_quarantined", "key": key});
    let (status, problem) = act(&site, "orders", retry("8")).await;
    assert_eq!((status.as_u16(), &problem["field"]), (422, &json!("key")), "{problem}");
    assert_eq!(act(&site, "orders", retry("7")).await.0, 202);
    assert_eq!(end(&site).await.retry, Some(vec!["7".to_owned()]));
}

#[tokio::test]
async fn a_pause_may_be_asked_twice_and_ends_when_it_is_resumed() {
    let site = keeping_two().await;
    for (action, paused) in [("pause", true), ("pause", true), ("resume", false), ("resume", false)] {
        let (status, sync) = act(&site, "orders", json!({"action": action})).await;
        assert_eq!((status.as_u16(), &sync["paused"]), (202, &json!(paused)), "{action}");
    }
}

#[tokio::test]
async fn an_agent_may_not_report_a_table_of_the_configuration() {
    let site = keeping_two().await;
    let (status, problem) = report(&site, "orders", json!({"local_count": 1})).await;
    assert_eq!((status.as_u16(), &problem["field"]), (409, &json!("table")), "{problem}");
    assert!(problem["detail"].as_str().unwrap().contains("is in the configuration"), "{problem}");
    assert_eq!(get(&site, "/api/v1/syncs").await.1["items"][0]["state"], json!("new"));
}

#[tokio::test]
async fn configured_tables_are_measured_and_those_of_agents_make_no_labels() {
    let site = keeping_two().await;
    report(&site, "theirs", json!({"behind": 5})).await;
    let mut behind = beat(SyncState::Uploading);
    (behind.status.behind, behind.status.quarantined) = (Some(12), 3);
    tell(&site, &behind).await;
    let text =
        site.request(Method::GET, "/metrics").bearer_auth(&site.token).send().await.unwrap().text().await.unwrap();
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
