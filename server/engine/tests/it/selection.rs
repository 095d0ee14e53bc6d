//! A clone of chosen objects: what is not chosen is as if it were not there, on every way the engine goes.

use std::{sync::Arc, time::Duration};

use embedded::Content;
use engine::clone::{Checkpoint, Tracker, check, preview, run};
use model::{ByteSize, CloneSpec, Mode, Progress, Proof, Reason, Selection, Time};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use crate::{
    proxy::{Fate, Kind, Proxy},
    support::{Finished, TestBuckets, clone_at, connect, key, options, spec},
};

const LONG: Duration = Duration::from_mins(10);

fn chosen(include: &[&str], exclude: &[&str]) -> Selection {
    let globs = |texts: &[&str]| texts.iter().map(|text| text.parse().unwrap()).collect();
    Selection { include: globs(include), exclude: globs(exclude), ..Selection::default() }
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
async fn written(buckets: &TestBuckets, key: &str) -> Time {
    let mut listing = buckets.engine().await.list(&"source".parse().unwrap(), &key.parse().unwrap(), None);
    listing.next().await.unwrap().unwrap().modified
}

/// One object of the past, and one written at the instant returned or after it.
async fn old_and_new() -> (TestBuckets, Time) {
    let buckets = TestBuckets::with(&["in/old"]).await;
    let old = written(&buckets, "in/old").await;
    loop {
        buckets.put("in/young", "in/young").await;
        let young = written(&buckets, "in/young").await;
        if young > old {
            return (buckets, young);
        }
    }
}

#[tokio::test]
async fn only_selected_objects_are_copied_and_counted() {
    let buckets = TestBuckets::with(&KEYS).await;
    let selection = chosen(&["**/*.log", "c d[*]"], &["deep/?/**"]);
    let finished = buckets.clone(&cloning(selection.clone())).await;
    finished.is_equal();
    assert_eq!(buckets.keys("destination").await, ["out/a.log", "out/c d*", "out/deep/a.log"]);
    assert_eq!((finished.taken.progress.found, finished.taken.progress.done, buckets.copies()), (3, 3, 3));
    let proof = finished.comparison();
    assert_eq!((proof.source_objects, proof.destination_objects, proof.source_bytes), (3, 3, 8 + 7 + 13));
    assert_eq!(proof.selection, selection, "the proof says what it is about");
}

#[tokio::test]
async fn unselected_objects_show_no_differences() {
    let buckets = TestBuckets::with(&["in/a.log", "in/b.tmp"]).await;
    for (key, body) in
        [("out/a.log", "in/a.log"), ("out/b.tmp", "another"), ("out/extra.tmp", ""), ("elsewhere.log", "")]
    {
        buckets.store.put("destination", key, body).await.unwrap();
    }
    let finished = buckets.clone(&verifying(chosen(&["*.log"], &[]))).await;
    finished.is_equal();
    assert_eq!((finished.comparison().source_objects, finished.comparison().destination_objects), (1, 1));

    buckets.store.put("destination", "out/extra.log", "").await.unwrap();
    let finished = buckets.clone(&verifying(chosen(&[], &["*.tmp"]))).await;
    assert_eq!(
        (finished.only_failure().key.as_str(), finished.only_failure().reason),
        ("out/extra.log", Reason::Extra)
    );
    assert!(!finished.comparison().equal);
}

#[tokio::test]
async fn empty_selection_writes_nothing() {
    let buckets = TestBuckets::with(&KEYS).await;
    let finished = buckets.clone(&cloning(chosen(&["*.gz"], &[]))).await;
    finished.had_nothing_to_do();
    assert_eq!((finished.comparison().source_objects, buckets.copies()), (0, 0));
}

#[tokio::test]
async fn newer_than_includes_its_own_instant() {
    let (buckets, instant) = old_and_new().await;
    let finished = buckets.clone(&cloning(since(instant))).await;
    finished.is_equal();
    assert_eq!(buckets.keys("destination").await, ["out/young"]);
    let finished = buckets.clone(&cloning(since(Time(instant.0 + 3_600_000)))).await;
    assert_eq!((finished.taken.progress.found, buckets.copies()), (0, 1));
}

#[tokio::test]
async fn newer_than_makes_no_destination_object_extra() {
    let (buckets, instant) = old_and_new().await;
    for (key, body) in [("out/old", "another"), ("out/young", "in/young"), ("out/alone", "")] {
        buckets.store.put("destination", key, body).await.unwrap();
    }
    let finished = buckets.clone(&verifying(since(instant))).await;
    finished.is_equal();
    assert_eq!((finished.comparison().destination_objects, finished.comparison().extra), (1, 0));
}

#[tokio::test]
async fn preview_and_dry_run_match_the_clone() {
    let buckets = TestBuckets::with(&KEYS).await;
    buckets.store.put("destination", "out/a.log", "in/a.log").await.unwrap();
    buckets.store.put("destination", "out/extra.log", "").await.unwrap();
    buckets.store.put("destination", "out/extra.tmp", "").await.unwrap();
    let (store, spec) = (buckets.engine().await, cloning(chosen(&["**/*.log"], &[])));
    let seen = preview(&spec, &store, &store, &options(), 1_000, LONG).await.unwrap();
    assert!(seen.complete);
    assert_eq!((seen.objects, seen.to_copy, seen.to_skip, seen.extra), (3, 2, 1, 1));
    assert_eq!(seen.examples, ["in/deep/a.log", "in/deep/é/x.log"]);
    assert_eq!(seen.spec, spec);

    let finished = buckets.clone(&CloneSpec { dry_run: true, ..spec.clone() }).await;
    let Ok(Some(Proof::DryRun(would))) = finished.result else { panic!("{finished:?}") };
    assert_eq!((would.source_objects, would.would_copy, would.would_skip, would.extra), (3, 2, 1, 1));
    assert_eq!((would.selection, buckets.copies()), (spec.selection, 0));
}

#[tokio::test]
async fn preview_limit_counts_unselected_keys() {
    let buckets = TestBuckets::new().await;
    buckets.store.seed_objects("source", 2_000).await.unwrap();
    let spec = CloneSpec { selection: chosen(&["nothing"], &[]), ..spec("source", "destination") };
    let store = buckets.engine().await;
    let seen = preview(&spec, &store, &store, &options(), 100, LONG).await.unwrap();
    assert_eq!((seen.complete, seen.objects), (false, 0));
}

#[tokio::test]
async fn preview_counts_pages_of_unselected_keys() {
    let buckets = TestBuckets::new().await;
    buckets.store.seed_objects("source", 1_500).await.unwrap();
    let spec = CloneSpec { selection: chosen(&["nothing"], &[]), ..spec("source", "destination") };
    let store = buckets.engine().await;
    let seen = preview(&spec, &store, &store, &options(), 10_000, LONG).await.unwrap();
    assert_eq!((seen.complete, seen.requests.list, seen.requests.copy), (true, 3, 0));
}

#[tokio::test]
async fn retry_copies_no_unselected_objects() {
    let (buckets, instant) = old_and_new().await;
    let (sender, receiver) = mpsc::channel(2);
    sender.send(key("in/old")).await.unwrap();
    drop(sender);
    let tracker = Tracker::resume(Progress::default(), Checkpoint::default());
    let (store, stop) = (buckets.engine().await, CancellationToken::new());
    let result = run(&cloning(since(instant)), &store, &store, &options(), Some(receiver), &tracker, &stop).await;
    let finished = Finished { result, taken: tracker.take() };
    finished.is_equal();
    assert_eq!(finished.taken.mended, [key("in/old")]);
    assert_eq!(buckets.keys("destination").await, ["out/young"]);
}

#[tokio::test]
async fn unreadable_objects_can_be_excluded() {
    let buckets = TestBuckets::with(&["in/a secret", "in/b"]).await;
    let proxy = Proxy::before(&buckets.store.url(), |request| {
        let secret = request.target.contains("secret");
        std::future::ready(if secret { Fate::Refuse(403, "AccessDenied") } else { Fate::Forward })
    })
    .await;
    let store = connect(proxy.url()).await;
    assert!(check(&cloning(Selection::default()), &store, &store).await.is_err());
    check(&cloning(chosen(&[], &["* secret"])), &store, &store).await.unwrap();
}

#[tokio::test]
async fn older_than_leaves_out_its_own_instant() {
    let (buckets, instant) = old_and_new().await;
    let until = Selection { older_than: Some(instant), ..Selection::default() };
    let finished = buckets.clone(&cloning(until.clone())).await;
    finished.is_equal();
    assert_eq!(buckets.keys("destination").await, ["out/old"]);
    assert_eq!(finished.comparison().selection, until, "the proof says what it is about");
}

#[tokio::test]
async fn size_bounds_choose_by_the_sources_size() {
    let buckets = TestBuckets::new().await;
    for bytes in 0..5 {
        buckets.put(&format!("in/{bytes}"), "x".repeat(bytes)).await;
    }
    // Of a size that is chosen, where its source is not.
    buckets.store.put("destination", "out/4", "xx").await.unwrap();
    let sized = Selection { min_size: Some(ByteSize(1)), max_size: Some(ByteSize(3)), ..Selection::default() };
    let finished = buckets.clone(&cloning(sized)).await;
    finished.is_equal();
    assert_eq!(buckets.keys("destination").await, ["out/1", "out/2", "out/3", "out/4"]);
    assert_eq!(buckets.read("destination", "out/4").await.unwrap(), b"xx");
}

#[tokio::test]
async fn storage_class_selection_counts_unnamed_as_standard() {
    let buckets = TestBuckets::with(&["in/plain"]).await;
    for class in ["GLACIER_IR", "STANDARD_IA"] {
        let content = Content { storage_class: Some(class.to_owned()), ..Content::default() };
        buckets.store.put_content("source", &format!("in/{class}"), &content).await.unwrap();
    }
    let classes = |names: &[&str]| Selection {
        storage_classes: names.iter().map(|name| name.parse().unwrap()).collect(),
        ..Selection::default()
    };
    buckets.clone(&cloning(classes(&["STANDARD"]))).await.is_equal();
    assert_eq!(buckets.keys("destination").await, ["out/plain"]);
    buckets.clone(&cloning(classes(&["GLACIER_IR", "DEEP_ARCHIVE"]))).await.is_equal();
    assert_eq!(buckets.keys("destination").await, ["out/GLACIER_IR", "out/plain"]);
}

/// An object of five bytes is replaced by one of nine just before its copy: it is no longer selected.
#[tokio::test]
async fn object_replaced_out_of_the_selection_is_not_copied() {
    let buckets = TestBuckets::new().await;
    buckets.put("in/a", "small").await;
    let store = Arc::clone(&buckets.store);
    let proxy = Proxy::before(&buckets.store.url(), move |request| {
        let (store, copies) = (Arc::clone(&store), request.kind == Kind::Copy);
        async move {
            if copies {
                store.put("source", "in/a", "too large").await.unwrap();
            }
            Fate::Forward
        }
    })
    .await;
    let spec = cloning(Selection { max_size: Some(ByteSize(5)), ..Selection::default() });
    let finished = clone_at(&connect(proxy.url()).await, &spec).await;
    assert_eq!(finished.only_failure().reason, Reason::Changed);
    assert!(finished.only_failure().message.contains("not selected as it is now"));
    assert!(buckets.keys("destination").await.is_empty());
}
