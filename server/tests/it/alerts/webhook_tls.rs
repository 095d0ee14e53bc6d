//! Webhooks over HTTPS: a receiver without a trusted certificate receives nothing.

use std::path::PathBuf;

use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::{Request, Response, body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::TokioIo;
use logyard::config::{Format, Webhook};
use serde_json::{Value, json};
use tokio::{
    net::TcpListener,
    sync::mpsc::{UnboundedReceiver, unbounded_channel},
};

use self::certificates::Certificates;
use crate::support::server::TestServer;

#[path = "../../../engine/tests/ship/sinks/certificates.rs"]
pub mod certificates;

/// Starts a receiver with a certificate for `localhost`; returns its port and the bodies it receives.
async fn listen(certificates: &Certificates) -> (u16, UnboundedReceiver<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let (acceptor, (told, heard)) = (certificates.acceptor(), unbounded_channel());
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let (acceptor, told) = (acceptor.clone(), told.clone());
            tokio::spawn(async move {
                // Who does not trust it hangs up in the middle of the handshake.
                let Ok(stream) = acceptor.accept(stream).await else { return };
                let service = service_fn(move |request: Request<Incoming>| {
                    let told = told.clone();
                    async move {
                        let body = request.into_body().collect().await?.to_bytes();
                        told.send(String::from_utf8(body.into()).unwrap()).unwrap();
                        Ok::<_, hyper::Error>(Response::new(Full::new(Bytes::new())))
                    }
                });
                let _ = http1::Builder::new().serve_connection(TokioIo::new(stream), service).await;
            });
        }
    });
    (port, heard)
}

#[tokio::test(flavor = "multi_thread")]
async fn https_webhook_requires_a_trusted_certificate() {
    let (certificates, others) = (Certificates::new(), Certificates::new());
    let (port, mut heard) = listen(&certificates).await;
    let webhook = |name: &str, host: &str, ca: Option<PathBuf>| Webhook {
        name: name.to_owned(),
        url: format!("https://{host}:{port}/hooks/secret-path").parse().unwrap(),
        format: Format::Json,
        secret: None,
        allow_private: true,
        ca,
    };
    let webhooks = vec![
        webhook("self-signed", "localhost", None),
        webhook("of-another", "localhost", Some(others.path("ca.pem"))),
        webhook("by-another-name", "127.0.0.1", Some(certificates.path("ca.pem"))),
        webhook("without-a-file", "localhost", Some("/nowhere/ca.pem".into())),
        webhook("known", "localhost", Some(certificates.path("ca.pem"))),
    ];
    let server = TestServer::with(|config| config.alerts.webhooks = webhooks).await;
    for (name, why) in [
        ("self-signed", "localhost"),
        ("of-another", "invalid peer certificate"),
        ("by-another-name", "not valid for name"),
        ("without-a-file", "/nowhere/ca.pem"),
    ] {
        let notice: Value =
            server.post(&format!("/api/v1/webhooks/{name}/test"), &json!({})).await.json().await.unwrap();
        let error = notice["error"].as_str().unwrap();
        assert!(error.contains("is not trusted, nothing was sent") && error.contains(why), "{name}: {error}");
        assert!(error.contains("set ca to its authority's file") && !error.contains("secret-path"), "{name}: {error}");
        assert_eq!(notice["status"], Value::Null, "{name}");
    }
    let notice: Value = server.post("/api/v1/webhooks/known/test", &json!({})).await.json().await.unwrap();
    assert_eq!((&notice["status"], &notice["error"]), (&json!(200), &Value::Null));
    let message: Value = serde_json::from_str(&heard.recv().await.unwrap()).unwrap();
    assert_eq!(message["what"], "test");
    assert!(heard.try_recv().is_err(), "nobody else got so far");
}
