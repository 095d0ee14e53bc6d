//! Credentials that another program rotates while a command or a server uses them.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering::Relaxed},
    },
};

use embedded::Embedded;
use model::State;
use tempfile::TempDir;

use self::proxy::{Fate, Kind, Proxy, Seen};
use crate::{
    clone::command::{clone, ended, run, said, store, summary},
    support::process::{TestProcess, logyard},
};

#[path = "../../../engine/tests/it/proxy.rs"]
#[expect(dead_code, reason = "its other faults are for the tests of clones")]
pub mod proxy;

/// A store that accepts one key at a time, and the file from which a process takes its keys.
#[derive(Clone)]
struct Keys {
    accepted: Arc<Mutex<String>>,
    refused: Arc<AtomicUsize>,
    file: PathBuf,
}

impl Keys {
    fn new(folder: &Path) -> Self {
        fs::create_dir(folder.join(".aws")).unwrap();
        let keys = Self { accepted: Arc::default(), refused: Arc::default(), file: folder.join(".aws/credentials") };
        keys.rotate("first");
        keys
    }

    /// The old key is refused from now on; the new one is in the file.
    fn rotate(&self, key: &str) {
        let text = format!("[default]\naws_access_key_id = {key}\naws_secret_access_key = secret-of-{key}\n");
        fs::write(&self.file, text).unwrap();
        key.clone_into(&mut self.accepted.lock().unwrap());
    }

    fn fate(&self, seen: &Seen) -> Fate {
        let signed = seen.headers.get("authorization").and_then(|value| value.to_str().ok()).unwrap_or_default();
        if signed.contains(&format!("Credential={}/", self.accepted.lock().unwrap())) {
            return Fate::Forward;
        }
        self.refused.fetch_add(1, Relaxed);
        Fate::Refuse(403, "InvalidAccessKeyId")
    }
}

/// The store behind one that checks keys, and rotates them at each 20th copy.
async fn rotating(store: &Embedded, keys: &Keys, rotations: usize) -> Proxy {
    let keys = keys.clone();
    Proxy::before(&store.url(), move |seen| {
        let fate = keys.fate(&seen);
        if seen.kind == Kind::Copy && seen.number % 20 == 19 && seen.number / 20 < rotations {
            keys.rotate(&format!("rotated-{}", seen.number / 20));
        }
        async move { fate }
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn clone_goes_on_with_rotated_keys() {
    let (store, folder) = (store(200).await, TempDir::new().unwrap());
    let keys = Keys::new(folder.path());
    let front = rotating(&store, &keys, 3).await;
    let output = run(clone(front.url(), folder.path(), &[])).await;
    assert_eq!(output.status.code(), Some(0), "{}", said(&output));
    assert_eq!(summary(&output)["proof"]["equal"], true);
    assert!(keys.refused.load(Relaxed) >= 3, "a key was revoked while it was in use");
}

#[tokio::test(flavor = "multi_thread")]
async fn streamed_clone_goes_on_with_rotated_keys() {
    let (source, folder) = (store(100).await, TempDir::new().unwrap());
    let destination = store(0).await;
    let keys = Keys::new(folder.path());
    let count = Arc::new(AtomicUsize::new(0));
    let front = async |store: &Embedded| {
        let (keys, count) = (keys.clone(), Arc::clone(&count));
        let decide = move |seen: Seen| {
            let fate = keys.fate(&seen);
            if count.fetch_add(1, Relaxed) % 60 == 59 {
                keys.rotate(&format!("rotated-{}", count.load(Relaxed)));
            }
            async move { fate }
        };
        Proxy::before(&store.url(), decide).await
    };
    let (from, to) = (front(&source).await, front(&destination).await);
    let mut command = clone(from.url(), folder.path(), &["--destination-endpoint-url", to.url()]);
    let output = ended(command.spawn().unwrap()).await;
    assert_eq!(output.status.code(), Some(0), "{}", said(&output));
    assert!(keys.refused.load(Relaxed) > 0, "a key was revoked while it was in use");
}

/// The output of a process is no file that could be seen to change: only the refusal tells.
#[tokio::test(flavor = "multi_thread")]
async fn process_is_asked_again_after_a_refusal() {
    let (store, folder) = (store(100).await, TempDir::new().unwrap());
    let mut keys = Keys::new(folder.path());
    fs::remove_file(&keys.file).unwrap();
    keys.file = folder.path().join("keys");
    keys.rotate("first");
    let process = r#"awk '/key_id/ { k = $3 } END { printf "{\"Version\":1,\"AccessKeyId\":\"%s\",\"SecretAccessKey\":\"s\"}", k }'"#;
    let config = format!("[default]\ncredential_process = {process} {}\n", keys.file.display());
    fs::write(folder.path().join(".aws/config"), config).unwrap();
    let front = rotating(&store, &keys, 2).await;
    let output = run(clone(front.url(), folder.path(), &[])).await;
    assert_eq!(output.status.code(), Some(0), "{}", said(&output));
    assert!(keys.refused.load(Relaxed) >= 2, "a key was revoked while it was in use");
}

#[tokio::test(flavor = "multi_thread")]
async fn key_that_stays_refused_is_an_error_at_once() {
    let (store, folder) = (store(3).await, TempDir::new().unwrap());
    let keys = Keys::new(folder.path());
    let front = rotating(&store, &keys, 0).await;
    "another".clone_into(&mut keys.accepted.lock().unwrap());
    let output = run(clone(front.url(), folder.path(), &[])).await;
    assert_ne!(output.status.code(), Some(0));
    assert!(said(&output).contains("the credentials are refused: InvalidAccessKeyId"), "{}", said(&output));
    assert!(keys.refused.load(Relaxed) <= 8, "{}", keys.refused.load(Relaxed));
}

#[tokio::test(flavor = "multi_thread")]
async fn server_goes_on_with_rotated_keys() {
    let (store, folder) = (store(30).await, TempDir::new().unwrap());
    let keys = Keys::new(folder.path());
    let front = rotating(&store, &keys, 0).await;
    let config = folder.path().join("logyard.toml");
    let text = format!(
        "[database]\nurl = \"sqlite:{}\"\n[[stores]]\nname = \"own\"\nregion = \"us-east-1\"\nendpoint_url = {:?}\n",
        folder.path().join("logyard.db").display(),
        front.url()
    );
    fs::write(&config, text).unwrap();
    let mut command: Command = logyard();
    command.env("HOME", folder.path());
    let server = TestProcess::start_with(command, &config, &folder.path().join("data"));
    let buckets = || async {
        let answer = reqwest::get(format!("{}/api/v1/stores/own/buckets", server.url)).await.unwrap();
        (answer.status().as_u16(), answer.text().await.unwrap())
    };
    assert_eq!(buckets().await.0, 200);
    for round in ["second", "third"] {
        keys.rotate(round);
        let (status, text) = buckets().await;
        assert_eq!(status, 200, "{round}: {text}");
    }
    let job = server.start_clone("s3://destination").await;
    server.until(job, "done", |job| job.state == State::Succeeded).await;
}
