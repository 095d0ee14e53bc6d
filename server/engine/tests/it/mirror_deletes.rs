//! Each delete of a mirror by itself: asked about first, made on a condition, and counted by its answer. What is in doubt is
//! left, and said to be.

use std::{
    collections::BTreeSet,
    sync::{Arc, Mutex},
};

use model::{CloneSpec, Mode, Plan, Reason, Selection};

use crate::{
    mirror::{before, before_listing, buckets, is_delete, is_question, mirror, only, planned, previewed, through},
    proxy::Fate,
    support::{TestBuckets, spec},
};

/// Only an answer that names the key as missing counts: a 404 of whatever stands in between does not.
#[tokio::test]
async fn doubtful_objects_are_kept_and_reported() {
    let doubts: [fn() -> Fate; 3] =
        [|| Fate::Refuse(404, ""), || Fate::Refuse(403, "AccessDenied"), || Fate::Refuse(500, "InternalError")];
    for doubt in doubts {
        let buckets = buckets().await;
        let spec = planned(&buckets, &mirror()).await;
        let finished = through(&buckets, &spec, move |seen| {
            let unclear = is_question(&seen) && seen.target.starts_with("/source/x");
            std::future::ready(if unclear { doubt() } else { Fate::Forward })
        })
        .await;
        assert_eq!(buckets.keys("destination").await, ["a", "new", "x"]);
        assert_eq!((finished.comparison().extra, finished.comparison().equal), (1, false));
        let [failure] = &finished.taken.failures[..] else { panic!("{finished:?}") };
        assert!(failure.key.as_str() == "x" && failure.message.starts_with("not deleted: "), "{failure:?}");
    }
}

#[tokio::test]
async fn object_back_at_source_is_kept() {
    let buckets = buckets().await;
    let spec = planned(&buckets, &mirror()).await;
    let finished = before(
        &buckets,
        &spec,
        |seen| is_question(seen) && seen.target.starts_with("/source/x"),
        |store| Box::pin(async { store.put("source", "x", "x").await.unwrap() }),
    )
    .await;
    assert_eq!(buckets.keys("destination").await, ["a", "new", "x"]);
    assert_eq!(finished.taken.progress.deleted, 1);
    // By the time of the comparison it is equal at both, which is what was wanted.
    assert!(finished.comparison().equal);
    assert_eq!(
        (finished.taken.failures[0].reason, &finished.taken.mended[0]),
        (Reason::Kept, &finished.taken.failures[0].key)
    );
}

#[tokio::test]
async fn object_written_after_preview_is_kept() {
    let buckets = buckets().await;
    let spec = planned(&buckets, &mirror()).await;
    let finished = before_listing(&buckets, &spec, 5, |store| {
        Box::pin(async { store.put("destination", "later", "in no preview").await.unwrap() })
    })
    .await;
    assert_eq!(buckets.keys("destination").await, ["a", "later", "new"]);
    let [failure] = &finished.taken.failures[..] else { panic!("{finished:?}") };
    assert_eq!((failure.key.as_str(), failure.reason), ("later", Reason::Kept));
    assert_eq!((finished.comparison().extra, finished.comparison().equal), (1, false));
}

/// It is at both sides when the plan is compared, and goes from the source before it is listed again: in no preview.
#[tokio::test]
async fn changed_source_stops_deletes() {
    let buckets = buckets().await;
    let spec = planned(&buckets, &mirror()).await;
    let finished =
        before_listing(&buckets, &spec, 5, |store| Box::pin(async { store.delete("source", "a").unwrap() })).await;
    assert_eq!((finished.error().code(), buckets.requests("DeleteObject")), ("plan_changed", 0));
    assert_eq!(buckets.keys("destination").await, ["a", "new", "x", "y"]);
}

#[tokio::test]
async fn object_replaced_before_delete_is_kept() {
    let buckets = buckets().await;
    let spec = planned(&buckets, &mirror()).await;
    let finished = before(
        &buckets,
        &spec,
        |seen| is_delete(seen) && seen.target.starts_with("/destination/y"),
        |store| Box::pin(async { store.put("destination", "y", "another").await.unwrap() }),
    )
    .await;
    assert_eq!(buckets.read("destination", "y").await.unwrap(), b"another");
    assert_eq!(finished.taken.failures[0].reason, Reason::Kept);
}

#[tokio::test]
async fn refused_delete_is_reported_and_others_continue() {
    let buckets = buckets().await;
    let spec = planned(&buckets, &mirror()).await;
    let finished = through(&buckets, &spec, async |seen| {
        if is_delete(&seen) && seen.target.starts_with("/destination/x") {
            Fate::Refuse(403, "AccessDenied")
        } else {
            Fate::Forward
        }
    })
    .await;
    assert_eq!(buckets.keys("destination").await, ["a", "new", "x"]);
    let failure = &finished.taken.failures[0];
    assert_eq!((failure.key.as_str(), failure.reason, finished.taken.failures.len()), ("x", Reason::Denied, 1));
    assert!(failure.message.contains("s3:DeleteObject"), "{}", failure.message);
    assert!(!finished.comparison().equal);
}

/// Some stores do not know a condition on a delete, and say so.
#[tokio::test]
async fn unsupported_delete_condition_is_dropped() {
    let buckets = buckets().await;
    let spec = planned(&buckets, &mirror()).await;
    let refused = Arc::new(Mutex::new(BTreeSet::new()));
    let finished = through(&buckets, &spec, move |seen| {
        let first = is_delete(&seen) && refused.lock().unwrap().insert(seen.target);
        std::future::ready(if first { Fate::Refuse(501, "NotImplemented") } else { Fate::Forward })
    })
    .await;
    finished.is_equal();
    assert_eq!(finished.taken.progress.deleted, 2);
}

/// The delete arrived, its answer did not; asked again, the store has no such object.
#[tokio::test]
async fn delete_with_lost_answer_counts_once() {
    let buckets = buckets().await;
    let spec = planned(&buckets, &mirror()).await;
    let (store, lost) = (Arc::clone(&buckets.store), Arc::new(Mutex::new(false)));
    let finished = through(&buckets, &spec, move |seen| {
        let hit = is_delete(&seen) && !std::mem::replace(&mut *lost.lock().unwrap(), true);
        if hit {
            let (_, key) = seen.target.split_once("/destination/").unwrap();
            store.delete("destination", key.split('?').next().unwrap()).unwrap();
        }
        std::future::ready(if hit { Fate::Reset } else { Fate::Forward })
    })
    .await;
    finished.is_equal();
    assert_eq!(finished.taken.progress.deleted, 2);
}

#[tokio::test]
async fn blank_keys_are_deleted() {
    let buckets = TestBuckets::with(&["a"]).await;
    for key in [" ", "\t", "\n "] {
        buckets.store.put("destination", key, key).await.unwrap();
    }
    buckets.clone(&planned(&buckets, &mirror()).await).await.is_equal();
    assert_eq!(buckets.keys("destination").await, ["a"]);
}

#[tokio::test]
async fn odd_keys_are_deleted_exactly() {
    let buckets = TestBuckets::with(&["in/a", "b"]).await;
    let odd = ["out/\u{1}", "out/a\nb", "out//", "out/ ", "out/+%2B", "out/é", "out/a/../b", "out/\u{ffff}"];
    for key in odd {
        buckets.store.put("destination", key, key).await.unwrap();
    }
    buckets.store.put("destination", "outside", "not below the prefix").await.unwrap();
    let spec = planned(&buckets, &CloneSpec { mode: Mode::Mirror, ..spec("source/in/", "destination/out/") }).await;
    let finished = buckets.clone(&spec).await;
    finished.is_equal();
    assert_eq!(finished.taken.progress.deleted, odd.len() as u64);
    assert_eq!(buckets.keys("destination").await, ["out/a", "outside"]);
}

#[tokio::test]
async fn unselected_objects_are_not_deleted() {
    let buckets = buckets().await;
    let finished = buckets.clone(&planned(&buckets, &CloneSpec { selection: only("?"), ..mirror() }).await).await;
    finished.is_equal();
    assert_eq!(buckets.keys("destination").await, ["a"]);
    for key in ["x", "kept.log"] {
        buckets.store.put("destination", key, key).await.unwrap();
    }
    let finished = buckets.clone(&planned(&buckets, &CloneSpec { selection: only("?"), ..mirror() }).await).await;
    finished.is_equal();
    assert_eq!(buckets.keys("destination").await, ["a", "kept.log"]);
    let since = Selection { newer_than: Some(model::Time(0)), ..Selection::default() };
    let plan: Plan = previewed(&buckets, &CloneSpec { selection: since, ..mirror() }).await.plan.unwrap();
    assert_eq!(plan.to_delete, 0, "how old their sources were is not known");
    for json in [
        r#"{"older_than": "2999-01-01T00:00:00Z"}"#,
        r#"{"min_size": 0}"#,
        r#"{"max_size": "1GiB"}"#,
        r#"{"storage_classes": ["STANDARD"]}"#,
    ] {
        let selection: Selection = serde_json::from_str(json).unwrap();
        let finished = buckets.clone(&planned(&buckets, &CloneSpec { selection, ..mirror() }).await).await;
        finished.is_equal();
        assert_eq!((finished.taken.progress.deleted, finished.comparison().extra), (0, 0), "{json}");
        assert!(buckets.keys("destination").await.contains(&"kept.log".to_owned()), "{json}");
    }
}
