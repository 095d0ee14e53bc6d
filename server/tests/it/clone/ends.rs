//! `logyard clone` as a process that is cut short, or has nothing to do: exit codes, state files, words.

use std::{
    io::{BufRead, BufReader, Read},
    path::Path,
    process::{Child, Command, Output, Stdio},
};

use tempfile::TempDir;
use testing::{Span as _, eventually, seen, within};

use super::command::{clone, copies, ended, run, said, store, summary};
use crate::support::process::logyard;

/// Requests a second of a clone that is cut short: its 2,000 copies would take 10 s.
const SLOWLY: [&str; 2] = ["--max-rps", "200"];

fn state_files(folder: &Path) -> Vec<String> {
    let names = folder.read_dir().unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let mut names: Vec<_> = names.collect();
    names.sort_unstable();
    names
}

async fn until_copied(store: &embedded::Embedded, count: u64) {
    let copied = || seen(copies(store), |copies| *copies >= count);
    eventually(format!("{count} copies"), within(2.mins()).every(5.millis()), copied).await;
}

fn signal(child: &Child, name: &str) {
    assert!(Command::new("kill").args([name, &child.id().to_string()]).status().unwrap().success());
}

async fn plain(source: &str, destination: &str, url: &str, folder: &Path) -> Output {
    let mut command = logyard();
    command.args(["clone", source, destination, "--endpoint-url", url]).env("HOME", folder).current_dir(folder);
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    run(command).await
}

#[tokio::test(flavor = "multi_thread")]
async fn closed_output_stops_clone_quietly_with_state() {
    let (store, folder) = (store(2_000).await, TempDir::new().unwrap());
    let mut child = clone(&store.url(), folder.path(), &SLOWLY).spawn().unwrap();
    let output = child.stdout.take().unwrap();
    let first = tokio::task::spawn_blocking(move || {
        let mut first = String::new();
        BufReader::new(output).read_line(&mut first).unwrap(); // and hangs up, as `head -1` does
        first
    });
    assert!(first.await.unwrap().contains(r#""type":"progress""#));
    let output = ended(child).await;
    assert_eq!(output.status.code(), Some(141), "{}", said(&output));
    assert!(!said(&output).contains("panicked"), "{}", said(&output));
    assert!(copies(&store) < 2_000);
    let [state] = &state_files(folder.path())[..] else { panic!("{:?}", state_files(folder.path())) };
    assert!(state.starts_with("clone-source-destination-"), "{state}");
    let output = run(clone(&store.url(), folder.path(), &["--resume"])).await;
    assert_eq!(output.status.code(), Some(0), "{}", said(&output));
    assert_eq!((copies(&store), state_files(folder.path()).len()), (2_000, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn closed_error_output_changes_nothing() {
    let (store, folder) = (store(50).await, TempDir::new().unwrap());
    let mut child = clone(&store.url(), folder.path(), &[]).spawn().unwrap();
    drop(child.stderr.take());
    assert_eq!(ended(child).await.status.code(), Some(0));
}

#[test]
fn closed_output_ends_short_commands_quietly() {
    for arguments in [&["completions", "bash"][..], &["token", "--json"], &["--help"]] {
        let mut command = logyard();
        command.args(arguments).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        drop(child.stdout.take());
        let mut said = String::new();
        child.stderr.take().unwrap().read_to_string(&mut said).unwrap();
        child.wait().unwrap();
        assert!(said.is_empty(), "{arguments:?}: {said}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn hangup_stops_clone_in_order_with_state() {
    let (store, folder) = (store(2_000).await, TempDir::new().unwrap());
    let child = clone(&store.url(), folder.path(), &SLOWLY).spawn().unwrap();
    until_copied(&store, 100).await;
    signal(&child, "-HUP");
    let output = ended(child).await;
    assert_eq!(output.status.code(), Some(130), "{}", said(&output));
    assert_eq!((summary(&output)["outcome"].as_str(), state_files(folder.path()).len()), (Some("stopped"), 1));
    let output = run(clone(&store.url(), folder.path(), &["--resume"])).await;
    assert_eq!((output.status.code(), copies(&store)), (Some(0), 2_000), "{}", said(&output));
}

/// As `nohup` starts it.
#[tokio::test(flavor = "multi_thread")]
async fn ignored_hangup_does_not_stop_clone() {
    let (store, folder) = (store(500).await, TempDir::new().unwrap());
    let inner = clone(&store.url(), folder.path(), &SLOWLY);
    let mut command = Command::new("sh");
    command.args(["-c", "trap '' HUP; exec \"$0\" \"$@\""]).arg(inner.get_program()).args(inner.get_args());
    for (name, value) in inner.get_envs() {
        match value {
            Some(value) => command.env(name, value),
            None => command.env_remove(name),
        };
    }
    command.current_dir(folder.path()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let child = command.spawn().unwrap();
    until_copied(&store, 20).await;
    signal(&child, "-HUP");
    let output = ended(child).await;
    assert_eq!((output.status.code(), copies(&store)), (Some(0), 500), "{}", said(&output));
}

#[tokio::test(flavor = "multi_thread")]
async fn state_file_in_use_names_its_holder() {
    let (store, folder) = (store(2_000).await, TempDir::new().unwrap());
    let options = [&["--state", "state.json"][..], &SLOWLY].concat();
    let mut first = clone(&store.url(), folder.path(), &options).spawn().unwrap();
    until_copied(&store, 50).await;
    for option in ["--state", "--resume"] {
        let second = run(clone(&store.url(), folder.path(), &[option, "state.json"])).await;
        assert_eq!(second.status.code(), Some(2), "{}", said(&second));
        let holder = format!("state.json is in use: process {} since ", first.id());
        assert!(said(&second).contains(&holder), "{}", said(&second));
    }
    first.kill().unwrap();
    ended(first).await;
    let again = run(clone(&store.url(), folder.path(), &["--state", "state.json"])).await;
    assert_eq!(again.status.code(), Some(0), "{}", said(&again));
    assert!(state_files(folder.path()).is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn unwritable_files_are_refused_before_anything_starts() {
    let (store, folder) = (store(3).await, TempDir::new().unwrap());
    for (option, file) in [("--failures", "none/failed.ndjson"), ("--failures", "."), ("--state", "none/state.json")] {
        let output = run(clone(&store.url(), folder.path(), &[option, file])).await;
        assert_eq!(output.status.code(), Some(2), "{}", said(&output));
        assert!(said(&output).contains(file) && said(&output).contains("cannot be written"), "{}", said(&output));
    }
    let mut command = logyard();
    command.args(["reprocess", "s3://source/", "file:out.ndjson", "--dead-letters", "none/dead.ndjson"]);
    let output = run({
        command.current_dir(folder.path()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    })
    .await;
    assert_eq!(output.status.code(), Some(2), "{}", said(&output));
    assert!(said(&output).contains("--dead-letters none/dead.ndjson cannot be written"), "{}", said(&output));
    assert_eq!((copies(&store), state_files(folder.path()).len()), (0, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn prefix_without_objects_is_nothing_to_do() {
    let (store, folder) = (store(3).await, TempDir::new().unwrap());
    let output = plain("s3://source/typo/", "s3://destination", &store.url(), folder.path()).await;
    let printed = String::from_utf8_lossy(&output.stdout).into_owned();
    assert_eq!(output.status.code(), Some(0), "{}", said(&output));
    assert!(printed.starts_with("Nothing to do: ") && !printed.contains("proven"), "{printed}");
    assert!(said(&output).contains("the source has no object: check bucket and prefix"), "{}", said(&output));
    let output = run(clone(&store.url(), folder.path(), &["--include", "typo"])).await;
    let summary = summary(&output);
    assert_eq!((&summary["outcome"], &summary["proof"]["equal"]), (&"nothing".into(), &false.into()));
    assert_eq!(summary["proof"]["nothing"], true);
    assert!(said(&output).contains("no chosen object"), "{}", said(&output));
}

#[tokio::test(flavor = "multi_thread")]
async fn object_cloned_into_folder_is_refused_with_name() {
    let (store, folder) = (store(0).await, TempDir::new().unwrap());
    store.put("source", "logs/a", "a").await.unwrap();
    let output = plain("s3://source/logs/a", "s3://destination/in/", &store.url(), folder.path()).await;
    assert_eq!(output.status.code(), Some(2), "{}", said(&output));
    assert!(said(&output).contains("s3://destination/in/a"), "{}", said(&output));
    let output = plain("s3://source/logs/a", "s3://destination/in/a", &store.url(), folder.path()).await;
    assert_eq!((output.status.code(), store.keys("destination").unwrap()), (Some(0), vec!["in/a".to_owned()]));
}
