//! The way to a receiver: a certificate of our own, a proxy, and the index of each event.

use std::sync::{Arc, Mutex};

use engine::{
    ship::sink::{Settings, Sink},
    tls::ClientCertificate,
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt, copy_bidirectional},
    net::{TcpListener, TcpStream},
};
use tokio_rustls::{
    TlsAcceptor,
    rustls::{
        RootCertStore, ServerConfig,
        crypto::ring,
        pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject},
        server::WebPkiClientVerifier,
    },
};

use super::{
    bulk_receiver::{BulkReceiver, Manner},
    certificates::{Certificates, openssl},
    events::{deliver, events, hasty, settings},
    lumberjack_receiver::{self, LumberjackReceiver},
};

/// Makes the certificate of a client, by the same authority as the server's.
fn client_certificate(of: &Certificates) -> ClientCertificate {
    let own = ClientCertificate { certificate: of.path("client.pem"), key: of.path("client.key") };
    let folder = own.key.parent().unwrap();
    openssl(folder, "req -newkey rsa:2048 -nodes -subj /CN=logyard -keyout client.key -out client.csr");
    // A certificate without extensions would be of version 1, which no verifier takes.
    std::fs::write(of.path("client.ext"), "extendedKeyUsage=clientAuth\n").unwrap();
    openssl(
        folder,
        "x509 -req -in client.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 2 -extfile client.ext -out client.pem",
    );
    own
}

/// The acceptor of a server that wants a certificate by the authority.
fn acceptor_for_clients(of: &Certificates) -> TlsAcceptor {
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_file(of.path("ca.pem")).unwrap()).unwrap();
    let provider = Arc::new(ring::default_provider());
    let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), Arc::clone(&provider)).build().unwrap();
    let chain = vec![CertificateDer::from_pem_file(of.path("server.pem")).unwrap()];
    let key = PrivateKeyDer::from_pem_file(of.path("server.key")).unwrap();
    let builder = ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
    let config = builder.with_client_cert_verifier(verifier).with_single_cert(chain, key).unwrap();
    TlsAcceptor::from(Arc::new(config))
}

#[tokio::test]
async fn client_certificate_is_shown_where_one_is_wanted() {
    let certificates = Certificates::new();
    let own = client_certificate(&certificates);
    let ca = certificates.path("ca.pem");
    let bulk = BulkReceiver::tls(acceptor_for_clients(&certificates)).await;
    let url = format!("https://localhost:{}/elb-logs/_bulk?ca={}", bulk.port, ca.display());
    let with = |url: &str| Settings { client_certificate: Some(own.clone()), ..settings(url) };
    assert_eq!(deliver(with(&url), &events(50), 50).await.whole().delivered.acknowledged, 50);
    assert_eq!(bulk.ids().len(), 50);

    let lumberjack = LumberjackReceiver::tls(acceptor_for_clients(&certificates)).await;
    let url = format!("lumberjacks://localhost:{}?ca={}", lumberjack.port, ca.display());
    assert_eq!(deliver(with(&url), &events(50), 50).await.whole().delivered.acknowledged, 50);

    let unusable = ClientCertificate { certificate: "/nowhere/client.pem".into(), ..own };
    let refused = Sink::open(Settings { client_certificate: Some(unusable), ..hasty(&url) }).await.unwrap_err();
    assert!(refused.to_string().contains("/nowhere/client.pem"), "{refused}");
}

#[tokio::test]
async fn receiver_refuses_clients_without_certificate() {
    let certificates = Certificates::new();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let (port, acceptor) = (listener.local_addr().unwrap().port(), acceptor_for_clients(&certificates));
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            assert!(acceptor.accept(stream).await.is_err(), "without a certificate");
        }
    });
    let ca = certificates.path("ca.pem");
    let url = format!("lumberjacks://localhost:{port}?ca={}", ca.display());
    match Sink::open(hasty(&url)).await {
        // With TLS 1.3 the refusal comes after our half of the handshake: the first window shows it.
        Ok(sink) => {
            let outcome = super::events::deliver_to(&sink, &events(5), 5).await;
            assert_eq!((outcome.delivered.acknowledged, outcome.undelivered.len()), (0, 5));
        }
        Err(error) => assert!(error.unreachable(), "{error}"),
    }
}

/// A forward proxy: takes `CONNECT`, and passes plain requests on as they are. Keeps their first lines.
struct ForwardProxy {
    port: u16,
    lines: Arc<Mutex<Vec<String>>>,
}

impl ForwardProxy {
    async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let proxy = Self { port: listener.local_addr().unwrap().port(), lines: Arc::default() };
        let lines = Arc::clone(&proxy.lines);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(pass(stream, Arc::clone(&lines)));
            }
        });
        proxy
    }

    fn settings(&self, url: &str) -> Settings {
        let proxy = format!("http://user:hush@127.0.0.1:{}", self.port).parse().unwrap();
        Settings { proxy: Some(proxy), ..settings(url) }
    }

    fn began(&self, with: &str) -> bool {
        self.lines.lock().unwrap().iter().any(|head| head.starts_with(with) && head.contains("Basic dXNlcjpodXNo"))
    }
}

async fn pass(mut stream: TcpStream, lines: Arc<Mutex<Vec<String>>>) -> Option<()> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await.ok()?);
    }
    let text = String::from_utf8(head.clone()).ok()?;
    let target = text.split(' ').nth(1)?.trim_start_matches("http://").split('/').next()?.to_owned();
    let port: u16 = target.rsplit_once(':')?.1.parse().ok()?;
    lines.lock().unwrap().push(text.clone());
    let mut receiver = TcpStream::connect(("127.0.0.1", port)).await.ok()?;
    if text.starts_with("CONNECT ") {
        stream.write_all(b"HTTP/1.1 200 Connection established\r\n\r\n").await.ok()?;
    } else {
        receiver.write_all(&head).await.ok()?;
    }
    copy_bidirectional(&mut stream, &mut receiver).await.ok()?;
    Some(())
}

#[tokio::test]
async fn own_proxy_leads_to_every_kind_of_sink() {
    let proxy = ForwardProxy::start().await;
    let lumberjack = LumberjackReceiver::start(lumberjack_receiver::Manner::Good).await;
    let url = format!("lumberjack://127.0.0.1:{}", lumberjack.port);
    assert_eq!(deliver(proxy.settings(&url), &events(50), 50).await.whole().delivered.acknowledged, 50);
    assert!(proxy.began(&format!("CONNECT 127.0.0.1:{} ", lumberjack.port)));

    let bulk = BulkReceiver::start(Manner::Good).await;
    assert_eq!(deliver(proxy.settings(&bulk.url()), &events(50), 50).await.whole().delivered.acknowledged, 50);
    assert!(proxy.began("POST http://127.0.0.1:"), "plain HTTP is passed on");

    let certificates = Certificates::new();
    let bulk = BulkReceiver::tls(certificates.acceptor()).await;
    let ca = certificates.path("ca.pem");
    let url = format!("https://localhost:{}/elb-logs/_bulk?ca={}", bulk.port, ca.display());
    assert_eq!(deliver(proxy.settings(&url), &events(50), 50).await.whole().delivered.acknowledged, 50);
    assert!(proxy.began(&format!("CONNECT localhost:{} ", bulk.port)));
    let shown = format!("{:?}", proxy.settings(&url));
    assert!(!shown.contains("hush"), "{shown}");
}

#[tokio::test]
async fn index_is_named_by_each_event() {
    let receiver = BulkReceiver::start(Manner::Good).await;
    let event = |number: usize, day: u32| {
        format!(
            r#"{{"format":"alb","@timestamp":"2026-03-{day:02}T00:00:00Z","line":{number},"@metadata":{{"_id":"{number:032x}"}}}}"#
        )
    };
    let events: Vec<String> = (1..=30).map(|number| event(number, if number <= 20 { 9 } else { 10 })).collect();
    let index = Some("elb-{format}-{date}".parse().unwrap());
    let of_index = || Settings { index: index.clone(), ..settings(&receiver.url()) };
    assert_eq!(deliver(of_index(), &events, 30).await.whole().delivered.acknowledged, 30);
    let expected = [("elb-alb-2026.03.09".to_owned(), 20), ("elb-alb-2026.03.10".to_owned(), 10)];
    assert_eq!(receiver.indexes(), expected.into());
    assert_eq!(deliver(of_index(), &events, 30).await.whole().delivered.duplicate, 30, "each has its index for ever");
}
