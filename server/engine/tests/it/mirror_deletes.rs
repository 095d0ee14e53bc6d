//! Each delete of a mirror by itself: asked about first, made on a condition, and counted by its answer. What is in doubt is
//! left, and said to be.

use std::{
    collections::BTreeSet,
    sync::{Arc, Mutex},
};

use model::{CloneSpec, Mode, Plan, Reason, Selection};

use crate::{
    mirror::{before, before_listing, is_delete, is_question, mirror, only, planned, previewed, through, yard},
    proxy::Fate,
    yard::{Yard, spec},
};

/// Only an answer that names the key as missing counts: a 404 of whatever stands in between does not.
#[tokio::test]
async fn what_the_source_does_not_clearly_lack_is_left_and_reported() {
    let doubts: [fn() -> Fate; 3] =
        [|| Fate::Refuse(404, ""), || Fate::Refuse(403, "AccessDenied"), || Fate::Refuse(500, "InternalError")];
    for doubt in doubts {
        let yard = yard().await;
        let spec = planned(&yard, &mirror()).await;
        let came = through(&yard, &spec, move |seen| {
            let unclear = is_question(&seen) && seen.target.starts_with("/source/x");
            std::future::ready(if unclear { doubt() } else { Fate::Forward })
        })
        .await;
        assert_eq!(yard.keys("destination").await, ["a", "new", "x"]);
        assert_eq!((came.comparison().extra, came.comparison().equal), (1, false));
        let [failure] = &came.taken.failures[..] else { panic!("{came:?}") };
        assert!(failure.key.as_str() == "x" && failure.message.starts_with("not deleted: "), "{failure:?}");
    }
}

#[tokio::test]
async fn an_object_that_the_source_has_again_is_left() {
    let yard = yard().await;
    let spec = planned(&yard, &mirror()).await;
    let came = before(
        &yard,
        &spec,
        |seen| is_question(seen) && seen.target.starts_with("/source/x"),
        |store| Box::pin(async { store.put("source", "x", "x").await.unwrap() }),
    )
    .await;
    assert_eq!(yard.keys("destination").await, ["a", "new", "x"]);
    assert_eq!(came.taken.progress.deleted, 1);
    // By the time of the comparison it is equal at both, which is what was wanted.
    assert!(came.comparison().equal);
    assert_eq!((came.taken.failures[0].reason, &came.taken.mended[0]), (Reason::Kept, &came.taken.failures[0].key));
}

#[tokio::test]
async fn what_was_written_at_the_destination_after_the_preview_is_left_and_reported() {
    let yard = yard().await;
    let spec = planned(&yard, &mirror()).await;
    let came = before_listing(&yard, &spec, 5, |store| {
        Box::pin(async { store.put("destination", "later", "in no preview").await.unwrap() })
    })
    .await;
    assert_eq!(yard.keys("destination").await, ["a", "later", "new"]);
    let [failure] = &came.taken.failures[..] else { panic!("{came:?}") };
    assert_eq!((failure.key.as_str(), failure.reason), ("later", Reason::Kept));
    assert_eq!((came.comparison().extra, came.comparison().equal), (1, false));
}

/// It is at both sides when the plan is compared, and goes from the source before it is listed again: in no preview.
#[tokio::test]
async fn nothing_is_deleted_once_something_else_is_missing_at_the_source() {
    let yard = yard().await;
    let spec = planned(&yard, &mirror()).await;
    let came = before_listing(&yard, &spec, 5, |store| Box::pin(async { store.delete("source", "a").unwrap() })).await;
    assert_eq!((came.error().code(), yard.requests("DeleteObject")), ("plan_changed", 0));
    assert_eq!(yard.keys("destination").await, ["a", "new", "x", "y"]);
}

#[tokio::test]
async fn an_object_replaced_at_the_last_moment_is_left_and_reported() {
    let yard = yard().await;
    let spec = planned(&yard, &mirror()).await;
    let came = before(
        &yard,
        &spec,
        |seen| is_delete(seen) && seen.target.starts_with("/destination/y"),
        |store| Box::pin(async { store.put("destination", "y", "another").await.unwrap() }),
    )
    .await;
    assert_eq!(yard.read("destination", "y").await.unwrap(), b"another");
    assert_eq!(came.taken.failures[0].reason, Reason::Kept);
}

#[tokio::test]
async fn a_delete_that_is_refused_is_reported_and_the_others_go_on() {
    let yard = yard().await;
    let spec = planned(&yard, &mirror()).await;
    let came = through(&yard, &spec, async |seen| {
        if is_delete(&seen) && seen.target.starts_with("/destination/x") {
            Fate::Refuse(403, "AccessDenied")
        } else {
            Fate::Forward
        }
    })
    .await;
    assert_eq!(yard.keys("destination").await, ["a", "new", "x"]);
    let failure = &came.taken.failures[0];
    assert_eq!((failure.key.as_str(), failure.reason, came.taken.failures.len()), ("x", Reason::Denied, 1));
    assert!(failure.message.contains("s3:DeleteObject"), "{}", failure.message);
    assert!(!came.comparison().equal);
}

/// Some stores do not know a condition on a delete, and say so.
#[tokio::test]
async fn a_store_without_conditional_deletes_is_asked_without() {
    let yard = yard().await;
    let spec = planned(&yard, &mirror()).await;
    let refused = Arc::new(Mutex::new(BTreeSet::new()));
    let came = through(&yard, &spec, move |seen| {
        let first = is_delete(&seen) && refused.lock().unwrap().insert(seen.target);
        std::future::ready(if first { Fate::Refuse(501, "NotImplemented") } else { Fate::Forward })
    })
    .await;
    came.is_equal();
    assert_eq!(came.taken.progress.deleted, 2);
}

/// The delete arrived, its answer did not; asked again, the store has no such object.
#[tokio::test]
async fn a_delete_whose_answer_was_lost_is_one() {
    let yard = yard().await;
    let spec = planned(&yard, &mirror()).await;
    let (store, lost) = (Arc::clone(&yard.store), Arc::new(Mutex::new(false)));
    let came = through(&yard, &spec, move |seen| {
        let hit = is_delete(&seen) && !std::mem::replace(&mut *lost.lock().unwrap(), true);
        if hit {
            let (_, key) = seen.target.split_once("/destination/").unwrap();
            store.delete("destination", key.split('?').next().unwrap()).unwrap();
        }
        std::future::ready(if hit { Fate::Reset } else { Fate::Forward })
    })
    .await;
    came.is_equal();
    assert_eq!(came.taken.progress.deleted, 2);
}

#[tokio::test]
async fn keys_of_nothing_but_white_space_are_deleted() {
    let yard = Yard::with(&["a"]).await;
    for key in [" ", "\t", "\n "] {
        yard.store.put("destination", key, key).await.unwrap();
    }
    yard.clone(&planned(&yard, &mirror()).await).await.is_equal();
    assert_eq!(yard.keys("destination").await, ["a"]);
}

#[tokio::test]
async fn keys_with_control_characters_and_odd_ones_are_deleted_and_no_others() {
    let yard = Yard::with(&["in/a", "b"]).await;
    let odd = ["out/\u{1}", "out/a\nb", "out//", "out/ ", "out/+%2B", "out/é", "out/a/../b", "out/\u{ffff}"];
    for key in odd {
        yard.store.put("destination", key, key).await.unwrap();
    }
    yard.store.put("destination", "outside", "not below the prefix").await.unwrap();
    let spec = planned(&yard, &CloneSpec { mode: Mode::Mirror, ..spec("source/in/", "destination/out/") }).await;
    let came = yard.clone(&spec).await;
    came.is_equal();
    assert_eq!(came.taken.progress.deleted, odd.len() as u64);
    assert_eq!(yard.keys("destination").await, ["out/a", "outside"]);
}

#[tokio::test]
async fn what_is_not_chosen_is_not_deleted() {
    let yard = yard().await;
    let came = yard.clone(&planned(&yard, &CloneSpec { selection: only("?"), ..mirror() }).await).await;
    came.is_equal();
    assert_eq!(yard.keys("destination").await, ["a"]);
    for key in ["x", "kept.log"] {
        yard.store.put("destination", key, key).await.unwrap();
    }
    let came = yard.clone(&planned(&yard, &CloneSpec { selection: only("?"), ..mirror() }).await).await;
    came.is_equal();
    assert_eq!(yard.keys("destination").await, ["a", "kept.log"]);
    let since = Selection { newer_than: Some(model::Time(0)), ..Selection::default() };
    let plan: Plan = previewed(&yard, &CloneSpec { selection: since, ..mirror() }).await.plan.unwrap();
    assert_eq!(plan.to_delete, 0, "how old their sources were is not known");
}
