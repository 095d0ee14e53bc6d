//! Stores that list in an order of their own: no range can be cut there, no cursor says what is done, and still
//! nothing is lost.
//!
//! The proxy is a fake of such a store: it turns each page of a listing around.

use model::{CloneSpec, Mode, Proof};

use crate::{
    mirror::planned,
    proxy::{Fate, Kind, Proxy},
    yard::{Yard, buckets, clone_at, connect_as_anyone},
};

/// Lists each page from its last key to its first.
async fn backwards(yard: &Yard) -> Proxy {
    Proxy::with_pages_of(400, &yard.store.url(), |request| {
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

async fn yard(objects: usize) -> Yard {
    let yard = Yard::new().await;
    yard.store.seed_objects("source", objects).await.unwrap();
    yard
}

#[tokio::test]
async fn a_store_that_lists_in_an_order_of_its_own_is_cloned_and_proven() {
    let yard = yard(1_500).await;
    yard.put("objects/00/00000003", "changed").await;
    yard.store.put("destination", "extra", "extra").await.unwrap();
    let proxy = backwards(&yard).await;
    let came = clone_at(&connect_as_anyone(proxy.url()).await, &buckets()).await;
    came.is_equal();
    assert_eq!(
        (came.taken.progress.done, came.comparison().source_objects, came.comparison().extra),
        (1_500, 1_500, 1)
    );
    assert_eq!(yard.store.count("destination").unwrap(), 1_501);
    let again = clone_at(&connect_as_anyone(proxy.url()).await, &buckets()).await;
    again.is_equal();
    assert_eq!((again.taken.progress.skipped, yard.copies()), (1_500, 1_500));
}

#[tokio::test]
async fn what_is_missing_or_extra_is_found_by_a_comparison_in_any_order() {
    let yard = yard(900).await;
    yard.store.seed_objects("destination", 890).await.unwrap();
    yard.store.put("destination", "extra", "extra").await.unwrap();
    let proxy = backwards(&yard).await;
    let came = clone_at(&connect_as_anyone(proxy.url()).await, &CloneSpec { mode: Mode::Verify, ..buckets() }).await;
    let comparison = came.comparison();
    assert_eq!((comparison.missing, comparison.extra, comparison.equal_by_etag), (10, 1, 890));
    assert_eq!(came.taken.failures.len(), 11);
    let dry = clone_at(&connect_as_anyone(proxy.url()).await, &CloneSpec { dry_run: true, ..buckets() }).await;
    assert!(matches!(&dry.result, Ok(Some(Proof::DryRun(dry))) if dry.would_copy == 10), "{dry:?}");
    assert_eq!(yard.copies(), 0);
}

/// What fails before the disorder is noticed is reported once, and what fails no more not at all.
#[tokio::test]
async fn a_failure_is_reported_once_though_all_is_begun_again() {
    let yard = yard(500).await;
    let content = embedded::Content { storage_class: Some("GLACIER".to_owned()), ..embedded::Content::default() };
    yard.store.put_content("source", "archived", &content).await.unwrap();
    let proxy = backwards(&yard).await;
    let came = clone_at(&connect_as_anyone(proxy.url()).await, &buckets()).await;
    assert_eq!(came.only_failure().key.as_str(), "archived");
    assert_eq!((came.taken.progress.done, came.comparison().missing), (500, 1));
    came.adds_up();
}

/// Not even with a plan made when the listing was in order.
#[tokio::test]
async fn a_mirror_deletes_nothing_by_a_listing_without_order() {
    let yard = yard(500).await;
    yard.store.put("destination", "extra", "extra").await.unwrap();
    yard.store.put("destination", "extra2", "extra").await.unwrap();
    let mirror = CloneSpec { mode: Mode::Mirror, ..buckets() };
    let mirror = planned(&yard, &mirror).await;
    let proxy = backwards(&yard).await;
    let came = clone_at(&connect_as_anyone(proxy.url()).await, &mirror).await;
    assert!(came.error().to_string().contains("out of order"), "{}", came.error());
    assert!(came.error().to_string().contains("nothing was deleted"), "{}", came.error());
    assert_eq!(yard.requests("DeleteObject"), 0);
}
