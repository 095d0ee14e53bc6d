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
    support::{Finished, TestBuckets, clone_at, connect, key, options, source_to_destination},
};

pub const LONG: Duration = Duration::from_mins(10);

pub fn mirror() -> CloneSpec {
    CloneSpec { mode: Mode::Mirror, ..source_to_destination() }
}

/// `a` is equal, `new` is missing, `x` and `y` are only at the destination.
pub async fn buckets() -> TestBuckets {
    let buckets = TestBuckets::with(&["a", "new"]).await;
    for key in ["a", "x", "y"] {
        buckets.store.put("destination", key, key).await.unwrap();
    }
    buckets
}

pub async fn previewed(buckets: &TestBuckets, spec: &CloneSpec) -> ClonePreview {
    let store = buckets.engine().await;
    preview(spec, &store, &store, &options(), u64::MAX, LONG).await.unwrap()
}

/// The mirror with the plan of a preview made now.
pub async fn planned(buckets: &TestBuckets, spec: &CloneSpec) -> CloneSpec {
    let plan = previewed(buckets, spec).await.plan;
    CloneSpec { plan: Some(plan.expect("a whole preview of a mirror has a plan")), ..spec.clone() }
}

/// Mirrors through a proxy that decides over each request.
pub async fn through<F>(
    buckets: &TestBuckets,
    spec: &CloneSpec,
    decide: impl Fn(Seen) -> F + Send + Sync + 'static,
) -> Finished
where
    F: Future<Output = Fate> + Send + 'static,
{
    let proxy = Proxy::before(&buckets.store.url(), decide).await;
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
pub fn nothing_deleted(buckets: &TestBuckets, finished: &Finished, code: &str) {
    let error = finished.error();
    assert_eq!(error.code(), code, "{error}");
    assert!(error.to_string().ends_with("nothing was deleted at the destination"), "{error}");
    assert_eq!((finished.taken.progress.deleted, buckets.requests("DeleteObject")), (0, 0));
}

/// Does something before each request that is due for it.
pub async fn before(
    buckets: &TestBuckets,
    spec: &CloneSpec,
    due: impl Fn(&Seen) -> bool + Send + Sync + 'static,
    change: impl Fn(&Embedded) -> BoxFuture<'_, ()> + Send + Sync + 'static,
) -> Finished {
    let (store, change) = (Arc::clone(&buckets.store), Arc::new(change));
    through(buckets, spec, move |request| {
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
    buckets: &TestBuckets,
    spec: &CloneSpec,
    number: usize,
    change: impl Fn(&Embedded) -> BoxFuture<'_, ()> + Send + Sync + 'static,
) -> Finished {
    let seen = AtomicUsize::new(0);
    let due = move |request: &Seen| lists(request, "source") && seen.fetch_add(1, SeqCst) + 1 == number;
    before(buckets, spec, due, change).await
}

#[tokio::test]
async fn mirror_copies_deletes_and_proves_equality() {
    let buckets = buckets().await;
    let finished = buckets.clone(&planned(&buckets, &mirror()).await).await;
    finished.is_equal();
    let progress = &finished.taken.progress;
    assert_eq!((progress.done, progress.skipped, progress.deleted), (1, 1, 2));
    assert_eq!(
        (finished.comparison().mode, finished.comparison().extra, progress.phase),
        (Mode::Mirror, 0, Phase::Finished)
    );
    assert_eq!(buckets.keys("destination").await, ["a", "new"]);
    assert_eq!(finished.taken.checkpoint.pruning, Pruning::Done);
}

#[tokio::test]
async fn mirror_without_copies_still_deletes_and_proves() {
    let buckets = buckets().await;
    buckets.clone(&source_to_destination()).await.is_equal();
    let finished = buckets.clone(&planned(&buckets, &mirror()).await).await;
    finished.is_equal();
    assert_eq!(
        (finished.taken.progress.skipped, finished.taken.progress.deleted, finished.comparison().extra),
        (2, 2, 0)
    );
    assert_eq!(buckets.keys("destination").await, ["a", "new"]);
}

pub fn only(glob: &str) -> Selection {
    Selection { include: vec![glob.parse().unwrap()], ..Selection::default() }
}

#[tokio::test]
async fn failed_copy_prevents_deletes() {
    let buckets = buckets().await;
    let spec = planned(&buckets, &mirror()).await;
    let finished = through(&buckets, &spec, async |seen| match seen.kind {
        Kind::Copy => Fate::Refuse(403, "AccessDenied"),
        _ => Fate::Forward,
    })
    .await;
    nothing_deleted(&buckets, &finished, "items_failed");
    assert_eq!(finished.only_failure().reason, Reason::Denied);
}

#[tokio::test]
async fn mirror_deletes_after_failures_are_copied() {
    let buckets = buckets().await;
    let spec = planned(&buckets, &mirror()).await;
    let failed = through(&buckets, &spec, async |seen| {
        if seen.kind == Kind::Copy { Fate::Refuse(403, "AccessDenied") } else { Fate::Forward }
    })
    .await;
    nothing_deleted(&buckets, &failed, "items_failed");
    let finished = retried(&buckets, &spec, failed, vec![key("new")]).await;
    finished.is_equal();
    assert_eq!(buckets.keys("destination").await, ["a", "new"]);
}

/// Whichever listing it is, of whichever side: that of the copying, or the one that the plan is compared with.
#[tokio::test]
async fn failed_or_cut_listing_prevents_deletes() {
    for bucket in ["source", "destination"] {
        for which in 1..=2 {
            for fate in [|| Fate::Refuse(400, "Odd"), || Fate::Answer(""), || Fate::Rewrite(cut)] {
                let buckets = buckets().await;
                let spec = planned(&buckets, &mirror()).await;
                let seen = Arc::new(Mutex::new(0));
                let finished = through(&buckets, &spec, move |request| {
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
                nothing_deleted(&buckets, &finished, "listing");
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
async fn changed_plan_prevents_deletes() {
    type Change = fn(&Embedded) -> BoxFuture<'_, ()>;
    let changes: [Change; 4] = [
        |store| Box::pin(async { store.put("destination", "z", "new").await.unwrap() }),
        |store| Box::pin(async { store.put("destination", "x", "replaced").await.unwrap() }),
        |store| Box::pin(async { store.delete("source", "a").unwrap() }),
        |store| Box::pin(async { store.put("source", "x", "back again").await.unwrap() }),
    ];
    for change in changes {
        let buckets = buckets().await;
        let spec = planned(&buckets, &mirror()).await;
        // After the copying, so that the plan has held until then.
        nothing_deleted(&buckets, &before_listing(&buckets, &spec, 3, change).await, "plan_changed");
    }
}

#[tokio::test]
async fn emptied_source_prevents_deletes() {
    let buckets = TestBuckets::with(&["a"]).await;
    buckets.store.put("destination", "x", "x").await.unwrap();
    let spec = planned(&buckets, &mirror()).await;
    buckets.store.delete("source", "a").unwrap();
    nothing_deleted(&buckets, &buckets.clone(&spec).await, "source_empty");
    // Meant so, it is a mirror too: of nothing.
    let emptied = buckets.clone(&planned(&buckets, &mirror()).await).await;
    emptied.had_nothing_to_do();
    assert_eq!(emptied.taken.progress.deleted, 1);
    assert_eq!(buckets.keys("destination").await, [""; 0]);
}

#[tokio::test]
async fn vanished_source_bucket_prevents_deletes() {
    let buckets = buckets().await;
    let spec = planned(&buckets, &mirror()).await;
    let listing = through(&buckets, &spec, async |seen| {
        if lists(&seen, "source") { Fate::Refuse(404, "NoSuchBucket") } else { Fate::Forward }
    })
    .await;
    nothing_deleted(&buckets, &listing, "no_bucket");
    let asking =
        through(
            &buckets,
            &spec,
            async |seen| if is_question(&seen) { Fate::Refuse(404, "NoSuchBucket") } else { Fate::Forward },
        )
        .await;
    assert_eq!(asking.error().code(), "no_bucket");
    assert!(asking.error().to_string().ends_with("no object is known to be deleted by then"), "{}", asking.error());
    assert_eq!(buckets.requests("DeleteObject"), 0);
}
