//! `HTTP_PROXY`, `HTTPS_PROXY` and `NO_PROXY`, as each client of a process takes them.

use std::{path::Path, process::Command};

use embedded::Embedded;
use tempfile::TempDir;

use super::{relay, relay::ForwardProxy};
use crate::{
    alerts::webhook_tls::certificates::Certificates,
    clone::command::{clone, run, said, store},
    reprocess::kill_nine::bulk_receiver::{BulkReceiver, Manner},
    support::process::logyard,
    sync::table_pair::TablePair,
};

/// A clone at a host that only the proxy can find. The store does not check signatures of this key.
fn clone_at(url: &str, folder: &Path, more: &[&str]) -> Command {
    let mut command = clone(url, folder, more);
    command.env("AWS_ACCESS_KEY_ID", "anyone").env("AWS_SECRET_ACCESS_KEY", "anything");
    command
}

#[tokio::test(flavor = "multi_thread")]
async fn store_is_reached_by_http_proxy() {
    let (store, folder, proxy) = (store(20).await, TempDir::new().unwrap(), ForwardProxy::start().await);
    let url = format!("http://store.example:{}", store.addr().port());
    let mut command = clone_at(&url, folder.path(), &[]);
    command.env("HTTP_PROXY", format!("http://ada:hush@127.0.0.1:{}", proxy.port));
    let output = run(command).await;
    assert_eq!(output.status.code(), Some(0), "{}", said(&output));
    let heads = proxy.heads();
    assert!(
        proxy.count(&format!("GET {url}/source")) > 0 && proxy.count("PUT http://store.example") == 20,
        "{heads:?}"
    );
    for head in heads {
        assert!(head.to_ascii_lowercase().contains("proxy-authorization: basic ywrhomh1c2g="), "{head}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn https_store_is_reached_by_tunnel() {
    let (store, folder, proxy) = (store(20).await, TempDir::new().unwrap(), ForwardProxy::start().await);
    let certificates = Certificates::new();
    let port = relay::tls_front(certificates.acceptor(), store.addr().port()).await;
    let mut command = clone_at(&format!("https://peer.example:{port}"), folder.path(), &[]);
    command.env("https_proxy", proxy.url()).env("AWS_CA_BUNDLE", certificates.path("ca.pem"));
    let output = run(command).await;
    assert_eq!(output.status.code(), Some(0), "{}", said(&output));
    let tunnels = proxy.count(&format!("CONNECT peer.example:{port} "));
    assert!(tunnels > 0 && tunnels == proxy.heads().len(), "{:?}", proxy.heads());
}

#[tokio::test(flavor = "multi_thread")]
async fn loopback_and_no_proxy_are_reached_directly() {
    let (store, folder, proxy) = (store(3).await, TempDir::new().unwrap(), ForwardProxy::start().await);
    let mut command = clone(&store.url(), folder.path(), &[]);
    command.env("HTTP_PROXY", proxy.url()).env("HTTPS_PROXY", proxy.url());
    let output = run(command).await;
    assert_eq!((output.status.code(), proxy.heads().len()), (Some(0), 0), "{}", said(&output));

    let mut command = clone_at("http://store.invalid:9", folder.path(), &[]);
    command.env("HTTP_PROXY", proxy.url()).env("NO_PROXY", "other.example,.invalid");
    let output = run(command).await;
    assert_eq!((output.status.code(), proxy.heads().len()), (Some(3), 0), "{}", said(&output));
}

#[tokio::test(flavor = "multi_thread")]
async fn unusable_and_refusing_proxies_are_named() {
    let (folder, proxy) = (TempDir::new().unwrap(), ForwardProxy::start().await);
    let closed = { std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port() };
    for (value, why) in [
        (format!("http://127.0.0.1:{closed}"), format!("the proxy 127.0.0.1:{closed} (HTTPS_PROXY) cannot be reached")),
        (
            "socks5://u:hush@127.0.0.1:9".to_owned(),
            "HTTPS_PROXY is socks5://…@127.0.0.1:9; it must be http://".to_owned(),
        ),
        (
            proxy.url(),
            format!("127.0.0.1:{} (HTTPS_PROXY) does not connect to store.example:1: it answered \"502", proxy.port),
        ),
    ] {
        let mut command = clone_at("https://store.example:1", folder.path(), &[]);
        command.env("HTTPS_PROXY", &value);
        let output = run(command).await;
        assert_eq!(output.status.code(), Some(3), "{}", said(&output));
        assert!(said(&output).contains(&why) && !said(&output).contains("hush"), "{value}: {}", said(&output));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn remote_table_is_reached_by_proxy() {
    let (pair, proxy) = (TablePair::new().await, ForwardProxy::start().await);
    pair.write(&pair.config("").replace("remote = 'http://127.0.0.1:", "remote = 'http://replica.example:"));
    pair.insert(1, 101).await;
    let mut command = pair.sync(&[]);
    command.env("HTTP_PROXY", proxy.url());
    let output = run(command).await;
    assert_eq!(output.status.code(), Some(0), "{}", said(&output));
    assert!(pair.is_equal().await);
    assert!(proxy.count("POST http://replica.example:") > 0, "{:?}", proxy.heads());
}

#[tokio::test(flavor = "multi_thread")]
async fn bulk_receiver_is_reached_by_proxy() {
    let (receiver, folder, proxy) =
        (BulkReceiver::start(Manner::Good).await, TempDir::new().unwrap(), ForwardProxy::start().await);
    let store = Embedded::in_memory().await.unwrap();
    store.create_bucket("logs").unwrap();
    let record = "2026-03-09T14:00:00.000000Z shop 192.168.131.39:2817 10.0.0.1:80 0.000073 0.001048 0.000057 200 200 0 29 \
                  \"GET http://shop.example:80/1 HTTP/1.1\" \"curl/7.38.0\" - -\n";
    let key = "elb/AWSLogs/111122223333/elasticloadbalancing/us-east-1/2026/03/09/\
               111122223333_elasticloadbalancing_us-east-1_shop_20260309T1405Z_10.0.0.1_a.log";
    store.put("logs", key, record).await.unwrap();
    let mut command = logyard();
    command
        .args(["reprocess", "s3://logs/elb/", &format!("http://search.example:{}/elb-logs/_bulk", receiver.port)])
        .args(["--endpoint-url", &store.url(), "--json"])
        .current_dir(folder.path())
        .env("HOME", folder.path())
        .env("HTTP_PROXY", proxy.url())
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::piped());
    let output = run(command).await;
    assert_eq!(output.status.code(), Some(0), "{}", said(&output));
    assert_eq!(receiver.ids().len(), 1);
    assert!(proxy.count("POST http://search.example:") == 1, "{:?}", proxy.heads());
}
