//! Retention and legal hold: no copy carries them by itself.

use std::{
    sync::{Arc, Mutex},
    time::{Duration, SystemTime},
};

use aws_sdk_s3::{
    Client,
    primitives::{ByteStream, DateTime},
    types::{ObjectLockLegalHoldStatus, ObjectLockMode},
};
use engine::clone::check;
use model::{Fidelity, ObjectLock, Reason};

use super::moto::Moto;
use crate::{
    multipart::{MIB, above_5_mib},
    proxy::{Fate, Proxy},
    support::{TestBuckets, clone_with, connect, source_to_destination, spec, with},
};

fn locked() -> model::CloneSpec {
    model::CloneSpec { fidelity: keeping(), ..spec("kept", "locked") }
}

fn keeping() -> Fidelity {
    Fidelity { object_lock: ObjectLock::Copy, ..Fidelity::default() }
}

fn in_a_day() -> DateTime {
    let day = SystemTime::now() + Duration::from_hours(24);
    DateTime::from_secs(i64::try_from(day.duration_since(SystemTime::UNIX_EPOCH).unwrap().as_secs()).unwrap())
}

/// With buckets `kept` and `locked` that have Object Lock.
async fn moto() -> Moto {
    let moto = Moto::start().await;
    for bucket in ["kept", "locked"] {
        moto.client().create_bucket().bucket(bucket).object_lock_enabled_for_bucket(true).send().await.unwrap();
    }
    moto
}

async fn put(client: &Client, key: &str, bytes: usize) {
    let put = client.put_object().bucket("kept").key(key).body(ByteStream::from(vec![b'x'; bytes]));
    let put = put.object_lock_mode(ObjectLockMode::Governance).object_lock_retain_until_date(in_a_day());
    put.object_lock_legal_hold_status(ObjectLockLegalHoldStatus::On).send().await.unwrap();
}

/// Remembers what uploads in parts were begun with.
async fn watched(url: &str) -> (Proxy, Arc<Mutex<Vec<String>>>) {
    let begun: Arc<Mutex<Vec<String>>> = Arc::default();
    let told = Arc::clone(&begun);
    let proxy = Proxy::before(url, move |request| {
        if request.target.contains("?uploads") {
            let mode = request.headers.get("x-amz-object-lock-mode").map(|mode| mode.to_str().unwrap().to_owned());
            told.lock().unwrap().push(mode.unwrap_or_default());
        }
        std::future::ready(Fate::Forward)
    })
    .await;
    (proxy, begun)
}

/// Whole, in parts and streamed. Moto forgets the lock that an upload in parts was begun with, so that is only seen going
/// there.
#[tokio::test(flavor = "multi_thread")]
async fn retention_and_legal_hold_are_kept_on_request() {
    let (here, there) = (moto().await, moto().await);
    put(&here.client(), "small", 9).await;
    put(&here.client(), "large", 6 * MIB).await;
    here.client().put_object().bucket("kept").key("free").body(b"x".to_vec().into()).send().await.unwrap();
    let spec = locked();
    let ((one, within), (other, across)) = (watched(&here.url).await, watched(&there.url).await);
    let (near, far) = (connect(one.url()).await, connect(other.url()).await);
    for (destination, client, begun) in [(&near, here.client(), within), (&far, there.client(), across)] {
        check(&spec, &near, destination).await.unwrap();
        clone_with(&near, destination, &spec, &above_5_mib()).await.is_complete();
        let kept = here.client().head_object().bucket("kept").key("small").send().await.unwrap();
        let copy = client.head_object().bucket("locked").key("small").send().await.unwrap();
        assert_eq!(copy.object_lock_mode(), Some(&ObjectLockMode::Governance));
        assert_eq!(copy.object_lock_retain_until_date(), kept.object_lock_retain_until_date());
        assert_eq!(copy.object_lock_legal_hold_status(), Some(&ObjectLockLegalHoldStatus::On));
        let free = client.head_object().bucket("locked").key("free").send().await.unwrap();
        assert_eq!(free.object_lock_mode(), None);
        assert_eq!(*begun.lock().unwrap(), ["GOVERNANCE"]);
    }
}

#[tokio::test]
async fn destination_without_object_lock_is_refused_before_start() {
    let buckets = TestBuckets::with(&["a"]).await;
    let store = buckets.engine().await;
    let error = check(&with(keeping()), &store, &store).await.unwrap_err();
    assert_eq!(error.code(), "no_object_lock");
    assert!(error.to_string().contains("bucket destination"), "{error}");
    check(&source_to_destination(), &store, &store).await.unwrap();
}

/// A HEAD would only keep silent.
#[tokio::test]
async fn unreadable_lock_is_refused_before_start_with_permission() {
    let buckets = TestBuckets::with(&["a"]).await;
    for (query, permission) in [("?retention", "s3:GetObjectRetention"), ("?legal-hold", "s3:GetObjectLegalHold")] {
        let proxy = Proxy::before(&buckets.store.url(), move |request| {
            let settings =
                "<ObjectLockConfiguration><ObjectLockEnabled>Enabled</ObjectLockEnabled></ObjectLockConfiguration>";
            std::future::ready(match () {
                () if request.target.ends_with("?object-lock") => Fate::Answer(settings),
                () if request.target.ends_with(query) => Fate::Refuse(403, "AccessDenied"),
                () => Fate::Forward,
            })
        })
        .await;
        let store = connect(proxy.url()).await;
        let error = check(&with(keeping()), &store, &store).await.unwrap_err();
        assert!(error.to_string().contains(permission), "{error}");
    }
}

#[tokio::test]
async fn unwritable_lock_fails_its_object_with_permission() {
    let buckets = TestBuckets::with(&["a"]).await;
    let message = "User: u is not authorized to perform: s3:PutObjectRetention on resource: r";
    let proxy = Proxy::before(&buckets.store.url(), move |request| {
        let copy = request.headers.contains_key("x-amz-copy-source");
        std::future::ready(if copy { Fate::Explain(403, "AccessDenied", message) } else { Fate::Forward })
    })
    .await;
    let store = connect(proxy.url()).await;
    let finished = clone_with(&store, &store, &with(keeping()), &above_5_mib()).await;
    assert_eq!(finished.only_failure().reason, Reason::Denied);
    assert!(finished.only_failure().message.contains("the policy must allow s3:PutObjectRetention"));
}
