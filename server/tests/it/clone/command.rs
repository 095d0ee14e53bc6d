//! `logyard clone` as a process: exit codes, summary, and resuming after a stop or a crash.

use std::{
    path::Path,
    process::{Child, Command, Output, Stdio},
};

use embedded::{Content, Embedded};
use serde_json::Value;
use tempfile::TempDir;
use testing::{Span as _, eventually, seen, within};

use crate::support::process::logyard;

/// Value of `--concurrency` in these tests.
pub const CONCURRENCY: u64 = 8;

pub async fn store(objects: usize) -> Embedded {
    let store = Embedded::in_memory().await.unwrap();
    store.create_bucket("source").unwrap();
    store.create_bucket("destination").unwrap();
    store.seed_objects("source", objects).await.unwrap();
    store
}

pub fn copies(store: &Embedded) -> u64 {
    store.requests().get("CopyObject").copied().unwrap_or_default()
}

/// The command that clones `source` to `destination` with JSON lines, in this folder.
pub fn clone(url: &str, folder: &Path, more: &[&str]) -> Command {
    let mut command = logyard();
    command
        .args(["clone", "s3://source", "s3://destination", "--json", "--concurrency", "8", "--endpoint-url", url])
        .args(more)
        .env("HOME", folder)
        .current_dir(folder)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    command
}

/// Waits for the process without blocking the store, which runs in this process.
pub async fn ended(child: Child) -> Output {
    tokio::task::spawn_blocking(move || child.wait_with_output().unwrap()).await.unwrap()
}

pub async fn run(mut command: Command) -> Output {
    ended(command.spawn().unwrap()).await
}

pub fn summary(output: &Output) -> Value {
    let text = String::from_utf8_lossy(&output.stdout);
    let last = text.lines().last().unwrap_or_else(|| panic!("{output:?}"));
    let summary: Value = serde_json::from_str(last).unwrap();
    assert_eq!(summary["type"], "summary");
    summary
}

pub fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

async fn until_copied(store: &Embedded, count: u64) {
    let copied = || seen(copies(store), |copies| *copies >= count);
    eventually(format!("{count} copies"), within(2.mins()).every(5.millis()), copied).await;
}

/// Waits until a running command has written its state.
async fn until_written(state: &Path) {
    eventually(format!("{} is written", state.display()), within(2.mins()).every(5.millis()), || state.exists()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn proven_clone_exits_0_and_leaves_no_files() {
    let (store, folder) = (store(50).await, TempDir::new().unwrap());
    let output = run(clone(&store.url(), folder.path(), &["--state", "state.json"])).await;
    assert_eq!(output.status.code(), Some(0), "{}", said(&output));
    let summary = summary(&output);
    assert_eq!((&summary["outcome"], &summary["proof"]["equal"]), (&"equal".into(), &true.into()));
    assert_eq!(summary["progress"]["done"], 50);
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn differences_exit_1_and_are_written_to_file() {
    let (store, folder) = (store(3).await, TempDir::new().unwrap());
    let output = run(clone(&store.url(), folder.path(), &["--mode", "verify", "--failures", "failed.ndjson"])).await;
    assert_eq!(output.status.code(), Some(1), "{}", said(&output));
    assert_eq!(summary(&output)["outcome"], "not_equal");
    let lines = std::fs::read_to_string(folder.path().join("failed.ndjson")).unwrap();
    let reasons: Vec<Value> =
        lines.lines().map(|line| serde_json::from_str::<Value>(line).unwrap()["reason"].clone()).collect();
    assert_eq!(reasons, ["missing", "missing", "missing"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn clone_without_comparison_claims_no_proof() {
    let (store, folder) = (store(3).await, TempDir::new().unwrap());
    let output = run(clone(&store.url(), folder.path(), &["--no-verify"])).await;
    assert_eq!(output.status.code(), Some(0));
    assert_eq!((&summary(&output)["outcome"], &summary(&output)["proof"]), (&"copied".into(), &Value::Null));
}

#[tokio::test(flavor = "multi_thread")]
async fn large_objects_are_copied_in_parts() {
    let (store, folder) = (store(1).await, TempDir::new().unwrap());
    store.put("source", "large", vec![b'x'; 6 << 20]).await.unwrap();
    let output = run(clone(&store.url(), folder.path(), &["--multipart-threshold", "5MiB"])).await;
    assert_eq!(output.status.code(), Some(0), "{}", said(&output));
    assert_eq!((copies(&store), store.requests().get("UploadPartCopy")), (1, Some(&2)));

    let output = run(clone(&store.url(), folder.path(), &["--multipart-threshold", "5MB"])).await;
    assert_eq!(output.status.code(), Some(2));
    assert!(said(&output).contains("'5MB'") && said(&output).contains("from 5MiB to 5GiB"), "{}", said(&output));
}

#[tokio::test(flavor = "multi_thread")]
async fn bad_usage_exits_2_with_advice() {
    let (store, folder) = (store(0).await, TempDir::new().unwrap());
    let url = store.url();
    for (destination, words) in [("s3://source", "the same place"), ("s3://nowhere", "nowhere does not exist")] {
        let mut command = logyard();
        command.args(["clone", "s3://source", destination, "--endpoint-url", &url]).env("HOME", folder.path());
        let output = run({
            command.stdout(Stdio::piped()).stderr(Stdio::piped());
            command
        })
        .await;
        assert_eq!(output.status.code(), Some(2), "{}", said(&output));
        assert!(said(&output).contains(words), "{}", said(&output));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn unreachable_store_exits_3() {
    let folder = TempDir::new().unwrap();
    let output = run(clone("http://127.0.0.1:1", folder.path(), &[])).await;
    assert_eq!(output.status.code(), Some(3), "{}", said(&output));
    assert_eq!(summary(&output)["error"]["code"], "unreachable");
}

#[tokio::test(flavor = "multi_thread")]
async fn stopped_clone_prints_its_resume_command_and_resumes() {
    let (store, folder) = (store(2_000).await, TempDir::new().unwrap());
    let child = clone(&store.url(), folder.path(), &[]).spawn().unwrap();
    until_copied(&store, 100).await;
    let stopped = Command::new("kill").args(["-TERM", &child.id().to_string()]).status().unwrap();
    assert!(stopped.success());
    let output = ended(child).await;
    assert_eq!(output.status.code(), Some(130), "{}", said(&output));
    assert_eq!(summary(&output)["outcome"], "stopped");
    let command = summary(&output)["resume"].as_str().unwrap().to_owned();
    assert!(said(&output).contains(&command), "{}", said(&output));

    let output = run(clone(&store.url(), folder.path(), &["--resume"])).await;
    assert_eq!(output.status.code(), Some(0), "{}", said(&output));
    assert_eq!(summary(&output)["progress"]["found"], 2_000);
    assert_eq!(copies(&store), 2_000, "a stop finishes what it has begun");
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0, "the state file is gone");
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_clone_resumes_from_its_state_file() {
    let (store, folder) = (store(2_000).await, TempDir::new().unwrap());
    let mut child = clone(&store.url(), folder.path(), &["--state", "state.json"]).spawn().unwrap();
    until_copied(&store, 300).await;
    until_written(&folder.path().join("state.json")).await;
    child.kill().unwrap();
    ended(child).await;
    let output = run(clone(&store.url(), folder.path(), &["--state", "state.json"])).await;
    assert_eq!(output.status.code(), Some(0), "{}", said(&output));
    assert!(said(&output).contains("going on from state.json"), "{}", said(&output));
    let progress = &summary(&output)["progress"];
    assert_eq!(progress["found"], 2_000);
    assert_eq!(progress["done"].as_u64().unwrap() + progress["skipped"].as_u64().unwrap(), 2_000);
    assert!(copies(&store) <= 2_000 + CONCURRENCY, "{}", copies(&store));
}

#[tokio::test(flavor = "multi_thread")]
async fn selection_limits_clone_and_is_named_in_proof() {
    let (store, folder) = (store(0).await, TempDir::new().unwrap());
    for key in ["a.log", "tmp/a.log", "b.gz"] {
        store.put("source", key, key).await.unwrap();
    }
    let some = [
        "--include",
        "**/*.log",
        "--exclude",
        "tmp/**",
        "--newer-than",
        "1d",
        "--max-size",
        "5B",
        "--of-class",
        "STANDARD",
    ];
    let output = run(clone(&store.url(), folder.path(), &some)).await;
    assert_eq!(output.status.code(), Some(0), "{}", said(&output));
    let proof = summary(&output)["proof"].clone();
    assert_eq!((&proof["source_objects"], &proof["selection"]["include"][0]), (&1.into(), &"**/*.log".into()));
    assert!(proof["selection"]["newer_than"].is_string(), "{proof}");
    assert_eq!(store.count("destination").unwrap(), 1);
    let output = run(clone(&store.url(), folder.path(), &["--include", "a["])).await;
    assert_eq!(output.status.code(), Some(2));
    assert!(said(&output).contains("--include") && said(&output).contains("closed with ]"), "{}", said(&output));
}

/// Of six archived objects, which cannot be copied, two may fail. The same command without the limit goes on.
#[tokio::test(flavor = "multi_thread")]
async fn too_many_failures_end_the_command_resumable() {
    let (store, folder) = (store(0).await, TempDir::new().unwrap());
    for number in 0..6 {
        let archived = Content { storage_class: Some("GLACIER".to_owned()), ..Content::default() };
        store.put_content("source", &number.to_string(), &archived).await.unwrap();
    }
    let output = run(clone(&store.url(), folder.path(), &["--max-failures", "2", "--name", "cold"])).await;
    assert_eq!(output.status.code(), Some(1), "{}", said(&output));
    let ended = summary(&output);
    assert_eq!(
        (&ended["outcome"], &ended["error"]["code"]),
        (&"too_many_failures".into(), &"too_many_failures".into())
    );
    let command = ended["resume"].as_str().unwrap();
    assert!(command.contains(" --name cold ") && command.contains(" --max-failures 2 "), "{command}");
    let (_, state) = command.rsplit_once("--resume ").unwrap();
    let output = run(clone(&store.url(), folder.path(), &["--resume", state])).await;
    assert_eq!(output.status.code(), Some(1), "{}", said(&output));
    let ended = summary(&output);
    assert_eq!((&ended["progress"]["failed"], &ended["proof"]["missing"]), (&6.into(), &6.into()));
}

/// Uses a customer key at the destination; neither output nor state file contains it.
#[tokio::test(flavor = "multi_thread")]
async fn customer_key_is_sent_to_store_only() {
    let (store, folder) = (store(3).await, TempDir::new().unwrap());
    std::fs::write(folder.path().join("short"), "hush").unwrap();
    let refused = run(clone(&store.url(), folder.path(), &["--destination-customer-key-file", "short"])).await;
    assert_eq!(refused.status.code(), Some(2));
    let message = said(&refused);
    assert!(message.contains("short") && message.contains("4 bytes") && message.contains("32"), "{message}");
    assert!(!message.contains("hush"), "{message}");

    std::fs::write(folder.path().join("key"), "k".repeat(32)).unwrap();
    let options = ["--destination-customer-key-file", "key", "--state", "state.json"];
    let output = run(clone(&store.url(), folder.path(), &options)).await;
    assert_eq!(output.status.code(), Some(0), "{}", said(&output));
    for told in [&output.stdout, &output.stderr] {
        assert!(!String::from_utf8_lossy(told).contains("kkkk"));
    }
    let without = run(clone(&store.url(), folder.path(), &["--mode", "verify"])).await;
    assert_eq!(without.status.code(), Some(1), "without the key nothing can be proven: {}", said(&without));
}

#[tokio::test(flavor = "multi_thread")]
async fn state_of_another_clone_is_refused() {
    let (store, folder) = (store(2_000).await, TempDir::new().unwrap());
    let mut child = clone(&store.url(), folder.path(), &["--state", "state.json"]).spawn().unwrap();
    until_written(&folder.path().join("state.json")).await;
    child.kill().unwrap();
    ended(child).await;
    let others = [
        (["--mode", "verify"], r#"mode was "copy" and is "verify""#),
        (["--exclude", "a"], r#"exclude was not set and is ["a"]"#),
        (["--acl", "private"], r#"fidelity was not set and is {"acl":"private"}"#),
        (["--newer-than", "2026-03-09T14:00:00Z"], "newer_than was not set and is "),
        (["--destination-endpoint-url", "http://127.0.0.1:1"], "the destination's endpoint was "),
    ];
    let before = std::fs::read(folder.path().join("state.json")).unwrap();
    for (other, difference) in others {
        for option in ["--resume", "--state"] {
            let command = clone(&store.url(), folder.path(), &[&[option, "state.json"], &other[..]].concat());
            let output = run(command).await;
            assert_eq!(output.status.code(), Some(2));
            assert!(said(&output).contains("belongs to another clone"), "{}", said(&output));
            assert!(said(&output).contains(difference), "{}", said(&output));
        }
    }
    assert_eq!(std::fs::read(folder.path().join("state.json")).unwrap(), before, "a refusal changes nothing");
}

#[tokio::test(flavor = "multi_thread")]
async fn missing_or_invalid_state_is_refused() {
    let (store, folder) = (store(3).await, TempDir::new().unwrap());
    let output = run(clone(&store.url(), folder.path(), &["--resume", "state.json"])).await;
    assert_eq!(output.status.code(), Some(2));
    assert!(said(&output).contains("There is no state file state.json"), "{}", said(&output));
    for text in ["", "{}", "{\"spec\": 1}", "[1"] {
        std::fs::write(folder.path().join("state.json"), text).unwrap();
        let output = run(clone(&store.url(), folder.path(), &["--state", "state.json"])).await;
        assert_eq!(output.status.code(), Some(2), "{text}");
        assert!(said(&output).contains("state.json is not a state file of a clone"), "{}", said(&output));
    }
    assert_eq!(copies(&store), 0);
}
