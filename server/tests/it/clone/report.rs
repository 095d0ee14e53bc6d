//! `logyard clone --report`: a line for each object that was copied or deleted, whatever happens to the process.

use std::{collections::BTreeSet, path::Path, time::Duration};

use embedded::{Config, Embedded, Pace};
use serde_json::Value;
use tempfile::TempDir;
use testing::{Span as _, eventually, within};

use super::command::{clone, copies, ended, run, said, store};

fn lines(file: &Path) -> Vec<Value> {
    let text = std::fs::read_to_string(file).unwrap();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn keys(lines: &[Value]) -> BTreeSet<&str> {
    lines.iter().map(|line| line["key"].as_str().unwrap()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn report_lists_only_what_was_copied() {
    let (store, folder) = (store(20).await, TempDir::new().unwrap());
    let half = ["--report", "first.ndjson", "--include", "**/*[02468]"];
    let output = run(clone(&store.url(), folder.path(), &half)).await;
    assert_eq!(output.status.code(), Some(0), "{}", said(&output));
    let output = run(clone(&store.url(), folder.path(), &["--report", "rest.ndjson"])).await;
    assert_eq!(output.status.code(), Some(0), "{}", said(&output));
    let (first, rest) = (lines(&folder.path().join("first.ndjson")), lines(&folder.path().join("rest.ndjson")));
    assert!(rest.iter().chain(&first).all(|line| line["evidence"] == "etag"), "{rest:?}");
    // Those of the first clone may be written within the second in which the other began.
    let copied: Vec<Value> = rest.into_iter().filter(|line| line["action"] == "copied").collect();
    assert_eq!((first.len(), copied.len()), (10, 10));
    assert!(keys(&first).is_disjoint(&keys(&copied)));
}

#[tokio::test(flavor = "multi_thread")]
async fn report_of_a_mirror_lists_deletions() {
    let (store, folder) = (store(3).await, TempDir::new().unwrap());
    store.put_content("destination", "extra", &embedded::Content::default()).await.unwrap();
    let plan = run(clone(&store.url(), folder.path(), &["--mode", "mirror", "--dry-run"])).await;
    let plan: Value = serde_json::from_slice(plan.stdout.split(|byte| *byte == b'\n').next().unwrap()).unwrap();
    let id = plan["plan"]["id"].as_str().unwrap_or_else(|| panic!("{plan}")).to_owned();
    let confirmed = ["--mode", "mirror", "--plan", &id, "--confirm", "s3://destination", "--report", "mirror.csv"];
    let output = run(clone(&store.url(), folder.path(), &confirmed)).await;
    assert_eq!(output.status.code(), Some(0), "{}", said(&output));
    let csv = std::fs::read_to_string(folder.path().join("mirror.csv")).unwrap();
    let deleted: Vec<&str> = csv.lines().filter(|line| line.contains(",deleted,")).collect();
    assert_eq!((csv.lines().count(), deleted.len()), (5, 1), "{csv}");
    assert!(deleted[0].contains(",extra,"), "{csv}");
}

#[tokio::test(flavor = "multi_thread")]
async fn report_lacks_no_object_after_repeated_sigkill() {
    const OBJECTS: usize = 600;
    let pace = Pace { latency: Duration::from_millis(20), writes_per_second: None };
    let store = Embedded::start_at(Config { dir: None, addr: ([127, 0, 0, 1], 0).into() }, pace).await.unwrap();
    store.create_bucket("source").unwrap();
    store.create_bucket("destination").unwrap();
    store.seed_objects("source", OBJECTS).await.unwrap();
    let folder = TempDir::new().unwrap();
    let options = ["--state", "state.json", "--report", "report.ndjson"];
    for kills in 1..=4 {
        let mut child = clone(&store.url(), folder.path(), &options).spawn().unwrap();
        let far = || copies(&store) >= kills * 100;
        eventually("a hundred copies more", within(2.mins()).every(1.millis()), far).await;
        child.kill().unwrap();
        ended(child).await;
    }
    let output = run(clone(&store.url(), folder.path(), &options)).await;
    assert_eq!(output.status.code(), Some(0), "{}", said(&output));
    let report = lines(&folder.path().join("report.ndjson"));
    assert_eq!(keys(&report).len(), OBJECTS);
    assert!(report.iter().any(|line| line["action"] == "found"), "no kill fell between a copy and its report");
}

#[tokio::test(flavor = "multi_thread")]
async fn report_of_another_clone_is_not_overwritten() {
    let (store, folder) = (store(1).await, TempDir::new().unwrap());
    std::fs::write(folder.path().join("a.csv"), "mine").unwrap();
    for (file, wanted) in [("a.csv", "exists already"), ("a.xlsx", ".ndjson.gz"), ("no/a.csv", "cannot be written")] {
        let output = run(clone(&store.url(), folder.path(), &["--report", file])).await;
        assert_eq!(output.status.code(), Some(2));
        assert!(said(&output).contains(wanted) && said(&output).contains(file), "{}", said(&output));
    }
    assert_eq!(std::fs::read(folder.path().join("a.csv")).unwrap(), b"mine");
    assert_eq!(copies(&store), 0);
}

/// As on a full disk: nothing that was copied may be missing without a word.
#[tokio::test(flavor = "multi_thread")]
async fn report_that_cannot_be_written_fails_the_command() {
    let (store, folder) = (store(5).await, TempDir::new().unwrap());
    std::os::unix::fs::symlink("/dev/full", folder.path().join("full.csv")).unwrap();
    let output = run(clone(&store.url(), folder.path(), &["--report", "full.csv"])).await;
    assert_eq!(output.status.code(), Some(1), "{}", said(&output));
    assert!(said(&output).contains("full.csv cannot be written"), "{}", said(&output));
}
