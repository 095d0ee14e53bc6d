//! `logyard sync`: results, output and exit codes.

use serde_json::Value;

use crate::{
    clone::command::{run, said, summary},
    support::process::logyard,
    sync::replica_tables::Orders,
    sync::table_pair::TablePair,
};

async fn synced(pair: &TablePair, arguments: &[&str], code: i32) -> Value {
    let output = run(pair.sync(arguments)).await;
    assert_eq!(output.status.code(), Some(code), "{}{}", said(&output), String::from_utf8_lossy(&output.stdout));
    summary(&output)
}

fn counts(summary: &Value) -> (u64, u64) {
    (summary["uploaded"].as_u64().unwrap(), summary["deleted"].as_u64().unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn sync_command_syncs_and_next_run_confirms() {
    let pair = TablePair::new().await;
    pair.write(&pair.config(""));
    pair.insert(1, 1_001).await;
    let first = synced(&pair, &[], 0).await;
    assert_eq!((&first["outcome"], counts(&first)), (&"in_step".into(), (1_000, 0)));
    assert!(pair.is_equal().await);
    let status = &first["status"];
    assert_eq!(
        (&status["state"], &status["remote"]["count"], &status["behind"]),
        (&"in_step".into(), &1_000.into(), &0.into())
    );
    assert_eq!((&status["verified"]["below"], &status["verified"]["shown_by"]), (&1_001.into(), &"cells".into()));
    assert!(
        first["bytes_sent"].as_u64().unwrap() > 10_000 && first["local_rows"].as_u64().unwrap() >= 1_000,
        "{first}"
    );

    pair.local.run("DELETE FROM orders WHERE id = 500").await;
    pair.local.run("UPDATE orders SET total = 0, row_version = 2000 WHERE id = 7").await;
    let second = synced(&pair, &[], 0).await;
    assert_eq!(counts(&second), (1, 1), "{second}");
    assert!(pair.is_equal().await);
    let third = synced(&pair, &["--once"], 0).await;
    assert_eq!((counts(&third), &third["evaluations"], &third["requests"]), ((0, 0), &1.into(), &2.into()), "{third}");
}

#[tokio::test(flavor = "multi_thread")]
async fn verification_reports_differences_without_changes() {
    let pair = TablePair::new().await;
    pair.write(&pair.config(""));
    pair.insert(1, 501).await;
    synced(&pair, &[], 0).await;
    pair.local.run("DELETE FROM orders WHERE id IN (100, 200)").await;
    pair.insert(600, 601).await;
    let before = pair.remote.dump().await;
    let verified = synced(&pair, &["--verify"], 1).await;
    assert_eq!((&verified["outcome"], counts(&verified)), (&"differs".into(), (0, 0)));
    let reason = verified["status"]["reason"].as_str().unwrap();
    assert!(reason.contains("2 rows too many and lacks 1 row"), "{reason}");
    assert_eq!(pair.remote.dump().await, before);
    let evaluations = pair.db().await.sync_evaluations(&TablePair::table(), None, 10).await.unwrap().items;
    assert!(evaluations[0].verify, "{evaluations:?}");
    synced(&pair, &[], 0).await;
    assert_eq!(synced(&pair, &["--verify"], 0).await["outcome"], "in_step");
}

#[tokio::test(flavor = "multi_thread")]
async fn refused_row_is_named_without_a_search() {
    let pair = TablePair::new().await;
    pair.write(&pair.config(""));
    pair.insert(1, 301).await;
    pair.refuse("customer 77").await;
    let refused = synced(&pair, &[], 1).await;
    assert_eq!((&refused["outcome"], counts(&refused).0), (&"quarantined".into(), 299), "{refused}");
    let row = &refused["quarantine"][0];
    assert_eq!((&row["key"], &row["version"], &row["attempts"]), (&"77".into(), &77.into(), &1.into()));
    assert!(row["error"].as_str().unwrap().contains("the customer is unknown"), "{row}");
    assert_eq!(pair.remote.dump().await.len(), 299);

    let again = synced(&pair, &["--once"], 1).await;
    assert_eq!((&again["rounds"], &again["requests"], &again["found"]), (&1.into(), &2.into(), &0.into()), "{again}");

    pair.remote.run("DROP TRIGGER refusal").await;
    let db = pair.db().await;
    let retry = model::SyncAction::RetryQuarantined { key: Some("77".to_owned()) };
    db.request_sync(&TablePair::table(), &retry, "ada").await.unwrap();
    assert_eq!(synced(&pair, &[], 0).await["outcome"], "in_step");
    assert!(pair.is_equal().await);
    let history = db.sync_evaluations(&TablePair::table(), None, 1).await.unwrap().items;
    assert!(history[0].reason.contains("ada requested a retry of row 77"), "{history:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn mass_delete_waits_for_approval() {
    let pair = TablePair::new().await;
    pair.write(&pair.config("approve_above = 100"));
    pair.insert(1, 1_001).await;
    synced(&pair, &[], 0).await;
    pair.local.run("DELETE FROM orders WHERE id <= 400").await;
    let waiting = synced(&pair, &[], 1).await;
    assert_eq!((&waiting["outcome"], counts(&waiting).1), (&"waiting".into(), 0));
    let reason = waiting["status"]["reason"].as_str().unwrap();
    assert!(reason.contains("logyard sync orders --approve "), "{reason}");
    assert_eq!(pair.remote.dump().await.len(), 1_000, "nothing is deleted");
    let rows = waiting["status"]["waiting"]["rows"].to_string();
    let mut summary = synced(&pair, &["--approve", &rows, "--once"], 0).await;
    if summary["outcome"] != "in_step" {
        summary = synced(&pair, &[], 0).await;
    }
    assert_eq!(summary["outcome"], "in_step");
    assert!(pair.is_equal().await);
}

#[tokio::test(flavor = "multi_thread")]
async fn changed_local_database_stops_sync_until_accepted() {
    let pair = TablePair::new().await;
    pair.write(&pair.config(""));
    pair.insert(1, 301).await;
    synced(&pair, &[], 0).await;
    let restored = Orders::new().await;
    restored.run("INSERT INTO orders (id, row_version) VALUES (1, 400), (2, 401)").await;
    pair.write(&pair.config("approve_above = 1000").replace(&pair.local.url(), &restored.url()));
    let stopped = synced(&pair, &[], 2).await;
    assert_eq!((&stopped["outcome"], counts(&stopped)), (&"epoch_changed".into(), (0, 0)));
    assert!(stopped["status"]["reason"].as_str().unwrap().contains("--accept-epoch"), "{stopped}");
    assert_eq!(pair.remote.dump().await.len(), 300);
    assert_eq!(synced(&pair, &["--accept-epoch"], 0).await["outcome"], "in_step");
    assert_eq!(pair.remote.dump().await, restored.dump().await);
}

#[tokio::test(flavor = "multi_thread")]
async fn unreachable_endpoint_exits_3_and_refusal_exits_2() {
    let pair = TablePair::new().await;
    pair.insert(1, 11).await;
    pair.write(&pair.config_of(&pair.local.url(), "http://127.0.0.1:9/v1/customers/a/databases/b/tables/c", ""));
    let away = synced(&pair, &[], 3).await;
    assert_eq!((&away["outcome"], &away["status"]["state"]), (&"unreachable".into(), &"unreachable".into()));
    assert!(away["status"]["reason"].as_str().unwrap().contains("127.0.0.1:9"), "{away}");
    pair.write(&pair.config("").replace("token = '", "token = 'not-"));
    let refused = synced(&pair, &[], 2).await;
    assert_eq!(refused["status"]["state"], "refused");
    pair.write(&pair.config("version = 'changed'"));
    let no_column = synced(&pair, &[], 2).await;
    let reason = no_column["status"]["reason"].as_str().unwrap();
    assert!(reason.starts_with("The local end: ") && reason.contains("no column changed"), "{reason}");
}

#[tokio::test(flavor = "multi_thread")]
async fn paused_table_is_untouched() {
    let pair = TablePair::new().await;
    pair.write(&pair.config(""));
    pair.insert(1, 11).await;
    let db = pair.db().await;
    db.request_sync(&TablePair::table(), &model::SyncAction::Pause, "ada").await.unwrap();
    let paused = synced(&pair, &[], 1).await;
    assert_eq!((&paused["outcome"], &paused["error"]["code"]), (&"paused".into(), &"paused".into()));
    assert!(pair.remote.dump().await.is_empty());
    db.request_sync(&TablePair::table(), &model::SyncAction::Resume, "ada").await.unwrap();
    synced(&pair, &[], 0).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn migration_is_shown_and_applied_on_request() {
    let pair = TablePair::new().await;
    pair.write(&pair.config(""));
    pair.insert(1, 101).await;
    let shown = run(pair.sync(&["--show-migration"])).await;
    let migration: Value = serde_json::from_slice(&shown.stdout).unwrap();
    let statements = |migration: &Value| migration["statements"].as_array().unwrap().len();
    assert!(statements(&migration) > 0 && migration["applied"] == false, "{migration}");
    let again: Value = serde_json::from_slice(&run(pair.sync(&["--show-migration"])).await.stdout).unwrap();
    assert_eq!(statements(&again), statements(&migration), "nothing was done");
    let applied = run(pair.sync(&["--apply-migration"])).await;
    assert_eq!(applied.status.code(), Some(0), "{}", said(&applied));
    let after: Value = serde_json::from_slice(&run(pair.sync(&["--show-migration"])).await.stdout).unwrap();
    assert_eq!(statements(&after), 0, "{after}");
    synced(&pair, &[], 0).await;
    assert!(pair.is_equal().await);
}

#[tokio::test(flavor = "multi_thread")]
async fn unknown_table_is_refused_with_configured_ones() {
    let pair = TablePair::new().await;
    pair.write(&pair.config(""));
    let mut command = logyard();
    command.args(["sync", "customers"]).current_dir(pair.folder.path());
    command.stdout(std::process::Stdio::piped()).stderr(std::process::Stdio::piped());
    let output = run(command).await;
    assert_eq!(output.status.code(), Some(2));
    assert!(said(&output).contains("No table `customers` is configured: logyard.toml has orders"), "{}", said(&output));
    assert!(output.stdout.is_empty());
    pair.write("");
    let output = run(pair.sync(&[])).await;
    assert_eq!((output.status.code(), &summary(&output)["error"]["code"]), (Some(2), &"usage".into()));
    assert!(said(&output).contains("has no [[tables]]"), "{}", said(&output));
}

#[test]
fn sync_help_lists_actions_and_exit_codes() {
    let output = logyard().args(["sync", "--help"]).output().unwrap();
    let help = String::from_utf8(output.stdout).unwrap();
    for part in
        ["--once", "--verify", "--json", "--approve <ROWS>", "--show-migration", "Examples:", "Exit codes: 0 in sync"]
    {
        assert!(help.contains(part), "{part}: {help}");
    }
    let together = logyard().args(["sync", "orders", "--verify", "--approve", "5"]).output().unwrap();
    assert_eq!(together.status.code(), Some(2));
}
