//! Copies under keys: of the store, of a key service, of the customer's own.

use engine::s3::{CustomerKey, S3Client};
use model::{Encryption, Fidelity, Mode, Reason};

use super::{full, multipart};
use crate::{
    multipart::{above_5_mib, left_behind},
    proxy::{Fate, Kind, Proxy},
    yard::{Yard, buckets, clone_with, connect, with},
};

fn kms() -> Fidelity {
    Fidelity { encryption: Encryption::read("aws:kms", "alias/logs").unwrap(), ..Fidelity::default() }
}

async fn filled() -> Yard {
    let yard = Yard::with(&["a", "b"]).await;
    yard.store.put_content("source", "full", &full("full")).await.unwrap();
    multipart(&yard.client(), "source", "parts").await;
    yard
}

/// Algorithm and key of every object at the destination.
async fn keys_at(yard: &Yard) -> Vec<(Option<String>, Option<String>)> {
    let mut keys = Vec::new();
    for key in yard.keys("destination").await {
        let head = yard.client().head_object().bucket("destination").key(key).send().await.unwrap();
        keys.push((head.server_side_encryption().map(|how| how.as_str().to_owned()), head.ssekms_key_id));
    }
    keys
}

/// Whole, in parts and streamed. Their ETags are none that could be compared, and yet all is proven.
#[tokio::test]
async fn copies_are_encrypted_as_asked_and_proven_by_what_became_of_them() {
    let (here, there) = (filled().await, Yard::new().await);
    for destination in [&here, &there] {
        let (near, far) = (here.engine().await, destination.engine().await);
        let came = clone_with(&near, &far, &with(kms()), &above_5_mib()).await;
        came.is_equal();
        assert_eq!((came.comparison().equal_by_record, came.comparison().equal_by_size), (4, 0));
        let key = (Some("aws:kms".to_owned()), Some("alias/logs".to_owned()));
        assert_eq!(keys_at(destination).await, vec![key; 4]);
    }
}

/// No checksum, no record of another run: what cannot be proven is copied again, and never called equal.
#[tokio::test]
async fn a_copy_under_a_key_is_not_proven_by_its_size() {
    let yard = Yard::with(&["a"]).await;
    let store = yard.engine().await;
    clone_with(&store, &store, &with(kms()), &above_5_mib()).await.is_equal();
    let verified = yard.clone(&model::CloneSpec { mode: Mode::Verify, ..with(kms()) }).await;
    assert_eq!((verified.comparison().unproven, verified.comparison().equal), (1, false));
    assert_eq!(verified.only_failure().reason, Reason::Unproven);
    let again = yard.clone(&with(kms())).await;
    again.is_equal();
    assert_eq!(again.taken.progress.done, 1);
}

/// Checksums of the same kind outlast the run.
#[tokio::test]
async fn a_copy_under_a_key_is_proven_by_its_checksum() {
    let yard = Yard::new().await;
    yard.client().put_object().bucket("source").key("a").body(b"checked".to_vec().into()).send().await.unwrap();
    yard.clone(&with(kms())).await.is_equal();
    let again = yard.clone(&with(kms())).await;
    again.is_equal();
    assert_eq!((again.taken.progress.done, again.comparison().equal_by_etag, yard.copies()), (0, 1, 1));
}

#[tokio::test]
async fn without_asking_the_destinations_default_holds() {
    let yard = filled().await;
    yard.clone(&buckets()).await.is_equal();
    assert_eq!(keys_at(&yard).await, vec![(None, None); 4]);
}

fn key(byte: u8) -> CustomerKey {
    CustomerKey::read(&[byte; 32]).unwrap()
}

/// The source of the yard under the first key, by cloning it there from another.
async fn under_the_first_key() -> Yard {
    let (plain, secret) = (filled().await, Yard::new().await);
    secret.store.create_bucket("plain").unwrap();
    let into = model::CloneSpec { destination: buckets().source, ..buckets() };
    let far = secret.engine().await.under_keys(Some(key(1)), None);
    clone_with(&plain.engine().await, &far, &into, &above_5_mib()).await.is_equal();
    secret
}

#[tokio::test]
async fn objects_under_a_customers_key_are_cloned_to_another_key() {
    let (here, there) = (under_the_first_key().await, Yard::new().await);
    let read: S3Client = here.engine().await.under_keys(Some(key(1)), None);
    for yard in [&here, &there] {
        let written = yard.engine().await.under_keys(Some(key(2)), Some(key(1)));
        let came = clone_with(&read, &written, &buckets(), &above_5_mib()).await;
        came.is_equal();
        assert_eq!(came.taken.progress.done, 4);
        assert_eq!(yard.read("destination", "a").await.unwrap(), b"a");
        let shown = yard.client().head_object().bucket("destination").key("a").send().await;
        assert!(shown.is_err(), "nobody sees it without the key");
        assert_eq!(left_behind(&yard.client()).await, 0);
    }
}

#[tokio::test]
async fn without_the_key_each_object_is_reported_and_no_key_is_told() {
    let yard = under_the_first_key().await;
    for wrong in [None, Some(key(9))] {
        let store = yard.engine().await.under_keys(wrong.clone(), wrong);
        let came = clone_with(&store, &store, &buckets(), &above_5_mib()).await;
        assert_eq!(came.taken.progress.failed, 4, "{came:?}");
        let told = format!("{:?}", came.taken.failures);
        assert!(!told.contains("CQkJCQkJ"), "{told}");
    }
}

/// The store says no, without naming what is missing.
#[tokio::test]
async fn a_refused_copy_names_what_its_options_take() {
    let yard = Yard::with(&["a"]).await;
    let proxy = Proxy::before(&yard.store.url(), |request| {
        std::future::ready(if request.kind == Kind::Copy { Fate::Refuse(403, "AccessDenied") } else { Fate::Forward })
    })
    .await;
    let store = connect(proxy.url()).await;
    let fidelity = Fidelity { acl: Some(model::Acl::Private), ..kms() };
    let came = clone_with(&store, &store, &with(fidelity), &above_5_mib()).await;
    let message = &came.only_failure().message;
    for permission in ["s3:PutObject", "s3:PutObjectAcl", "kms:GenerateDataKey"] {
        assert!(message.contains(permission), "{message}");
    }
}
