//! Buckets whose requests are paid by whoever asks.
//!
//! The proxy is a fake of such a bucket: no store at hand refuses who does not say that he will pay.

use engine::{clone::check, s3::S3Client};

use super::{assert_same, full, multipart};
use crate::{
    multipart::above_5_mib,
    proxy::{Fate, Proxy},
    yard::{Yard, buckets, clone_with, connect, connect_paying},
};

/// Before a store that answers only who pays.
async fn dear(yard: &Yard) -> Proxy {
    Proxy::before(&yard.store.url(), |request| {
        let pays = request.headers.get("x-amz-request-payer").is_some_and(|payer| payer == "requester");
        std::future::ready(if pays { Fate::Forward } else { Fate::Refuse(403, "AccessDenied") })
    })
    .await
}

async fn filled() -> Yard {
    let yard = Yard::with(&["a"]).await;
    yard.store.put_content("source", "full", &full("full")).await.unwrap();
    multipart(&yard.client(), "source", "parts").await;
    yard
}

/// Listings, copies, parts, tags and all else.
#[tokio::test]
async fn a_requester_who_pays_says_so_with_every_request() {
    let (here, there) = (filled().await, Yard::new().await);
    let (near, far) = (dear(&here).await, dear(&there).await);
    let (source, destination) = (connect_paying(near.url()).await, connect_paying(far.url()).await);
    clone_with(&source, &source, &buckets(), &above_5_mib()).await.is_equal();
    assert_same(&here, &here).await;
    clone_with(&source, &destination, &buckets(), &above_5_mib()).await.is_equal();
    assert_eq!(there.store.count("destination").unwrap(), 3);
}

/// The copying is asked of the destination, which pays for itself.
#[tokio::test]
async fn a_copy_within_the_store_pays_for_a_source_that_wants_it() {
    let yard = filled().await;
    let proxy = dear(&yard).await;
    let (paying, plain): (S3Client, S3Client) = (connect_paying(proxy.url()).await, connect(proxy.url()).await);
    clone_with(&paying, &plain, &buckets(), &above_5_mib()).await.is_equal();
}

#[tokio::test]
async fn who_does_not_say_so_is_refused_and_told_how() {
    let yard = filled().await;
    let proxy = dear(&yard).await;
    let error = check(&buckets(), &connect(proxy.url()).await, &connect(proxy.url()).await).await.unwrap_err();
    assert_eq!(error.code(), "denied");
    assert!(error.advice().contains("--requester-pays"), "{}", error.advice());
}
