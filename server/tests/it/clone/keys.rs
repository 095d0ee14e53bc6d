//! `logyard clone --keys`: a list of keys from a file or standard input.

use std::{io::Write, path::Path, process::Stdio};

use tempfile::TempDir;

use super::command::{clone, run, said, store, summary};

fn key(number: usize) -> String {
    format!("objects/00/{number:08}")
}

fn write(folder: &Path, keys: impl IntoIterator<Item = String>) {
    std::fs::write(folder.join("keys.txt"), keys.into_iter().collect::<Vec<_>>().join("\n")).unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn only_keys_of_the_file_are_cloned_and_claimed() {
    let (store, folder) = (store(20).await, TempDir::new().unwrap());
    write(folder.path(), (3..6).map(key));
    let output = run(clone(&store.url(), folder.path(), &["--keys", "keys.txt"])).await;
    assert_eq!(output.status.code(), Some(0), "{}", said(&output));
    let proof = &summary(&output)["proof"];
    assert_eq!((&proof["source_objects"], &proof["selection"]["keys_from"]["count"]), (&3.into(), &3.into()));
    assert_eq!(store.count("destination").unwrap(), 3);
    let command = clone(&store.url(), folder.path(), &["--keys", "keys.txt"]);
    let words = command.get_args().filter(|word| *word != "--json");
    let mut in_words = crate::support::process::logyard();
    in_words.args(words).current_dir(folder.path()).env("HOME", folder.path());
    let output = run_in_words(in_words).await;
    assert!(output.contains("proven by a HEAD of each key at both places"), "{output}");
    assert!(output.contains("among the 3 keys of \"keys.txt\"; no others were looked at"), "{output}");
}

async fn run_in_words(mut command: std::process::Command) -> String {
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    String::from_utf8(run(command).await.stdout).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn keys_come_from_standard_input() {
    let (store, folder) = (store(5).await, TempDir::new().unwrap());
    let mut command = clone(&store.url(), folder.path(), &["--keys", "-"]);
    let mut child = command.stdin(Stdio::piped()).spawn().unwrap();
    writeln!(child.stdin.take().unwrap(), "{}", key(1)).unwrap();
    let output = tokio::task::spawn_blocking(move || child.wait_with_output().unwrap()).await.unwrap();
    assert_eq!(output.status.code(), Some(0), "{}", said(&output));
    assert_eq!(store.count("destination").unwrap(), 1);
}

/// A position in one list means nothing in another.
#[tokio::test(flavor = "multi_thread")]
async fn state_of_another_list_is_refused() {
    let (store, folder) = (store(400).await, TempDir::new().unwrap());
    write(folder.path(), (0..400).map(key));
    let slow = ["--keys", "keys.txt", "--state", "s.json", "--max-rps", "100"];
    let mut child = clone(&store.url(), folder.path(), &slow).spawn().unwrap();
    let written = || folder.path().join("s.json").exists();
    testing::eventually("a state file", testing::within(std::time::Duration::from_mins(1)), written).await;
    child.kill().unwrap();
    child.wait().unwrap();
    write(folder.path(), (1..400).map(key));
    let output = run(clone(&store.url(), folder.path(), &["--keys", "keys.txt", "--state", "s.json"])).await;
    assert_eq!(output.status.code(), Some(2));
    assert!(said(&output).contains("keys_from.count was 400 and is 399"), "{}", said(&output));
    write(folder.path(), (0..400).map(key));
    let output = run(clone(&store.url(), folder.path(), &["--keys", "keys.txt", "--state", "s.json"])).await;
    assert_eq!(output.status.code(), Some(0), "{}", said(&output));
    assert_eq!(store.count("destination").unwrap(), 400);
}

#[tokio::test(flavor = "multi_thread")]
async fn unusable_list_is_refused_with_its_line() {
    let (store, folder) = (store(1).await, TempDir::new().unwrap());
    for (text, wanted) in [("", "it holds no key"), ("a\n{\"name\": 1}", "line 2: missing field `key`")] {
        std::fs::write(folder.path().join("keys.txt"), text).unwrap();
        let output = run(clone(&store.url(), folder.path(), &["--keys", "keys.txt"])).await;
        assert_eq!(output.status.code(), Some(2));
        assert!(said(&output).contains(wanted) && said(&output).contains("keys.txt"), "{}", said(&output));
    }
    let mirror = run(clone(&store.url(), folder.path(), &["--keys", "keys.txt", "--mode", "mirror"])).await;
    assert!(said(&mirror).contains("leave out one of the two"), "{}", said(&mirror));
}
