//! `AWS_CA_BUNDLE` and a profile's `ca_bundle`.

use std::{fs, path::Path, process::Command};

use tempfile::TempDir;

use super::relay::tls_front;
use crate::{
    alerts::webhook_tls::certificates::Certificates,
    clone::command::{clone, run, said, store},
};

fn clone_at(port: u16, folder: &Path) -> Command {
    let mut command = clone(&format!("https://localhost:{port}"), folder, &[]);
    command.env("AWS_ACCESS_KEY_ID", "anyone").env("AWS_SECRET_ACCESS_KEY", "anything");
    command
}

#[tokio::test(flavor = "multi_thread")]
async fn store_is_trusted_only_with_its_bundle() {
    let (store, folder) = (store(5).await, TempDir::new().unwrap());
    let (certificates, others) = (Certificates::new(), Certificates::new());
    let port = tls_front(certificates.acceptor(), store.addr().port()).await;
    let untrusting = run(clone_at(port, folder.path())).await;
    assert_eq!(untrusting.status.code(), Some(3), "{}", said(&untrusting));
    assert!(said(&untrusting).contains("invalid peer certificate: UnknownIssuer"), "{}", said(&untrusting));

    let mut command = clone_at(port, folder.path());
    command.env("AWS_CA_BUNDLE", certificates.path("ca.pem"));
    let output = run(command).await;
    assert_eq!(output.status.code(), Some(0), "{}", said(&output));

    for (bundle, why) in
        [(others.path("ca.pem"), "invalid peer certificate"), (folder.path().join("none.pem"), "none.pem: ")]
    {
        let mut command = clone_at(port, folder.path());
        command.env("AWS_CA_BUNDLE", bundle);
        let output = run(command).await;
        assert_eq!(output.status.code(), Some(3), "{}", said(&output));
        assert!(said(&output).contains(why), "{}", said(&output));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn bundle_of_the_profile_is_trusted() {
    let (store, folder, certificates) = (store(5).await, TempDir::new().unwrap(), Certificates::new());
    let port = tls_front(certificates.acceptor(), store.addr().port()).await;
    let bundle = certificates.path("ca.pem");
    fs::create_dir(folder.path().join(".aws")).unwrap();
    let config = format!("[profile corporate]\nca_bundle = {}\n", bundle.display());
    fs::write(folder.path().join(".aws/config"), config).unwrap();
    let mut command = clone_at(port, folder.path());
    command.env("AWS_PROFILE", "corporate");
    let output = run(command).await;
    assert_eq!(output.status.code(), Some(0), "{}", said(&output));
    assert_eq!(run(clone_at(port, folder.path())).await.status.code(), Some(3));
}
