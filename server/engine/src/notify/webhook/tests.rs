use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
};

use super::*;

#[test]
fn url_shows_only_scheme_and_host() {
    let url: WebhookUrl = "https://hooks.example.com:8443/services/T0/secret?key=1".parse().unwrap();
    assert_eq!(url.to_string(), "https://hooks.example.com:8443");
    assert!(!format!("{url:?}").contains("secret"));
    let invalid = "ftp://user:secret@example.com/".parse::<WebhookUrl>().unwrap_err();
    assert!(!invalid.to_string().contains("secret"), "{invalid}");
}

#[tokio::test]
async fn name_resolving_to_this_machine_is_refused() {
    for url in ["http://localhost:9/", "http://127.0.0.1:9/", "http://[::1]:9/", "http://[::ffff:127.0.0.1]:9/"] {
        let webhook = Webhook::new(url.parse().unwrap(), None, false, None);
        let error = webhook.ping().await.unwrap_err();
        assert!(matches!(error, NotifyError::Private { .. }), "{url}: {error}");
    }
}

/// Calls a webhook by a proxy that gives this answer; returns the result and what the proxy read.
async fn by_proxy(url: &str, answer: &'static str) -> (Result<u16, NotifyError>, String) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let proxies = Proxies::read(|name| (name == "ALL_PROXY").then(|| format!("http://u:p@{address}")));
    let webhook = Webhook::by(proxies, url.parse().unwrap(), None, false, None);
    let proxy = async {
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            head.push(stream.read_u8().await.unwrap());
        }
        stream.write_all(answer.as_bytes()).await.unwrap();
        String::from_utf8(head).unwrap()
    };
    tokio::join!(webhook.ping(), proxy)
}

#[tokio::test]
async fn plain_webhook_is_called_by_its_proxy() {
    let (result, head) = by_proxy("http://hooks.invalid:8080/in?key=1", "HTTP/1.1 204 No Content\r\n\r\n").await;
    assert_eq!(result.unwrap(), 204);
    assert!(head.starts_with("GET http://hooks.invalid:8080/in?key=1 HTTP/1.1\r\n"), "{head}");
    assert!(
        head.contains("host: hooks.invalid:8080\r\n") && head.contains("proxy-authorization: Basic dTpw\r\n"),
        "{head}"
    );
}

#[tokio::test]
async fn secure_webhook_is_called_through_a_tunnel() {
    let (result, head) = by_proxy("https://hooks.invalid/secret", "HTTP/1.1 403 Forbidden\r\n\r\n").await;
    let error = result.unwrap_err().to_string();
    assert!(error.contains("does not connect to hooks.invalid:443: it answered \"403 Forbidden\""), "{error}");
    assert!(head.starts_with("CONNECT hooks.invalid:443 HTTP/1.1\r\n") && !head.contains("secret"), "{head}");
}
