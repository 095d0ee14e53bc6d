//! A clone of chosen objects: what is not chosen is as if it were not there, on every way the engine goes.

use std::time::Duration;

use engine::clone::{Checkpoint, Tracker, check, preview, run};
use model::{CloneSpec, Mode, Progress, Proof, Reason, Selection, Time};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use crate::{
    proxy::{Fate, Proxy},
    yard::{Came, Yard, connect, key, options, spec},
};

const LONG: Duration = Duration::from_mins(10);

fn chosen(include: &[&str], exclude: &[&str]) -> Selection {
    let globs = |texts: &[&str]| texts.iter().map(|text| text.parse().unwrap()).collect();
    Selection { include: globs(include), exclude: globs(exclude), newer_than: None }
}

fn since(newer_than: Time) -> Selection {
    Selection { newer_than: Some(newer_than), ..Selection::default() }
}

/// From `in/` to `out/`, so that globs must not see prefixes.
fn cloning(selection: Selection) -> CloneSpec {
    CloneSpec { selection, ..spec("source/in/", "destination/out/") }
}

fn verifying(selection: Selection) -> CloneSpec {
    CloneSpec { mode: Mode::Verify, ..cloning(selection) }
}

const KEYS: [&str; 6] = ["in/a.log", "in/b.tmp", "in/c d*", "in/deep/a.log", "in/deep/é/x.log", "in/deep/z.tmp"];

/// When the source wrote an object, as its listing tells.
async fn written(yard: &Yard, key: &str) -> Time {
    let mut listing = yard.engine().await.list(&"source".parse().unwrap(), &key.parse().unwrap(), None);
    listing.next().await.unwrap().unwrap().modified
}

/// One object of the past, and one written at the instant returned or after it.
async fn old_and_new() -> (Yard, Time) {
    let yard = Yard::with(&["in/old"]).await;
    let old = written(&yard, "in/old").await;
    loop {
        yard.put("in/young", "in/young").await;
        let young = written(&yard, "in/young").await;
        if young > old {
            return (yard, young);
        }
    }
}

#[tokio::test]
async fn only_chosen_objects_are_copied_compared_and_counted() {
    let yard = Yard::with(&KEYS).await;
    let selection = chosen(&["**/*.log", "c d[*]"], &["deep/?/**"]);
    let came = yard.clone(&cloning(selection.clone())).await;
    came.is_equal();
    assert_eq!(yard.keys("destination").await, ["out/a.log", "out/c d*", "out/deep/a.log"]);
    assert_eq!((came.taken.progress.found, came.taken.progress.done, yard.copies()), (3, 3, 3));
    let proof = came.comparison();
    assert_eq!((proof.source_objects, proof.destination_objects, proof.source_bytes), (3, 3, 8 + 7 + 13));
    assert_eq!(proof.selection, selection, "the proof says what it is about");
}

#[tokio::test]
async fn what_is_not_chosen_is_neither_missing_nor_different_nor_extra() {
    let yard = Yard::with(&["in/a.log", "in/b.tmp"]).await;
    for (key, body) in
        [("out/a.log", "in/a.log"), ("out/b.tmp", "another"), ("out/extra.tmp", ""), ("elsewhere.log", "")]
    {
        yard.store.put("destination", key, body).await.unwrap();
    }
    let came = yard.clone(&verifying(chosen(&["*.log"], &[]))).await;
    came.is_equal();
    assert_eq!((came.comparison().source_objects, came.comparison().destination_objects), (1, 1));

    yard.store.put("destination", "out/extra.log", "").await.unwrap();
    let came = yard.clone(&verifying(chosen(&[], &["*.tmp"]))).await;
    assert_eq!((came.only_failure().key.as_str(), came.only_failure().reason), ("out/extra.log", Reason::Extra));
    assert!(!came.comparison().equal);
}

#[tokio::test]
async fn a_selection_that_no_object_fits_writes_nothing_and_proves_nothing_more() {
    let yard = Yard::with(&KEYS).await;
    let came = yard.clone(&cloning(chosen(&["*.gz"], &[]))).await;
    came.is_equal();
    assert_eq!((came.taken.progress.found, came.comparison().source_objects, yard.copies()), (0, 0, 0));
}

#[tokio::test]
async fn only_objects_written_at_that_instant_or_later_are_copied() {
    let (yard, instant) = old_and_new().await;
    let came = yard.clone(&cloning(since(instant))).await;
    came.is_equal();
    assert_eq!(yard.keys("destination").await, ["out/young"]);
    let came = yard.clone(&cloning(since(Time(instant.0 + 3_600_000)))).await;
    assert_eq!((came.taken.progress.found, yard.copies()), (0, 1));
}

#[tokio::test]
async fn age_makes_no_object_of_the_destination_extra() {
    let (yard, instant) = old_and_new().await;
    for (key, body) in [("out/old", "another"), ("out/young", "in/young"), ("out/alone", "")] {
        yard.store.put("destination", key, body).await.unwrap();
    }
    let came = yard.clone(&verifying(since(instant))).await;
    came.is_equal();
    assert_eq!((came.comparison().destination_objects, came.comparison().extra), (1, 0));
}

#[tokio::test]
async fn a_preview_and_a_dry_run_count_what_a_clone_would_do() {
    let yard = Yard::with(&KEYS).await;
    yard.store.put("destination", "out/a.log", "in/a.log").await.unwrap();
    yard.store.put("destination", "out/extra.log", "").await.unwrap();
    yard.store.put("destination", "out/extra.tmp", "").await.unwrap();
    let (store, spec) = (yard.engine().await, cloning(chosen(&["**/*.log"], &[])));
    let seen = preview(&spec, &store, &store, &options(), 1_000, LONG).await.unwrap();
    assert!(seen.complete);
    assert_eq!((seen.objects, seen.to_copy, seen.to_skip, seen.extra), (3, 2, 1, 1));
    assert_eq!(seen.examples, ["in/deep/a.log", "in/deep/é/x.log"]);
    assert_eq!(seen.spec, spec);

    let came = yard.clone(&CloneSpec { dry_run: true, ..spec.clone() }).await;
    let Ok(Some(Proof::DryRun(would))) = came.result else { panic!("{came:?}") };
    assert_eq!((would.source_objects, would.would_copy, would.would_skip, would.extra), (3, 2, 1, 1));
    assert_eq!((would.selection, yard.copies()), (spec.selection, 0));
}

#[tokio::test]
async fn a_preview_reads_no_more_keys_than_it_may_though_none_is_chosen() {
    let yard = Yard::new().await;
    yard.store.seed_objects("source", 2_000).await.unwrap();
    let spec = CloneSpec { selection: chosen(&["nothing"], &[]), ..spec("source", "destination") };
    let store = yard.engine().await;
    let seen = preview(&spec, &store, &store, &options(), 100, LONG).await.unwrap();
    assert_eq!((seen.complete, seen.objects), (false, 0));
}

#[tokio::test]
async fn a_preview_counts_the_pages_of_what_is_passed_over_too() {
    let yard = Yard::new().await;
    yard.store.seed_objects("source", 1_500).await.unwrap();
    let spec = CloneSpec { selection: chosen(&["nothing"], &[]), ..spec("source", "destination") };
    let store = yard.engine().await;
    let seen = preview(&spec, &store, &store, &options(), 10_000, LONG).await.unwrap();
    assert_eq!((seen.complete, seen.requests.list, seen.requests.copy), (true, 3, 0));
}

#[tokio::test]
async fn a_retry_brings_over_nothing_that_is_not_chosen_any_more() {
    let (yard, instant) = old_and_new().await;
    let (sender, receiver) = mpsc::channel(2);
    sender.send(key("in/old")).await.unwrap();
    drop(sender);
    let tracker = Tracker::resume(Progress::default(), Checkpoint::default());
    let (store, stop) = (yard.engine().await, CancellationToken::new());
    let result = run(&cloning(since(instant)), &store, &store, &options(), Some(receiver), &tracker, &stop).await;
    let came = Came { result, taken: tracker.take() };
    came.is_equal();
    assert_eq!(came.taken.mended, [key("in/old")]);
    assert_eq!(yard.keys("destination").await, ["out/young"]);
}

#[tokio::test]
async fn what_may_not_be_read_can_be_left_out() {
    let yard = Yard::with(&["in/a secret", "in/b"]).await;
    let proxy = Proxy::before(&yard.store.url(), |request| {
        let secret = request.target.contains("secret");
        std::future::ready(if secret { Fate::Refuse(403, "AccessDenied") } else { Fate::Forward })
    })
    .await;
    let store = connect(proxy.url()).await;
    assert!(check(&cloning(Selection::default()), &store, &store).await.is_err());
    check(&cloning(chosen(&[], &["* secret"])), &store, &store).await.unwrap();
}
