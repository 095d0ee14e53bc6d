//! A mirror deletes what its plan says, once everything is copied, and nothing on doubt.

use std::{
    collections::BTreeSet,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering::SeqCst},
    },
    time::Duration,
};

use embedded::Embedded;
use engine::clone::{Pruning, preview};
use futures::future::BoxFuture;
use model::{ClonePreview, CloneSpec, Mode, Phase, Plan, Reason, Selection};

use crate::{
    proxy::{Fate, Kind, Proxy, Seen},
    retry::retried,
    yard::{Came, Yard, buckets, clone_at, connect, key, options, spec},
};

pub const LONG: Duration = Duration::from_mins(10);

pub fn mirror() -> CloneSpec {
    CloneSpec { mode: Mode::Mirror, ..buckets() }
}

/// `a` is equal, `new` is missing, `x` and `y` are only at the destination.
pub async fn yard() -> Yard {
    let yard = Yard::with(&["a", "new"]).await;
    for key in ["a", "x", "y"] {
        yard.store.put("destination", key, key).await.unwrap();
    }
    yard
}

pub async fn previewed(yard: &Yard, spec: &CloneSpec) -> ClonePreview {
    let store = yard.engine().await;
    preview(spec, &store, &store, &options(), u64::MAX, LONG).await.unwrap()
}

/// The mirror with the plan of a preview made now.
pub async fn planned(yard: &Yard, spec: &CloneSpec) -> CloneSpec {
    let plan = previewed(yard, spec).await.plan;
    CloneSpec { plan: Some(plan.expect("a whole preview of a mirror has a plan")), ..spec.clone() }
}

/// Mirrors through a proxy that decides over each request.
async fn through<F>(yard: &Yard, spec: &CloneSpec, decide: impl Fn(Seen) -> F + Send + Sync + 'static) -> Came
where
    F: Future<Output = Fate> + Send + 'static,
{
    let proxy = Proxy::before(&yard.store.url(), decide).await;
    clone_at(&connect(proxy.url()).await, spec).await
}

pub fn is_delete(seen: &Seen) -> bool {
    seen.target.contains("x-id=DeleteObject")
}

/// Whether the source is asked for an object.
fn is_question(seen: &Seen) -> bool {
    seen.target.starts_with("/source/") && seen.target.contains("x-id=GetObject")
}

fn lists(seen: &Seen, bucket: &str) -> bool {
    seen.kind == Kind::List && seen.target.starts_with(&format!("/{bucket}"))
}

/// Ends with this code, says that nothing was deleted, and is right.
#[track_caller]
pub fn nothing_deleted(yard: &Yard, came: &Came, code: &str) {
    let error = came.error();
    assert_eq!(error.code(), code, "{error}");
    assert!(error.to_string().ends_with("nothing was deleted at the destination"), "{error}");
    assert_eq!((came.taken.progress.deleted, yard.requests("DeleteObject")), (0, 0));
}

/// Does something before each request that is due for it.
async fn before(
    yard: &Yard,
    spec: &CloneSpec,
    due: impl Fn(&Seen) -> bool + Send + Sync + 'static,
    change: impl Fn(&Embedded) -> BoxFuture<'_, ()> + Send + Sync + 'static,
) -> Came {
    let (store, change) = (Arc::clone(&yard.store), Arc::new(change));
    through(yard, spec, move |request| {
        let (store, change, due) = (Arc::clone(&store), Arc::clone(&change), due(&request));
        async move {
            if due {
                change(&store).await;
            }
            Fate::Forward
        }
    })
    .await
}

/// The same before the source is listed for the so-manieth time, from 1: the copying lists it first, the confirmation
/// third after a look whether it is there, the deleting fifth after another, the comparison last.
pub async fn before_listing(
    yard: &Yard,
    spec: &CloneSpec,
    number: usize,
    change: impl Fn(&Embedded) -> BoxFuture<'_, ()> + Send + Sync + 'static,
) -> Came {
    let seen = AtomicUsize::new(0);
    let due = move |request: &Seen| lists(request, "source") && seen.fetch_add(1, SeqCst) + 1 == number;
    before(yard, spec, due, change).await
}

#[tokio::test]
async fn a_mirror_copies_deletes_and_proves_that_nothing_is_left_over() {
    let yard = yard().await;
    let came = yard.clone(&planned(&yard, &mirror()).await).await;
    came.is_equal();
    let progress = &came.taken.progress;
    assert_eq!((progress.done, progress.skipped, progress.deleted), (1, 1, 2));
    assert_eq!((came.comparison().mode, came.comparison().extra, progress.phase), (Mode::Mirror, 0, Phase::Finished));
    assert_eq!(yard.keys("destination").await, ["a", "new"]);
    assert_eq!(came.taken.checkpoint.pruning, Pruning::Done);
}

#[tokio::test]
async fn a_mirror_with_nothing_to_copy_deletes_all_the_same_and_proves_it_afterwards() {
    let yard = yard().await;
    yard.clone(&buckets()).await.is_equal();
    let came = yard.clone(&planned(&yard, &mirror()).await).await;
    came.is_equal();
    assert_eq!((came.taken.progress.skipped, came.taken.progress.deleted, came.comparison().extra), (2, 2, 0));
    assert_eq!(yard.keys("destination").await, ["a", "new"]);
}

pub fn only(glob: &str) -> Selection {
    Selection { include: vec![glob.parse().unwrap()], ..Selection::default() }
}

#[tokio::test]
async fn nothing_is_deleted_when_an_object_could_not_be_copied() {
    let yard = yard().await;
    let spec = planned(&yard, &mirror()).await;
    let came = through(&yard, &spec, async |seen| match seen.kind {
        Kind::Copy => Fate::Refuse(403, "AccessDenied"),
        _ => Fate::Forward,
    })
    .await;
    nothing_deleted(&yard, &came, "items_failed");
    assert_eq!(came.only_failure().reason, Reason::Denied);
}

#[tokio::test]
async fn a_mirror_deletes_once_what_had_failed_is_copied() {
    let yard = yard().await;
    let spec = planned(&yard, &mirror()).await;
    let failed =
        through(
            &yard,
            &spec,
            async |seen| {
                if seen.kind == Kind::Copy { Fate::Refuse(403, "AccessDenied") } else { Fate::Forward }
            },
        )
        .await;
    nothing_deleted(&yard, &failed, "items_failed");
    let came = retried(&yard, &spec, failed, vec![key("new")]).await;
    came.is_equal();
    assert_eq!(yard.keys("destination").await, ["a", "new"]);
}

/// Whichever listing it is, of whichever side: that of the copying, or the one that the plan is compared with.
#[tokio::test]
async fn nothing_is_deleted_when_a_listing_before_it_fails_or_is_cut_short() {
    for bucket in ["source", "destination"] {
        for which in 1..=2 {
            for fate in [|| Fate::Refuse(400, "Odd"), || Fate::Answer(""), || Fate::Rewrite(cut)] {
                let yard = yard().await;
                let spec = planned(&yard, &mirror()).await;
                let seen = Arc::new(Mutex::new(0));
                let came = through(&yard, &spec, move |request| {
                    // A look whether the source is there is a listing of the source alone.
                    let each = if bucket == "source" { [1, 3] } else { [1, 2] };
                    let hit = lists(&request, bucket) && {
                        let mut seen = seen.lock().unwrap();
                        *seen += 1;
                        *seen >= each[which - 1]
                    };
                    std::future::ready(if hit { fate() } else { Fate::Forward })
                })
                .await;
                nothing_deleted(&yard, &came, "listing");
            }
        }
    }
}

/// A page that lost its last object on the way, as its own count tells.
fn cut(page: String) -> String {
    let Some((start, end)) = page.rfind("<Contents>").zip(page.rfind("</Contents>")) else { return page };
    format!("{}{}", &page[..start], &page[end + "</Contents>".len()..])
}

#[tokio::test]
async fn nothing_is_deleted_when_the_plan_does_not_hold_any_more() {
    type Change = fn(&Embedded) -> BoxFuture<'_, ()>;
    let changes: [Change; 4] = [
        |store| Box::pin(async { store.put("destination", "z", "new").await.unwrap() }),
        |store| Box::pin(async { store.put("destination", "x", "replaced").await.unwrap() }),
        |store| Box::pin(async { store.delete("source", "a").unwrap() }),
        |store| Box::pin(async { store.put("source", "x", "back again").await.unwrap() }),
    ];
    for change in changes {
        let yard = yard().await;
        let spec = planned(&yard, &mirror()).await;
        // After the copying, so that the plan has held until then.
        nothing_deleted(&yard, &before_listing(&yard, &spec, 3, change).await, "plan_changed");
    }
}

#[tokio::test]
async fn nothing_is_deleted_when_the_source_is_empty_and_was_not() {
    let yard = Yard::with(&["a"]).await;
    yard.store.put("destination", "x", "x").await.unwrap();
    let spec = planned(&yard, &mirror()).await;
    yard.store.delete("source", "a").unwrap();
    nothing_deleted(&yard, &yard.clone(&spec).await, "source_empty");
    assert!(yard.clone(&planned(&yard, &mirror()).await).await.comparison().equal, "meant so, it is a mirror too");
    assert_eq!(yard.keys("destination").await, [""; 0]);
}

#[tokio::test]
async fn a_source_bucket_that_vanished_is_an_error_and_nothing_is_deleted() {
    let yard = yard().await;
    let spec = planned(&yard, &mirror()).await;
    let listing =
        through(
            &yard,
            &spec,
            async |seen| if lists(&seen, "source") { Fate::Refuse(404, "NoSuchBucket") } else { Fate::Forward },
        )
        .await;
    nothing_deleted(&yard, &listing, "no_bucket");
    let asking =
        through(
            &yard,
            &spec,
            async |seen| if is_question(&seen) { Fate::Refuse(404, "NoSuchBucket") } else { Fate::Forward },
        )
        .await;
    assert_eq!(asking.error().code(), "no_bucket");
    assert!(asking.error().to_string().ends_with("no object is known to be deleted by then"), "{}", asking.error());
    assert_eq!(yard.requests("DeleteObject"), 0);
}

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
