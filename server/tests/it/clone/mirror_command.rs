//! `logyard clone --mode mirror` as a process: previewed, then run with its plan and the destination's name.

use std::{
    path::Path,
    process::{Command, Output, Stdio},
};

use embedded::Embedded;
use serde_json::Value;
use tempfile::TempDir;
use testing::{Span as _, eventually, seen, within};

use crate::{
    clone::command::{clone, ended, run, said, store, summary},
    support::process::logyard,
};

/// Two objects to copy, three to delete.
async fn mirror_store() -> (Embedded, TempDir) {
    let store = store(2).await;
    for key in ["x", "y", "z\u{1b}[2J"] {
        store.put("destination", key, key).await.unwrap();
    }
    (store, TempDir::new().unwrap())
}

async fn mirror(store: &Embedded, folder: &Path, more: &[&str]) -> Output {
    let mut command = clone(&store.url(), folder, &[&["--mode", "mirror"], more].concat());
    command.stdin(Stdio::null());
    run(command).await
}

/// Runs `--dry-run`; returns the id of the plan.
async fn plan(store: &Embedded, folder: &Path) -> String {
    let output = mirror(store, folder, &["--dry-run"]).await;
    assert_eq!(output.status.code(), Some(0), "{}", said(&output));
    assert_eq!(summary(&output)["outcome"], "rehearsed");
    let first = String::from_utf8_lossy(&output.stdout).lines().next().unwrap().to_owned();
    let preview: Value = serde_json::from_str(&first).unwrap();
    assert_eq!((&preview["type"], &preview["to_delete"]), (&"preview".into(), &3.into()));
    preview["plan"]["id"].as_str().unwrap().to_owned()
}

fn refused(output: &Output, words: &str) {
    assert_eq!(output.status.code(), Some(2), "{}", said(output));
    assert!(said(output).contains(words), "{}", said(output));
}

#[tokio::test(flavor = "multi_thread")]
async fn confirmed_mirror_with_plan_succeeds_with_proof() {
    let (store, folder) = mirror_store().await;
    let plan = plan(&store, folder.path()).await;
    assert_eq!(store.count("destination").unwrap(), 3, "a dry run writes and deletes nothing");
    let output = mirror(&store, folder.path(), &["--plan", &plan, "--confirm", "s3://destination"]).await;
    assert_eq!(output.status.code(), Some(0), "{}", said(&output));
    let summary = summary(&output);
    assert_eq!((&summary["proof"]["equal"], &summary["proof"]["extra"]), (&true.into(), &0.into()));
    assert_eq!((&summary["progress"]["done"], &summary["progress"]["deleted"]), (&2.into(), &3.into()));
}

#[tokio::test(flavor = "multi_thread")]
async fn mirror_without_terminal_names_required_flags() {
    let (store, folder) = mirror_store().await;
    let plan = plan(&store, folder.path()).await;
    let output = mirror(&store, folder.path(), &[]).await;
    refused(&output, &format!("--plan {plan} --confirm s3://destination"));
    let name = mirror(&store, folder.path(), &["--plan", &plan, "--confirm", "destination"]).await;
    refused(&name, "\"destination\" is not the destination's name, which is s3://destination");
    refused(&mirror(&store, folder.path(), &["--plan", &plan]).await, "--confirm");
    refused(&mirror(&store, folder.path(), &["--plan", "7", "--confirm", "s3://destination"]).await, "64 hex digits");
    let copy = run(clone(&store.url(), folder.path(), &["--plan", &plan, "--confirm", "s3://destination"])).await;
    refused(&copy, "--mode mirror only");
    assert_eq!((store.count("destination").unwrap(), store.requests().get("CopyObject")), (3, None));
}

#[tokio::test(flavor = "multi_thread")]
async fn stale_plan_is_refused_before_any_write() {
    let (store, folder) = mirror_store().await;
    let plan = plan(&store, folder.path()).await;
    store.delete("destination", "x").unwrap();
    let output = mirror(&store, folder.path(), &["--plan", &plan, "--confirm", "s3://destination"]).await;
    refused(&output, "does not hold any more");
    assert!(said(&output).contains("to delete 2 and to copy 2"), "{}", said(&output));
    assert_eq!((store.count("destination").unwrap(), store.requests().get("CopyObject")), (2, None));
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0, "nothing to go on with");
}

#[tokio::test(flavor = "multi_thread")]
async fn mirror_summary_names_deletions_without_terminal_escapes() {
    let (store, folder) = mirror_store().await;
    let mut command = logyard();
    command.args(["clone", "s3://source", "s3://destination", "--mode", "mirror", "--dry-run"]);
    command.args(["--endpoint-url", &store.url()]).env("HOME", folder.path()).current_dir(folder.path());
    let output = run({
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    })
    .await;
    let shown = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(shown.contains("to delete  3") && shown.contains("delete \"x\"") && shown.contains("plan "), "{shown}");
    assert!(shown.contains(r"\u{1b}[2J") && !shown.contains('\u{1b}'), "{shown}");
}

/// A mirror that was confirmed at its start resumes from a state file without asking again.
#[tokio::test(flavor = "multi_thread")]
async fn mirror_stopped_during_deletes_resumes_from_state() {
    let (store, folder) = (store(2).await, TempDir::new().unwrap());
    store.seed_spread("destination", 600, 3).await.unwrap();
    let output = mirror(&store, folder.path(), &["--dry-run"]).await;
    let preview: Value = serde_json::from_slice(output.stdout.split(|byte| *byte == b'\n').next().unwrap()).unwrap();
    let plan = preview["plan"]["id"].as_str().unwrap();
    let confirmed = ["--mode", "mirror", "--plan", plan, "--confirm", "s3://destination"];
    let child = clone(&store.url(), folder.path(), &confirmed).spawn().unwrap();
    let deletes = || seen(store.requests().get("DeleteObject").copied(), |deletes| *deletes >= Some(20));
    eventually("20 deletes", within(2.mins()).every(5.millis()), deletes).await;
    let stopped = Command::new("kill").args(["-TERM", &child.id().to_string()]).status().unwrap();
    assert!(stopped.success());
    let output = ended(child).await;
    assert_eq!(output.status.code(), Some(130), "{}", said(&output));
    let again = mirror(&store, folder.path(), &["--resume"]).await;
    assert_eq!(again.status.code(), Some(0), "{}", said(&again));
    assert_eq!((&summary(&again)["outcome"], &summary(&again)["progress"]["deleted"]), (&"equal".into(), &600.into()));
    assert_eq!(store.count("destination").unwrap(), 2);
}
