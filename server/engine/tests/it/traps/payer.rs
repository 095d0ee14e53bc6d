//! Buckets whose requests are paid by whoever asks.
//!
//! The proxy is a fake of such a bucket: no store at hand refuses who does not say that he will pay.

use engine::{clone::check, s3::S3Client};

use super::{assert_same, full, multipart};
use crate::{
    multipart::above_5_mib,
    proxy::{Fate, Proxy},
    support::{TestBuckets, clone_with, connect, connect_paying, source_to_destination},
};

/// Before a store that answers only who pays.
async fn dear(buckets: &TestBuckets) -> Proxy {
    Proxy::before(&buckets.store.url(), |request| {
        let pays = request.headers.get("x-amz-request-payer").is_some_and(|payer| payer == "requester");
        std::future::ready(if pays { Fate::Forward } else { Fate::Refuse(403, "AccessDenied") })
    })
    .await
}

async fn filled() -> TestBuckets {
    let buckets = TestBuckets::with(&["a"]).await;
    buckets.store.put_content("source", "full", &full("full")).await.unwrap();
    multipart(&buckets.client(), "source", "parts").await;
    buckets
}

/// Listings, copies, parts, tags and all else.
#[tokio::test]
async fn requester_pays_header_is_on_every_request() {
    let (here, there) = (filled().await, TestBuckets::new().await);
    let (near, far) = (dear(&here).await, dear(&there).await);
    let (source, destination) = (connect_paying(near.url()).await, connect_paying(far.url()).await);
    clone_with(&source, &source, &source_to_destination(), &above_5_mib()).await.is_equal();
    assert_same(&here, &here).await;
    clone_with(&source, &destination, &source_to_destination(), &above_5_mib()).await.is_equal();
    assert_eq!(there.store.count("destination").unwrap(), 3);
}

/// The copying is asked of the destination, which pays for itself.
#[tokio::test]
async fn copy_within_store_pays_for_its_source() {
    let buckets = filled().await;
    let proxy = dear(&buckets).await;
    let (paying, plain): (S3Client, S3Client) = (connect_paying(proxy.url()).await, connect(proxy.url()).await);
    clone_with(&paying, &plain, &source_to_destination(), &above_5_mib()).await.is_equal();
}

#[tokio::test]
async fn missing_requester_pays_is_refused_with_advice() {
    let buckets = filled().await;
    let proxy = dear(&buckets).await;
    let error =
        check(&source_to_destination(), &connect(proxy.url()).await, &connect(proxy.url()).await).await.unwrap_err();
    assert_eq!(error.code(), "denied");
    assert!(error.advice().contains("--requester-pays"), "{}", error.advice());
}
