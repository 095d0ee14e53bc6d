//! SIGKILL at two hundred random moments of real clones, each of which resumes from its state file.
//!
//! A moment is a number of requests after the start of the process, plus some milliseconds: while it starts, lists,
//! copies, writes its state, or compares. The seeds are fixed, the machine's timing is not.

use std::{collections::BTreeMap, path::Path, time::Duration};

use embedded::{Config, Content, Embedded, Headers, Pace};
use engine::clone::Checkpoint;
use futures::future::join_all;
use rand::{Rng, SeedableRng, rngs::StdRng};
use serde_json::Value;
use tempfile::TempDir;
use testing::{Span as _, eventually, within};

use crate::clone::command::{CONCURRENCY, clone, copies, ended, said, summary};

/// Clones that run side by side, each with a store of its own.
const LANES: u64 = 4;
const KILLS_A_LANE: u64 = 50;
const OBJECTS: u64 = 2_000;
/// Latency of the store, so that a process runs for seconds.
const LATENCY: Duration = Duration::from_millis(20);

#[tokio::test(flavor = "multi_thread")]
async fn clone_survives_repeated_sigkill_with_bounded_repeats() {
    let kills: u64 = join_all((0..LANES).map(lane)).await.into_iter().sum();
    assert!(kills >= LANES * KILLS_A_LANE, "{kills}");
}

/// Runs clones until enough processes were killed; returns how many.
async fn lane(seed: u64) -> u64 {
    let mut random = StdRng::seed_from_u64(seed);
    let mut kills = 0;
    while kills < KILLS_A_LANE {
        kills += one_clone(&mut random).await;
    }
    kills
}

/// Kills a clone repeatedly until it ends by itself, and compares destination and source.
async fn one_clone(random: &mut StdRng) -> u64 {
    let (store, folder) = (store().await, TempDir::new().unwrap());
    let state = folder.path().join("state.json");
    let (mut kills, mut settled) = (0, 0);
    let output = loop {
        let after = requests(&store) + random.random_range(0..500);
        let more = Duration::from_millis(random.random_range(0..30));
        let mut child = clone(&store.url(), folder.path(), &["--state", "state.json"]).spawn().unwrap();
        let moment = || child.try_wait().unwrap().is_some() || requests(&store) >= after;
        eventually(format!("{after} requests, or the end"), within(2.mins()).every(1.millis()), moment).await;
        tokio::time::sleep(more).await; // real time: the moment of the kill is the subject
        child.kill().unwrap();
        let output = ended(child).await;
        if output.status.code().is_some() {
            break output;
        }
        kills += 1;
        let now = settled_in(&state);
        assert!(now >= settled, "the state went back from {settled} to {now} settled keys");
        settled = now;
    };
    assert_eq!(output.status.code(), Some(0), "{}", said(&output));
    let Value::Object(summary) = summary(&output) else { panic!("{output:?}") };
    assert_eq!((&summary["outcome"], &summary["proof"]["source_objects"]), (&"equal".into(), &OBJECTS.into()));
    let count = |name: &str| summary["progress"][name].as_u64().unwrap();
    assert_eq!((count("found"), count("done") + count("skipped"), count("failed")), (OBJECTS, OBJECTS, 0));
    assert_same(&store.contents("source").await.unwrap(), &store.contents("destination").await.unwrap());
    let most = OBJECTS + kills * CONCURRENCY;
    assert!(copies(&store) <= most, "{} copies after {kills} kills, {most} at most", copies(&store));
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0, "nothing is left in the folder");
    kills
}

/// A store with objects that all differ.
async fn store() -> Embedded {
    let config = Config { dir: None, addr: ([127, 0, 0, 1], 0).into() };
    let pace = Pace { latency: LATENCY, writes_per_second: None };
    let store = Embedded::start_at(config, pace).await.unwrap();
    store.create_bucket("source").unwrap();
    store.create_bucket("destination").unwrap();
    for number in 0..OBJECTS {
        let metadata = BTreeMap::from([("number".to_owned(), number.to_string())]);
        let content = Content {
            body: format!("object {number}").into(),
            headers: Headers { content_type: Some("text/plain".to_owned()), metadata, ..Headers::default() },
            tags: BTreeMap::from([("even".to_owned(), (number % 2 == 0).to_string())]),
            ..Content::default()
        };
        store.put_content("source", &format!("{}/{number}", number % 7), &content).await.unwrap();
    }
    store
}

fn requests(store: &Embedded) -> u64 {
    store.requests().values().sum()
}

/// Settled keys in the state file, which must be complete whenever its writer was killed.
fn settled_in(state: &Path) -> u64 {
    let Ok(text) = std::fs::read(state) else { return 0 };
    let state: Value = serde_json::from_slice(&text).unwrap_or_else(|error| panic!("{error}: {text:?}"));
    let checkpoint: Checkpoint = serde_json::from_value(state["checkpoint"].clone()).unwrap();
    checkpoint.settled.done + checkpoint.settled.skipped
}

fn assert_same(source: &BTreeMap<String, Content>, destination: &BTreeMap<String, Content>) {
    assert!(source.keys().eq(destination.keys()), "{} keys and {}", source.len(), destination.len());
    for (key, content) in source {
        assert_eq!(content, &destination[key], "{key:?}");
    }
}
