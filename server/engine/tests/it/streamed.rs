//! From one endpoint to another, through this process.

use model::Reason;

use crate::{
    proxy::{Fate, Kind, Proxy},
    traps::multipart,
    yard::{Yard, buckets, clone_between, connect},
};

#[tokio::test]
async fn a_bucket_goes_from_store_to_store() {
    let (here, there) = (Yard::new().await, Yard::new().await);
    here.store.seed_objects("source", 1_200).await.unwrap();
    clone_between(&here.engine().await, &there.engine().await, &buckets()).await.is_equal();
    assert_eq!(there.store.count("destination").unwrap(), 1_200);
    assert_eq!((here.copies(), there.copies()), (0, 0));
}

#[tokio::test]
async fn a_multipart_object_whose_etag_changes_is_proven_by_the_record_of_its_copy() {
    let (here, there) = (Yard::new().await, Yard::new().await);
    multipart(&here.client(), "source", "parts").await;
    let (from, to) = (here.engine().await, there.engine().await);
    clone_between(&from, &to, &buckets()).await.is_equal();
    let again = clone_between(&from, &to, &buckets()).await;
    again.is_equal();
    assert_eq!((again.comparison().equal_by_record, there.requests("PutObject")), (1, 2));
    assert_eq!(there.read("destination", "parts").await.unwrap().len(), (5 << 20) + 100);
}

#[tokio::test]
async fn a_read_that_breaks_off_is_begun_anew() {
    let (here, there) = (Yard::with(&["a", "b"]).await, Yard::new().await);
    let proxy = Proxy::before(&here.store.url(), |request| {
        let hit = request.kind == Kind::Other && request.target.starts_with("/source/a") && request.number < 3;
        std::future::ready(if hit { Fate::Reset } else { Fate::Forward })
    })
    .await;
    clone_between(&connect(proxy.url()).await, &there.engine().await, &buckets()).await.is_equal();
}

#[tokio::test]
async fn an_object_changed_before_it_is_read_is_sent_as_it_is_now() {
    let (here, there) = (Yard::with(&["a"]).await, Yard::new().await);
    let store = std::sync::Arc::clone(&here.store);
    let proxy = Proxy::before(&here.store.url(), move |request| {
        let store = std::sync::Arc::clone(&store);
        async move {
            if request.kind == Kind::Other && request.number == 0 {
                store.put("source", "a", "as it is now").await.unwrap();
            }
            Fate::Forward
        }
    })
    .await;
    clone_between(&connect(proxy.url()).await, &there.engine().await, &buckets()).await.is_equal();
    assert_eq!(there.read("destination", "a").await.unwrap(), b"as it is now");
}

#[tokio::test]
async fn a_write_that_is_refused_names_the_destination() {
    let (here, there) = (Yard::with(&["a"]).await, Yard::new().await);
    let proxy = Proxy::before(&there.store.url(), |request| {
        std::future::ready(if request.kind == Kind::Other { Fate::Refuse(403, "AccessDenied") } else { Fate::Forward })
    })
    .await;
    let came = clone_between(&here.engine().await, &connect(proxy.url()).await, &buckets()).await;
    let failure = came.only_failure();
    assert_eq!(failure.reason, Reason::Denied);
    assert!(failure.message.contains("bucket destination"), "{}", failure.message);
}
