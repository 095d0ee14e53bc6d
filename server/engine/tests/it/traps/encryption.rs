//! Copies under keys: of the store, of a key service, of the customer's own.

use engine::s3::{CustomerKey, S3Client};
use model::{CloneSpec, Compare, Encryption, Fidelity, Mode, Reason};

use super::{full, multipart};
use crate::{
    multipart::{above_5_mib, left_behind},
    proxy::{Fate, Kind, Proxy},
    support::{TestBuckets, clone_with, connect, source_to_destination, with},
};

fn kms() -> Fidelity {
    Fidelity { encryption: Encryption::read("aws:kms", "alias/logs").unwrap(), ..Fidelity::default() }
}

async fn filled() -> TestBuckets {
    let buckets = TestBuckets::with(&["a", "b"]).await;
    buckets.store.put_content("source", "full", &full("full")).await.unwrap();
    multipart(&buckets.client(), "source", "parts").await;
    buckets
}

/// Algorithm and key of every object at the destination.
async fn keys_at(buckets: &TestBuckets) -> Vec<(Option<String>, Option<String>)> {
    let mut keys = Vec::new();
    for key in buckets.keys("destination").await {
        let head = buckets.client().head_object().bucket("destination").key(key).send().await.unwrap();
        keys.push((head.server_side_encryption().map(|how| how.as_str().to_owned()), head.ssekms_key_id));
    }
    keys
}

/// Whole and in parts. Their ETags are none that could be compared: copied within the store nothing tells their content,
/// streamed the digests on the way do.
#[tokio::test]
async fn encrypted_copies_are_proven_only_by_digests() {
    let (here, there) = (filled().await, TestBuckets::new().await);
    let key = (Some("aws:kms".to_owned()), Some("alias/logs".to_owned()));
    let near = here.engine().await;
    clone_with(&near, &near, &with(kms()), &above_5_mib()).await.is_unverified(4);
    let streamed = clone_with(&near, &there.engine().await, &with(kms()), &above_5_mib()).await;
    // A checksum cannot go with the one that has a content encoding of its own.
    streamed.is_unverified(1);
    assert_eq!(streamed.comparison().equal_by_digest, 3);
    for destination in [&here, &there] {
        assert_eq!(keys_at(destination).await, vec![key.clone(); 4]);
    }
}

/// What no digest decides is read at both ends.
#[tokio::test]
async fn encrypted_copies_are_proven_by_content() {
    let buckets = filled().await;
    let by_content = || with(Fidelity { compare: Compare::Content, ..kms() });
    let finished = buckets.clone(&by_content()).await;
    finished.is_equal();
    assert_eq!(finished.comparison().equal_by_content, 4);
    let again = buckets.clone(&CloneSpec { mode: Mode::Verify, ..by_content() }).await;
    again.is_equal();
}

/// No checksum, no record of another run: what cannot be proven is copied again, and never called equal.
#[tokio::test]
async fn encrypted_copy_is_not_proven_by_size() {
    let buckets = TestBuckets::with(&["a"]).await;
    let store = buckets.engine().await;
    clone_with(&store, &store, &with(kms()), &above_5_mib()).await.is_unverified(1);
    let verified = buckets.clone(&CloneSpec { mode: Mode::Verify, ..with(kms()) }).await;
    assert_eq!((verified.comparison().unproven, verified.comparison().equal), (1, false));
    assert_eq!(verified.only_failure().reason, Reason::Unproven);
    let again = buckets.clone(&with(kms())).await;
    again.is_unverified(1);
    assert_eq!(again.taken.progress.done, 1);
}

/// Checksums of the same kind outlast the run.
#[tokio::test]
async fn encrypted_copy_is_proven_by_checksum() {
    let buckets = TestBuckets::new().await;
    buckets.client().put_object().bucket("source").key("a").body(b"checked".to_vec().into()).send().await.unwrap();
    buckets.clone(&with(kms())).await.is_equal();
    let again = buckets.clone(&with(kms())).await;
    again.is_equal();
    assert_eq!((again.taken.progress.done, again.comparison().equal_by_etag, buckets.copies()), (0, 1, 1));
}

#[tokio::test]
async fn destination_default_encryption_applies_without_options() {
    let buckets = filled().await;
    buckets.clone(&source_to_destination()).await.is_equal();
    assert_eq!(keys_at(&buckets).await, vec![(None, None); 4]);
}

fn key(byte: u8) -> CustomerKey {
    CustomerKey::read(&[byte; 32]).unwrap()
}

/// The source of the buckets under the first key, by cloning it there from another.
async fn under_the_first_key() -> TestBuckets {
    let (plain, secret) = (filled().await, TestBuckets::new().await);
    secret.store.create_bucket("plain").unwrap();
    let into = CloneSpec { destination: source_to_destination().source, ..source_to_destination() };
    let far = secret.engine().await.under_keys(Some(key(1)), None);
    clone_with(&plain.engine().await, &far, &into, &above_5_mib()).await.is_unverified(4);
    secret
}

#[tokio::test]
async fn customer_key_objects_are_cloned_under_another_key() {
    let (here, there) = (under_the_first_key().await, TestBuckets::new().await);
    let read: S3Client = here.engine().await.under_keys(Some(key(1)), None);
    for buckets in [&here, &there] {
        let written = buckets.engine().await.under_keys(Some(key(2)), Some(key(1)));
        let finished = clone_with(&read, &written, &source_to_destination(), &above_5_mib()).await;
        finished.is_unverified(4);
        assert_eq!(finished.taken.progress.done, 4);
        assert_eq!(buckets.read("destination", "a").await.unwrap(), b"a");
        let shown = buckets.client().head_object().bucket("destination").key("a").send().await;
        assert!(shown.is_err(), "nobody sees it without the key");
        assert_eq!(left_behind(&buckets.client()).await, 0);
    }
}

#[tokio::test]
async fn missing_customer_key_fails_objects_without_showing_keys() {
    let buckets = under_the_first_key().await;
    for wrong in [None, Some(key(9))] {
        let store = buckets.engine().await.under_keys(wrong.clone(), wrong);
        let finished = clone_with(&store, &store, &source_to_destination(), &above_5_mib()).await;
        assert_eq!(finished.taken.progress.failed, 4, "{finished:?}");
        let told = format!("{:?}", finished.taken.failures);
        assert!(!told.contains("CQkJCQkJ"), "{told}");
    }
}

/// The store says no, without naming what is missing.
#[tokio::test]
async fn refused_copy_names_the_permissions_of_options() {
    let buckets = TestBuckets::with(&["a"]).await;
    let proxy = Proxy::before(&buckets.store.url(), |request| {
        std::future::ready(if request.kind == Kind::Copy { Fate::Refuse(403, "AccessDenied") } else { Fate::Forward })
    })
    .await;
    let store = connect(proxy.url()).await;
    let fidelity = Fidelity { acl: Some(model::Acl::Private), ..kms() };
    let finished = clone_with(&store, &store, &with(fidelity), &above_5_mib()).await;
    let message = &finished.only_failure().message;
    for permission in ["s3:PutObject", "s3:PutObjectAcl", "kms:GenerateDataKey"] {
        assert!(message.contains(permission), "{message}");
    }
}
