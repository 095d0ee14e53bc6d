//! A mirror deletes what its plan says, once everything is copied, and nothing on doubt.

use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering::SeqCst},
    },
    time::Duration,
};

use embedded::Embedded;
use engine::clone::{Pruning, preview};
use futures::future::BoxFuture;
use model::{ClonePreview, CloneSpec, Mode, Phase, Reason, Selection};

use crate::{
    proxy::{Fate, Kind, Proxy, Seen},
    retry::retried,
    yard::{Came, Yard, buckets, clone_at, connect, key, options},
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
pub async fn through<F>(yard: &Yard, spec: &CloneSpec, decide: impl Fn(Seen) -> F + Send + Sync + 'static) -> Came
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
pub fn is_question(seen: &Seen) -> bool {
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
pub async fn before(
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
