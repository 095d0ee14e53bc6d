//! The plan of a mirror: what a preview shows, and that there is no deleting without it.

use engine::clone::preview;
use model::CloneSpec;

use crate::{
    mirror::{LONG, mirror, nothing_deleted, only, planned, previewed, yard},
    yard::{buckets, options},
};

#[tokio::test]
async fn a_preview_of_a_mirror_shows_what_it_would_delete_and_what_it_takes() {
    let yard = yard().await;
    let seen = previewed(&yard, &mirror()).await;
    assert_eq!((seen.to_delete, seen.to_delete_bytes, seen.delete_examples.join(" ")), (2, 2, "x y".to_owned()));
    let plan = seen.plan.unwrap();
    assert_eq!((plan.to_delete, plan.to_copy, plan.source_objects), (2, 1, 2));
    let before: u64 = yard.requests("ListObjectsV2");
    yard.clone(&planned(&yard, &mirror()).await).await.is_equal();
    assert_eq!((seen.requests.head, seen.requests.delete), (yard.requests("GetObject"), yard.requests("DeleteObject")));
    // Beside the preview's own two, and two looks whether the source is there.
    assert_eq!(yard.requests("ListObjectsV2") - before - 4, seen.requests.list);
}

#[tokio::test]
async fn a_preview_that_is_not_whole_gives_no_plan_and_neither_does_another_mode() {
    let yard = yard().await;
    let store = yard.engine().await;
    let cut = preview(&mirror(), &store, &store, &options(), 2, LONG).await.unwrap();
    assert_eq!((cut.complete, cut.plan), (false, None));
    assert_eq!(previewed(&yard, &buckets()).await.plan, None);
}

#[tokio::test]
async fn a_plan_is_the_same_for_a_dry_run_and_another_once_anything_differs() {
    let yard = yard().await;
    let plan = async |spec: &CloneSpec| previewed(&yard, spec).await.plan.unwrap().id;
    let this = plan(&mirror()).await;
    assert_eq!(plan(&CloneSpec { dry_run: true, ..mirror() }).await, this);
    assert_ne!(plan(&CloneSpec { selection: only("?"), ..mirror() }).await, this);
    yard.put("new", "another").await;
    assert_ne!(plan(&mirror()).await, this, "what would be copied is part of the plan");
}

#[tokio::test]
async fn a_mirror_without_a_plan_does_nothing() {
    let yard = yard().await;
    nothing_deleted(&yard, &yard.clone(&mirror()).await, "no_plan");
    assert_eq!(yard.copies(), 0);
}

#[tokio::test]
async fn a_dry_run_of_a_mirror_needs_no_plan_and_writes_nothing() {
    let yard = yard().await;
    let came = yard.clone(&CloneSpec { dry_run: true, ..mirror() }).await;
    assert!(came.result.unwrap().unwrap().holds());
    assert_eq!((yard.copies(), yard.requests("DeleteObject")), (0, 0));
}
