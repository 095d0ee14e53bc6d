//! `logyard sync`: what it brings about, what it prints, and how it exits.

use serde_json::Value;

use crate::{
    clone::command::{run, said, summary},
    support::process::logyard,
    sync::replica_tables::Orders,
    sync::shop::Shop,
};

async fn synced(shop: &Shop, arguments: &[&str], code: i32) -> Value {
    let output = run(shop.sync(arguments)).await;
    assert_eq!(output.status.code(), Some(code), "{}{}", said(&output), String::from_utf8_lossy(&output.stdout));
    summary(&output)
}

fn counts(summary: &Value) -> (u64, u64) {
    (summary["uploaded"].as_u64().unwrap(), summary["deleted"].as_u64().unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_table_is_brought_in_step_and_found_to_be_so_the_next_time() {
    let shop = Shop::new().await;
    shop.write(&shop.config(""));
    shop.insert(1, 1_001).await;
    let first = synced(&shop, &[], 0).await;
    assert_eq!((&first["outcome"], counts(&first)), (&"in_step".into(), (1_000, 0)));
    assert!(shop.is_equal().await);
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

    shop.local.run("DELETE FROM orders WHERE id = 500").await;
    shop.local.run("UPDATE orders SET total = 0, row_version = 2000 WHERE id = 7").await;
    let second = synced(&shop, &[], 0).await;
    assert_eq!(counts(&second), (1, 1), "{second}");
    assert!(shop.is_equal().await);
    let third = synced(&shop, &["--once"], 0).await;
    assert_eq!((counts(&third), &third["evaluations"], &third["requests"]), ((0, 0), &1.into(), &2.into()), "{third}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_verification_says_what_differs_and_changes_nothing() {
    let shop = Shop::new().await;
    shop.write(&shop.config(""));
    shop.insert(1, 501).await;
    synced(&shop, &[], 0).await;
    shop.local.run("DELETE FROM orders WHERE id IN (100, 200)").await;
    shop.insert(600, 601).await;
    let before = shop.remote.dump().await;
    let verified = synced(&shop, &["--verify"], 1).await;
    assert_eq!((&verified["outcome"], counts(&verified)), (&"differs".into(), (0, 0)));
    let reason = verified["status"]["reason"].as_str().unwrap();
    assert!(reason.contains("2 rows too many and lacks 1 row"), "{reason}");
    assert_eq!(shop.remote.dump().await, before);
    let evaluations = shop.db().await.sync_evaluations(&Shop::table(), None, 10).await.unwrap().items;
    assert!(evaluations[0].verify, "{evaluations:?}");
    synced(&shop, &[], 0).await;
    assert_eq!(synced(&shop, &["--verify"], 0).await["outcome"], "in_step");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_row_that_the_remote_refuses_is_named_and_causes_no_search() {
    let shop = Shop::new().await;
    shop.write(&shop.config(""));
    shop.insert(1, 301).await;
    shop.refuse("customer 77").await;
    let refused = synced(&shop, &[], 1).await;
    assert_eq!((&refused["outcome"], counts(&refused).0), (&"quarantined".into(), 299), "{refused}");
    let row = &refused["quarantine"][0];
    assert_eq!((&row["key"], &row["version"], &row["attempts"]), (&"77".into(), &77.into(), &1.into()));
    assert!(row["error"].as_str().unwrap().contains("the customer is unknown"), "{row}");
    assert_eq!(shop.remote.dump().await.len(), 299);

    let again = synced(&shop, &["--once"], 1).await;
    assert_eq!((&again["rounds"], &again["requests"], &again["found"]), (&1.into(), &2.into(), &0.into()), "{again}");

    shop.remote.run("DROP TRIGGER refusal").await;
    let db = shop.db().await;
    let retry = model::SyncAction::RetryQuarantined { key: Some("77".to_owned()) };
    db.ask_sync(&Shop::table(), &retry, "ada").await.unwrap();
    assert_eq!(synced(&shop, &[], 0).await["outcome"], "in_step");
    assert!(shop.is_equal().await);
    let history = db.sync_evaluations(&Shop::table(), None, 1).await.unwrap().items;
    assert!(history[0].reason.contains("ada asked to try row 77 again"), "{history:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mass_delete_waits_for_a_yes_and_goes_on_after_it() {
    let shop = Shop::new().await;
    shop.write(&shop.config("approve_above = 100"));
    shop.insert(1, 1_001).await;
    synced(&shop, &[], 0).await;
    shop.local.run("DELETE FROM orders WHERE id <= 400").await;
    let waiting = synced(&shop, &[], 1).await;
    assert_eq!((&waiting["outcome"], counts(&waiting).1), (&"waiting".into(), 0));
    let reason = waiting["status"]["reason"].as_str().unwrap();
    assert!(reason.contains("logyard sync orders --approve "), "{reason}");
    assert_eq!(shop.remote.dump().await.len(), 1_000, "nothing is deleted");
    let rows = waiting["status"]["waiting"]["rows"].to_string();
    let mut summary = synced(&shop, &["--approve", &rows, "--once"], 0).await;
    if summary["outcome"] != "in_step" {
        summary = synced(&shop, &[], 0).await;
    }
    assert_eq!(summary["outcome"], "in_step");
    assert!(shop.is_equal().await);
}

#[tokio::test(flavor = "multi_thread")]
async fn another_local_database_stops_everything_until_it_is_accepted() {
    let shop = Shop::new().await;
    shop.write(&shop.config(""));
    shop.insert(1, 301).await;
    synced(&shop, &[], 0).await;
    let restored = Orders::new().await;
    restored.run("INSERT INTO orders (id, row_version) VALUES (1, 400), (2, 401)").await;
    shop.write(&shop.config("approve_above = 1000").replace(&shop.local.url(), &restored.url()));
    let stopped = synced(&shop, &[], 2).await;
    assert_eq!((&stopped["outcome"], counts(&stopped)), (&"epoch_changed".into(), (0, 0)));
    assert!(stopped["status"]["reason"].as_str().unwrap().contains("--accept-epoch"), "{stopped}");
    assert_eq!(shop.remote.dump().await.len(), 300);
    assert_eq!(synced(&shop, &["--accept-epoch"], 0).await["outcome"], "in_step");
    assert_eq!(shop.remote.dump().await, restored.dump().await);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_end_that_does_not_answer_ends_with_3_and_one_that_refuses_with_2() {
    let shop = Shop::new().await;
    shop.insert(1, 11).await;
    shop.write(&shop.config_of(&shop.local.url(), "http://127.0.0.1:9/v1/customers/a/databases/b/tables/c", ""));
    let away = synced(&shop, &[], 3).await;
    assert_eq!((&away["outcome"], &away["status"]["state"]), (&"unreachable".into(), &"unreachable".into()));
    assert!(away["status"]["reason"].as_str().unwrap().contains("127.0.0.1:9"), "{away}");
    shop.write(&shop.config("").replace("token = '", "token = 'not-"));
    let refused = synced(&shop, &[], 2).await;
    assert_eq!(refused["status"]["state"], "refused");
    shop.write(&shop.config("version = 'changed'"));
    let no_column = synced(&shop, &[], 2).await;
    let reason = no_column["status"]["reason"].as_str().unwrap();
    assert!(reason.starts_with("The local end: ") && reason.contains("no column changed"), "{reason}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_paused_table_is_left_alone() {
    let shop = Shop::new().await;
    shop.write(&shop.config(""));
    shop.insert(1, 11).await;
    let db = shop.db().await;
    db.ask_sync(&Shop::table(), &model::SyncAction::Pause, "ada").await.unwrap();
    let paused = synced(&shop, &[], 1).await;
    assert_eq!((&paused["outcome"], &paused["error"]["code"]), (&"paused".into(), &"paused".into()));
    assert!(shop.remote.dump().await.is_empty());
    db.ask_sync(&Shop::table(), &model::SyncAction::Resume, "ada").await.unwrap();
    synced(&shop, &[], 0).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_would_make_a_table_quick_is_shown_and_done_only_when_asked() {
    let shop = Shop::new().await;
    shop.write(&shop.config(""));
    shop.insert(1, 101).await;
    let shown = run(shop.sync(&["--show-migration"])).await;
    let migration: Value = serde_json::from_slice(&shown.stdout).unwrap();
    let statements = |migration: &Value| migration["statements"].as_array().unwrap().len();
    assert!(statements(&migration) > 0 && migration["applied"] == false, "{migration}");
    let again: Value = serde_json::from_slice(&run(shop.sync(&["--show-migration"])).await.stdout).unwrap();
    assert_eq!(statements(&again), statements(&migration), "nothing was done");
    let applied = run(shop.sync(&["--apply-migration"])).await;
    assert_eq!(applied.status.code(), Some(0), "{}", said(&applied));
    let after: Value = serde_json::from_slice(&run(shop.sync(&["--show-migration"])).await.stdout).unwrap();
    assert_eq!(statements(&after), 0, "{after}");
    synced(&shop, &[], 0).await;
    assert!(shop.is_equal().await);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_table_that_is_not_configured_is_refused_with_those_that_are() {
    let shop = Shop::new().await;
    shop.write(&shop.config(""));
    let mut command = logyard();
    command.args(["sync", "customers"]).current_dir(shop.folder.path());
    command.stdout(std::process::Stdio::piped()).stderr(std::process::Stdio::piped());
    let output = run(command).await;
    assert_eq!(output.status.code(), Some(2));
    assert!(said(&output).contains("no table `customers` is configured: logyard.toml has orders"), "{}", said(&output));
    assert!(output.stdout.is_empty());
    shop.write("");
    let output = run(shop.sync(&[])).await;
    assert_eq!((output.status.code(), &summary(&output)["error"]["code"]), (Some(2), &"usage".into()));
    assert!(said(&output).contains("has no [[tables]]"), "{}", said(&output));
}

#[test]
fn its_help_says_what_it_does_and_how_it_exits() {
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
