//! The plan of a mirror: what a preview shows, and that there is no deleting without it.

use engine::clone::preview;
use model::CloneSpec;

use crate::{
    mirror::{LONG, buckets, mirror, nothing_deleted, only, planned, previewed},
    support::{options, source_to_destination},
};

#[tokio::test]
async fn mirror_preview_shows_deletes_and_requests() {
    let buckets = buckets().await;
    let seen = previewed(&buckets, &mirror()).await;
    assert_eq!((seen.to_delete, seen.to_delete_bytes, seen.delete_examples.join(" ")), (2, 2, "x y".to_owned()));
    let plan = seen.plan.unwrap();
    assert_eq!((plan.to_delete, plan.to_copy, plan.source_objects), (2, 1, 2));
    let before: u64 = buckets.requests("ListObjectsV2");
    buckets.clone(&planned(&buckets, &mirror()).await).await.is_equal();
    assert_eq!(
        (seen.requests.head, seen.requests.delete),
        (buckets.requests("GetObject"), buckets.requests("DeleteObject"))
    );
    // Beside the preview's own two, and two looks whether the source is there.
    assert_eq!(buckets.requests("ListObjectsV2") - before - 4, seen.requests.list);
}

#[tokio::test]
async fn only_complete_mirror_previews_give_plans() {
    let buckets = buckets().await;
    let store = buckets.engine().await;
    let cut = preview(&mirror(), &store, &store, &options(), 2, LONG).await.unwrap();
    assert_eq!((cut.complete, cut.plan), (false, None));
    assert_eq!(previewed(&buckets, &source_to_destination()).await.plan, None);
}

#[tokio::test]
async fn plan_changes_with_any_difference() {
    let buckets = buckets().await;
    let plan = async |spec: &CloneSpec| previewed(&buckets, spec).await.plan.unwrap().id;
    let this = plan(&mirror()).await;
    assert_eq!(plan(&CloneSpec { dry_run: true, ..mirror() }).await, this);
    assert_ne!(plan(&CloneSpec { selection: only("?"), ..mirror() }).await, this);
    buckets.put("new", "another").await;
    assert_ne!(plan(&mirror()).await, this, "what would be copied is part of the plan");
}

#[tokio::test]
async fn a_mirror_without_a_plan_does_nothing() {
    let buckets = buckets().await;
    nothing_deleted(&buckets, &buckets.clone(&mirror()).await, "no_plan");
    assert_eq!(buckets.copies(), 0);
}

#[tokio::test]
async fn mirror_dry_run_needs_no_plan() {
    let buckets = buckets().await;
    let finished = buckets.clone(&CloneSpec { dry_run: true, ..mirror() }).await;
    assert!(finished.result.unwrap().unwrap().holds());
    assert_eq!((buckets.copies(), buckets.requests("DeleteObject")), (0, 0));
}
