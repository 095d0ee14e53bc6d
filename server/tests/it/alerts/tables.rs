//! Alerts about synced tables: a decision that waits for a person, told once and resolved by what was decided.

use std::sync::Arc;

use logyard::{
    config::{self, Config},
    connections::tables::Syncs,
    tasks::syncer::{Context, Keeper, Turn},
};
use model::SyncState;
use serde_json::Value;
use testing::{Span as _, eventually_async, seen, within};
use tokio_util::sync::CancellationToken;

use crate::{
    alerts::delivery::{Receiver, alerts},
    http::pages::page,
    support::server::TestServer,
    sync::replica_tables::Orders,
};

#[tokio::test(flavor = "multi_thread")]
async fn table_that_waits_for_a_person_notifies_until_it_goes_on() {
    let (receiver, [local, copy]) = (Receiver::listen(Vec::new()).await, [Orders::new().await, Orders::new().await]);
    let webhook = receiver.webhook();
    let table = config::Table::between("orders".parse().unwrap(), local.url(), copy.url());
    let server = TestServer::with(|config: &mut Config| {
        config.alerts.webhooks = vec![webhook];
        config.tables = vec![table.clone()];
    })
    .await;
    let context = Context {
        db: server.app.db.clone(),
        syncs: Syncs::new(&server.app.config),
        holder: "one".into(),
        lease_ms: 30_000,
    };
    let (mut keeper, never) = (Keeper::new(Arc::new(context), table), CancellationToken::new());
    let mut evaluate = async || match keeper.turn(None, &mut |_| (), &never).await.unwrap() {
        Turn::Ended(ended) => ended.status.state,
        other => panic!("{other:?}"),
    };
    local.run("INSERT INTO orders (id, row_version) VALUES (1, 1), (2, 2)").await;
    assert_eq!(evaluate().await, SyncState::InSync);
    let tasks = alerts(&server, "one").await;
    local.run("DELETE FROM orders").await;
    assert_eq!(evaluate().await, SyncState::Waiting);
    let one = |list: &Value| list["items"].as_array().is_some_and(|items| items.len() == 1);
    let open = server.json_once("/api/v1/alerts?table=orders&state=open", one).await;
    assert_eq!((&open["items"][0]["kind"], &open["items"][0]["table"]), (&"table_stopped".into(), &"orders".into()));
    let heard = receiver.heard(1).await;
    let message: Value = serde_json::from_str(&heard[0].body).unwrap();
    assert!(message["text"].as_str().unwrap().starts_with("table orders, table_stopped. At least 2"), "{message}");
    assert_eq!(message["link"], "https://logyard.example.com/syncs/orders");
    let shown = page(&server, "/alerts").await;
    assert!(shown.contains("Table waits for a decision") && shown.contains("href=\"/syncs/orders\""), "{shown}");
    // A status that only a newer version can read resolves nothing, and stops no other alert.
    let database = sqlx::SqlitePool::connect(&server.app.config.database.url).await.unwrap();
    let readable: String = sqlx::query_scalar("SELECT status FROM syncs").fetch_one(&database).await.unwrap();
    let write = async |status: &str| {
        sqlx::query("UPDATE syncs SET status = ?").bind(status).execute(&database).await.unwrap();
    };
    write(r#"{"state": "of a newer version"}"#).await;
    let before = server.app.db.evaluated_at().await.unwrap();
    let probe = || async {
        seen(server.app.db.evaluated_at().await.unwrap(), |at| at.map(|at| at.0 - 200) > before.map(|at| at.0))
    };
    eventually_async("conditions are evaluated again", within(2.mins()), probe).await;
    server.json_once("/api/v1/alerts?table=orders&state=open", one).await;
    write(&readable).await;
    local.run("INSERT INTO orders (id, row_version) VALUES (1, 3)").await;
    while evaluate().await != SyncState::InSync {}
    server.json_once("/api/v1/alerts?table=orders&state=resolved", one).await;
    drop(tasks);
}
