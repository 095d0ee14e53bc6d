//! Where an object of a website leads: CopyObject loses it.

use embedded::{Content, Headers};
use model::{CloneSpec, Compare, Fidelity, Mode};

use super::full;
use crate::support::{TestBuckets, clone_between, source_to_destination, with};

async fn redirect(buckets: &TestBuckets) -> Option<String> {
    let copy = buckets.store.content("destination", "page").await.unwrap().unwrap();
    copy.headers.website_redirect
}

async fn website() -> TestBuckets {
    let buckets = TestBuckets::with(&["plain"]).await;
    let page = full("page");
    let headers = Headers { website_redirect: Some("/there".to_owned()), ..page.headers };
    buckets.store.put_content("source", "page", &Content { headers, ..page }).await.unwrap();
    buckets
}

#[tokio::test]
async fn website_redirects_are_kept_on_request() {
    let buckets = website().await;
    buckets.clone(&with(Fidelity { website_redirects: true, ..Fidelity::default() })).await.is_equal();
    assert_eq!(redirect(&buckets).await.as_deref(), Some("/there"));
    let mut copy = buckets.store.content("destination", "page").await.unwrap().unwrap();
    copy.headers.website_redirect = None;
    assert_eq!(copy, full("page"), "and all else with it");
}

#[tokio::test]
async fn default_copy_costs_one_request() {
    let (here, there) = (website().await, TestBuckets::new().await);
    here.clone(&source_to_destination()).await.is_equal();
    assert_eq!((here.copies(), here.requests("HeadObject")), (2, 0));
    assert_eq!(redirect(&here).await, None);
    clone_between(&here.engine().await, &there.engine().await, &source_to_destination()).await.is_equal();
    assert_eq!(redirect(&there).await.as_deref(), Some("/there"));
}

/// A streamed copy carries redirects: one that is lost is a difference. A store that copies by itself loses them.
#[tokio::test]
async fn metadata_comparison_includes_redirects_of_streamed_copies() {
    let (here, there) = (website().await, TestBuckets::new().await);
    let by_metadata = with(Fidelity { compare: Compare::Metadata, ..Fidelity::default() });
    let verify = CloneSpec { mode: Mode::Verify, ..by_metadata };
    for buckets in [&here, &there] {
        for key in ["page", "plain"] {
            let mut copy = here.store.content("source", key).await.unwrap().unwrap();
            copy.headers.website_redirect = None;
            buckets.store.put_content("destination", key, &copy).await.unwrap();
        }
    }
    let finished = clone_between(&here.engine().await, &there.engine().await, &verify).await;
    assert_eq!(finished.only_failure().key.as_str(), "page");
    here.clone(&verify).await.is_equal();
}
