//! What must not be started is refused with a reason, before anything is written.

use engine::clone::{CloneError, check};
use model::{CloneSpec, Fidelity, Selection, UnreadableTags};

use crate::{
    proxy::{Fate, Kind, Proxy},
    support::{TestBuckets, connect, spec},
};

async fn refused(buckets: &TestBuckets, spec: &CloneSpec) -> CloneError {
    let store = buckets.engine().await;
    let error = check(spec, &store, &store).await.expect_err("must be refused");
    assert!(!error.advice().is_empty());
    assert_eq!(buckets.copies(), 0);
    error
}

#[tokio::test]
async fn the_same_place_is_refused() {
    let buckets = TestBuckets::with(&["a"]).await;
    assert_eq!(refused(&buckets, &spec("source", "source")).await.code(), "same_place");
    assert_eq!(refused(&buckets, &spec("source/a/", "source/a/")).await.code(), "same_place");
}

#[tokio::test]
async fn places_within_each_other_are_refused() {
    let buckets = TestBuckets::with(&["a"]).await;
    for (from, to) in [("source", "source/copy/"), ("source/a/", "source"), ("source/logs", "source/logs-old/")] {
        assert_eq!(refused(&buckets, &spec(from, to)).await.code(), "overlap", "{from} {to}");
    }
}

#[tokio::test]
async fn siblings_and_other_buckets_are_not_refused() {
    let buckets = TestBuckets::with(&["a/1"]).await;
    let store = buckets.engine().await;
    for (from, to) in [("source/a/", "source/b/"), ("source", "destination"), ("source", "destination/deep/in")] {
        check(&spec(from, to), &store, &store).await.unwrap();
    }
}

/// Without the permission to read tags a GET does not count them: a streamed copy would lose them in silence.
#[tokio::test]
async fn streamed_clone_needs_readable_tags() {
    let (here, there) = (TestBuckets::with(&["a"]).await, TestBuckets::new().await);
    let proxy = Proxy::before(&here.store.url(), |request| {
        let tags = request.target.contains("tagging");
        std::future::ready(if tags { Fate::Refuse(403, "AccessDenied") } else { Fate::Forward })
    })
    .await;
    let (near, far) = (connect(proxy.url()).await, there.engine().await);
    let spec = spec("source", "destination");
    let error = check(&spec, &near, &far).await.unwrap_err();
    assert_eq!(error.code(), "denied");
    assert!(
        error.to_string().contains("s3:GetObjectTagging") && error.advice().contains("--unreadable-tags"),
        "{error}"
    );
    let fidelity = Fidelity { unreadable_tags: UnreadableTags::Warn, ..Fidelity::default() };
    check(&CloneSpec { fidelity, ..spec.clone() }, &near, &far).await.unwrap();
    check(&spec, &near, &near).await.unwrap();
}

/// `logs/a` is an object, and `in/` was meant as a folder for it.
#[tokio::test]
async fn copy_named_like_a_folder_is_refused() {
    let buckets = TestBuckets::with(&["logs/a", "logs/ab", "dir/"]).await;
    for (to, right) in [("destination/in/", "s3://destination/in/a"), ("destination", "s3://destination/a")] {
        let error = refused(&buckets, &spec("source/logs/a", to)).await;
        assert_eq!(error.code(), "named_like_folder");
        assert!(error.to_string().contains("\"logs/a\"") && error.to_string().contains(right), "{error}");
    }
    let store = buckets.engine().await;
    let selection = Selection { include: vec!["b".parse().unwrap()], ..Selection::default() };
    let only_others = CloneSpec { selection, ..spec("source/logs/a", "destination/in/") };
    let named =
        [("source/logs/a", "destination/in/b"), ("source/logs/", "destination/in/"), ("source/dir/", "destination")];
    for spec in named.map(|(from, to)| spec(from, to)).into_iter().chain([only_others]) {
        check(&spec, &store, &store).await.unwrap();
    }
}

#[tokio::test]
async fn the_same_names_at_another_store_are_another_place() {
    let (here, there) = (TestBuckets::with(&["a"]).await, TestBuckets::new().await);
    check(&spec("source", "source"), &here.engine().await, &there.engine().await).await.unwrap();
}

#[tokio::test]
async fn a_missing_bucket_is_named() {
    let buckets = TestBuckets::new().await;
    for (from, to) in [("nowhere", "destination"), ("source", "nowhere")] {
        let error = refused(&buckets, &spec(from, to)).await;
        assert_eq!(error.code(), "no_bucket");
        assert_eq!(error.to_string(), "bucket nowhere does not exist at store here");
    }
}

#[tokio::test]
async fn a_missing_permission_is_named() {
    let buckets = TestBuckets::with(&["a"]).await;
    for (kind, permission) in [(Kind::List, "s3:ListBucket"), (Kind::Other, "s3:GetObject")] {
        let proxy = Proxy::before(&buckets.store.url(), move |request| {
            std::future::ready(if request.kind == kind { Fate::Refuse(403, "AccessDenied") } else { Fate::Forward })
        })
        .await;
        let store = connect(proxy.url()).await;
        let error = check(&spec("source", "destination"), &store, &store).await.unwrap_err();
        assert_eq!(error.code(), "denied");
        assert!(error.to_string().contains(permission), "{error}");
    }
}

#[tokio::test]
async fn refused_credentials_are_called_that() {
    let buckets = TestBuckets::new().await;
    let proxy =
        Proxy::before(&buckets.store.url(), |_| std::future::ready(Fate::Refuse(403, "InvalidAccessKeyId"))).await;
    let store = connect(proxy.url()).await;
    let error = check(&spec("source", "destination"), &store, &store).await.unwrap_err();
    assert_eq!(error.code(), "bad_credentials");
}

#[tokio::test]
async fn buckets_are_listed_and_keys_peeked() {
    let buckets = TestBuckets::with(&["a", "b", "c"]).await;
    let store = buckets.engine().await;
    let names: Vec<String> = store.buckets().await.unwrap().unwrap().into_iter().map(String::from).collect();
    assert_eq!(names, ["destination", "source"]);
    let keys = store.peek(&"source".parse().unwrap(), &"".parse().unwrap(), 2).await.unwrap();
    assert_eq!(keys.iter().map(model::Key::as_str).collect::<Vec<_>>(), ["a", "b"]);
}
