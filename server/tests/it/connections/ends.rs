//! Two ends with credentials of their own, one of them with none.

use std::{
    fs,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::Relaxed},
    },
};

use tempfile::TempDir;

use super::renewal::proxy::{Fate, Proxy};
use crate::clone::command::{clone, copies, run, said, store};

/// A store that accepts one key only; `None`: only requests without a signature. Returns it and the number of requests.
async fn accepting(url: &str, key: Option<&'static str>) -> (Proxy, Arc<AtomicUsize>) {
    let requests = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&requests);
    let front = Proxy::before(url, move |seen| {
        count.fetch_add(1, Relaxed);
        let signed = seen.headers.get("authorization").map(|value| value.to_str().unwrap().to_owned());
        let accepted = match (key, signed) {
            (Some(key), Some(signed)) => signed.contains(&format!("Credential={key}/")),
            (None, None) => true,
            _ => false,
        };
        async move { if accepted { Fate::Forward } else { Fate::Refuse(403, "InvalidAccessKeyId") } }
    });
    (front.await, requests)
}

#[tokio::test(flavor = "multi_thread")]
async fn each_end_signs_with_its_own_profile() {
    let (store, folder) = (store(12).await, TempDir::new().unwrap());
    let (from, _) = accepting(&store.url(), Some("reader")).await;
    let (to, _) = accepting(&store.url(), Some("writer")).await;
    fs::create_dir(folder.path().join(".aws")).unwrap();
    let profile = |name: &str| format!("[{name}]\naws_access_key_id = {name}\naws_secret_access_key = x\n");
    fs::write(folder.path().join(".aws/credentials"), profile("reader") + &profile("writer")).unwrap();
    let options =
        ["--source-profile", "reader", "--destination-profile", "writer", "--destination-endpoint-url", to.url()];
    let mut command = clone(from.url(), folder.path(), &options);
    // A profile that is named goes before the environment.
    command.env("AWS_ACCESS_KEY_ID", "neither").env("AWS_SECRET_ACCESS_KEY", "x");
    let output = run(command).await;
    assert_eq!(output.status.code(), Some(0), "{}", said(&output));
    assert_eq!((copies(&store), store.requests()["PutObject"]), (0, 12), "streamed, as neither may do both");
}

#[tokio::test(flavor = "multi_thread")]
async fn public_source_is_read_without_signature() {
    let (store, folder) = (store(12).await, TempDir::new().unwrap());
    let (from, requests) = accepting(&store.url(), None).await;
    let options = ["--source-no-sign-request", "--destination-endpoint-url", &store.url()];
    let mut command = clone(from.url(), folder.path(), &options);
    command.env("AWS_ACCESS_KEY_ID", embedded::ACCESS_KEY).env("AWS_SECRET_ACCESS_KEY", embedded::SECRET_KEY);
    let output = run(command).await;
    assert_eq!(output.status.code(), Some(0), "{}", said(&output));
    assert!(requests.load(Relaxed) > 12);
}
