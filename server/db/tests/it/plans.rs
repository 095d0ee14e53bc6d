//! Plans: found by their digest, and deleted after a day.

use db::testing::{Scratch, age_plans};
use model::{ClonePreview, CloneSpec, Digest, Mode, Plan, RequestCounts, Spec, Time};

use crate::support::clone;

on_both_databases!(repeated_plan_is_stored_once, preview_without_plan_stores_nothing, old_plan_is_deleted);

fn preview(to_delete: u64) -> ClonePreview {
    let Spec::Clone(spec) = clone("demo/assets", "demo/copy/it's\u{1}") else { unreachable!() };
    let digest = Digest::of([u8::try_from(to_delete).unwrap(); 32]);
    ClonePreview {
        spec: CloneSpec { mode: Mode::Mirror, ..spec },
        at: Time(1),
        complete: true,
        objects: 5,
        bytes: 50,
        to_copy: 1,
        to_copy_bytes: 10,
        to_skip: 4,
        extra: to_delete,
        to_delete,
        to_delete_bytes: 30,
        refused: 0,
        left_out: 0,
        requests: RequestCounts::default(),
        price: None,
        examples: vec!["a".to_owned()],
        delete_examples: vec!["x".to_owned()],
        plan: Some(Plan {
            id: digest.clone(),
            at: Time(1),
            source_objects: 5,
            to_copy: 1,
            to_copy_bytes: 10,
            to_delete,
            to_delete_bytes: 30,
            extras: digest,
            newest_extra: Some(Time(0)),
        }),
    }
}

async fn repeated_plan_is_stored_once(scratch: Scratch) {
    let db = scratch.open().await;
    let (three, four) = (preview(3), preview(4));
    let id = |preview: &ClonePreview| preview.plan.as_ref().unwrap().id.clone();
    assert!(db.plan(&id(&three)).await.unwrap().is_none());
    db.insert_plan(&three, "ada").await.unwrap();
    db.insert_plan(&four, "ada").await.unwrap();
    let found = db.plan(&id(&three)).await.unwrap().unwrap();
    assert_eq!((&found.preview, &found.spec, found.author.as_str()), (&three, &three.spec, "ada"));
    assert!(db.now().since(found.created_at) < 3_600_000, "{}", found.created_at);

    let later = ClonePreview { at: Time(2), ..three.clone() };
    db.insert_plan(&later, "grace").await.unwrap();
    let again = db.plan(&id(&three)).await.unwrap().unwrap();
    assert_eq!((again.preview.at, again.author.as_str()), (Time(2), "grace"));
    assert!(again.created_at >= found.created_at);
}

async fn preview_without_plan_stores_nothing(scratch: Scratch) {
    let db = scratch.open().await;
    let cut = ClonePreview { plan: None, ..preview(3) };
    let before = db.statements();
    db.insert_plan(&cut, "ada").await.unwrap();
    assert_eq!(db.statements(), before);
}

async fn old_plan_is_deleted(scratch: Scratch) {
    let db = scratch.open().await;
    let id = |preview: &ClonePreview| preview.plan.as_ref().unwrap().id.clone();
    let old = preview(3);
    db.insert_plan(&old, "ada").await.unwrap();
    age_plans(&db, 25 * 3_600_000).await;
    db.insert_plan(&preview(4), "ada").await.unwrap();
    assert!(db.plan(&id(&old)).await.unwrap().is_none());
    assert!(db.plan(&id(&preview(4))).await.unwrap().is_some());
}
