//! Stores that list in an order of their own: no range can be cut there, no cursor says what is done, and still
//! nothing is lost.
//!
//! The proxy is a fake of such a store: it turns each page of a listing around.

use model::{CloneSpec, Mode, Proof};

use crate::{
    mirror::planned,
    proxy::{Fate, Kind, Proxy},
    support::{TestBuckets, clone_at, connect_as_anyone, source_to_destination},
};

/// Lists each page from its last key to its first.
async fn backwards(buckets: &TestBuckets) -> Proxy {
    Proxy::with_pages_of(400, &buckets.store.url(), |request| {
        std::future::ready(if request.kind == Kind::List { Fate::Rewrite(reversed) } else { Fate::Forward })
    })
    .await
}

fn reversed(page: String) -> String {
    let (Some(start), Some(end)) = (page.find("<Contents>"), page.rfind("</Contents>")) else { return page };
    let end = end + "</Contents>".len();
    let objects: Vec<&str> = page[start..end].split_inclusive("</Contents>").collect();
    let backwards: Vec<&str> = objects.into_iter().rev().collect();
    format!("{}{}{}", &page[..start], backwards.concat(), &page[end..])
}

async fn buckets(objects: usize) -> TestBuckets {
    let buckets = TestBuckets::new().await;
    buckets.store.seed_objects("source", objects).await.unwrap();
    buckets
}

#[tokio::test]
async fn unordered_store_is_cloned_and_proven() {
    let buckets = buckets(1_500).await;
    buckets.put("objects/00/00000003", "changed").await;
    buckets.store.put("destination", "extra", "extra").await.unwrap();
    let proxy = backwards(&buckets).await;
    let finished = clone_at(&connect_as_anyone(proxy.url()).await, &source_to_destination()).await;
    finished.is_equal();
    assert_eq!(
        (finished.taken.progress.done, finished.comparison().source_objects, finished.comparison().extra),
        (1_500, 1_500, 1)
    );
    assert_eq!(buckets.store.count("destination").unwrap(), 1_501);
    let again = clone_at(&connect_as_anyone(proxy.url()).await, &source_to_destination()).await;
    again.is_equal();
    assert_eq!((again.taken.progress.skipped, buckets.copies()), (1_500, 1_500));
}

#[tokio::test]
async fn comparison_finds_differences_in_any_order() {
    let buckets = buckets(900).await;
    buckets.store.seed_objects("destination", 890).await.unwrap();
    buckets.store.put("destination", "extra", "extra").await.unwrap();
    let proxy = backwards(&buckets).await;
    let finished =
        clone_at(&connect_as_anyone(proxy.url()).await, &CloneSpec { mode: Mode::Verify, ..source_to_destination() })
            .await;
    let comparison = finished.comparison();
    assert_eq!((comparison.missing, comparison.extra, comparison.equal_by_etag), (10, 1, 890));
    assert_eq!(finished.taken.failures.len(), 11);
    let dry =
        clone_at(&connect_as_anyone(proxy.url()).await, &CloneSpec { dry_run: true, ..source_to_destination() }).await;
    assert!(matches!(&dry.result, Ok(Some(Proof::DryRun(dry))) if dry.would_copy == 10), "{dry:?}");
    assert_eq!(buckets.copies(), 0);
}

/// What fails before the disorder is noticed is reported once, and what fails no more not at all.
#[tokio::test]
async fn failure_before_sorted_restart_is_reported_once() {
    let buckets = buckets(500).await;
    let content = embedded::Content { storage_class: Some("GLACIER".to_owned()), ..embedded::Content::default() };
    buckets.store.put_content("source", "archived", &content).await.unwrap();
    let proxy = backwards(&buckets).await;
    let finished = clone_at(&connect_as_anyone(proxy.url()).await, &source_to_destination()).await;
    assert_eq!(finished.only_failure().key.as_str(), "archived");
    assert_eq!((finished.taken.progress.done, finished.comparison().missing), (500, 1));
    finished.adds_up();
}

/// Not even with a plan made when the listing was in order.
#[tokio::test]
async fn mirror_deletes_nothing_by_unordered_listing() {
    let buckets = buckets(500).await;
    buckets.store.put("destination", "extra", "extra").await.unwrap();
    buckets.store.put("destination", "extra2", "extra").await.unwrap();
    let mirror = CloneSpec { mode: Mode::Mirror, ..source_to_destination() };
    let mirror = planned(&buckets, &mirror).await;
    let proxy = backwards(&buckets).await;
    let finished = clone_at(&connect_as_anyone(proxy.url()).await, &mirror).await;
    assert!(finished.error().to_string().contains("out of order"), "{}", finished.error());
    assert!(finished.error().to_string().contains("nothing was deleted"), "{}", finished.error());
    assert_eq!(buckets.requests("DeleteObject"), 0);
}
