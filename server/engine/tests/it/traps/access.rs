//! Access by choice: other tools make every copy private, or none.

use std::collections::BTreeSet;

use aws_sdk_s3::{Client, types::ObjectCannedAcl};
use model::{Acl, Fidelity, Reason};

use super::{moto::Moto, multipart};
use crate::{
    multipart::above_5_mib,
    proxy::{Fate, Kind, Proxy},
    support::{TestBuckets, clone_with, connect, with},
};

fn acl(acl: Acl) -> model::CloneSpec {
    with(Fidelity { acl: Some(acl), ..Fidelity::default() })
}

/// Who may do what.
async fn grants(client: &Client, bucket: &str, key: &str) -> BTreeSet<(String, String)> {
    let acl = client.get_object_acl().bucket(bucket).key(key).send().await.unwrap();
    let grant = |grant: &aws_sdk_s3::types::Grant| {
        let grantee = grant.grantee().unwrap();
        let who = grantee.id().or(grantee.uri()).unwrap();
        (who.to_owned(), grant.permission().unwrap().as_str().to_owned())
    };
    acl.grants().iter().map(grant).collect()
}

async fn published(moto: &Moto) {
    let client = moto.client();
    let put = |key: &str| client.put_object().bucket("source").key(key).body(key.as_bytes().to_vec().into());
    put("private").send().await.unwrap();
    put("public").acl(ObjectCannedAcl::PublicRead).send().await.unwrap();
    multipart(&client, "source", "parts").await;
    client.put_object_acl().bucket("source").key("parts").acl(ObjectCannedAcl::PublicRead).send().await.unwrap();
}

/// Whole, in parts and streamed, at a store that has ACLs.
#[tokio::test(flavor = "multi_thread")]
async fn acl_is_kept_on_request() {
    let (here, there) = (Moto::start().await, Moto::start().await);
    published(&here).await;
    let (near, far) = (connect(&here.url).await, connect(&there.url).await);
    for (destination, client) in [(&near, here.client()), (&far, there.client())] {
        clone_with(&near, destination, &acl(Acl::Copy), &above_5_mib()).await.is_equal();
        for key in ["private", "public", "parts"] {
            let (kept, copy) = (grants(&here.client(), "source", key).await, grants(&client, "destination", key).await);
            assert_eq!(kept, copy, "{key}");
            assert_eq!(copy.len(), if key == "private" { 1 } else { 2 }, "{copy:?}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn copies_are_private_by_default() {
    let here = Moto::start().await;
    published(&here).await;
    let store = connect(&here.url).await;
    for chosen in [Acl::Private, Acl::BucketOwnerFullControl] {
        clone_with(&store, &store, &acl(chosen), &above_5_mib()).await.is_equal();
        assert_eq!(grants(&here.client(), "destination", "public").await.len(), 1);
        here.client().delete_object().bucket("destination").key("public").send().await.unwrap();
    }
}

#[tokio::test]
async fn unreadable_acl_fails_its_object_with_permission() {
    let buckets = TestBuckets::with(&["a", "b"]).await;
    let proxy = Proxy::before(&buckets.store.url(), |request| {
        let reads = request.target.ends_with("?acl");
        let private = "<AccessControlPolicy><Owner><ID>o</ID></Owner><AccessControlList><Grant><Grantee \
                       xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\" xsi:type=\"CanonicalUser\"><ID>o</ID>\
                       </Grantee><Permission>FULL_CONTROL</Permission></Grant></AccessControlList></AccessControlPolicy>";
        std::future::ready(match () {
            () if reads && request.target.starts_with("/source/a") => Fate::Refuse(403, "AccessDenied"),
            () if reads => Fate::Answer(private),
            () => Fate::Forward,
        })
    })
    .await;
    let store = connect(proxy.url()).await;
    let finished = clone_with(&store, &store, &acl(Acl::Copy), &above_5_mib()).await;
    let failure = finished.only_failure();
    assert_eq!((failure.key.as_str(), failure.reason), ("a", Reason::Denied));
    assert!(failure.message.contains("s3:GetObjectAcl"), "{}", failure.message);
    assert_eq!(finished.taken.progress.done, 1);
}

/// The embedded store has none; a bucket of AWS's can have them switched off.
#[tokio::test]
async fn store_without_acls_is_named_as_reason() {
    let buckets = TestBuckets::with(&["a"]).await;
    let finished = buckets.clone(&acl(Acl::Copy)).await;
    assert!(finished.only_failure().message.contains("takes no ACLs"), "{:?}", finished.only_failure());
    let proxy = Proxy::before(&buckets.store.url(), |request| {
        let copy = request.kind == Kind::Copy && request.headers.contains_key("x-amz-acl");
        std::future::ready(if copy { Fate::Refuse(400, "AccessControlListNotSupported") } else { Fate::Forward })
    })
    .await;
    let store = connect(proxy.url()).await;
    let finished = clone_with(&store, &store, &acl(Acl::Private), &above_5_mib()).await;
    assert!(finished.only_failure().message.contains("BucketOwnerEnforced"), "{:?}", finished.only_failure());
}
