//! Which origins and hosts are our own.

use axum::http::{HeaderMap, HeaderName, HeaderValue};

use super::origin::{own_host, own_origin};

const PUBLIC: &str = "https://logyard.example.com/yard";

fn comes_from_us(sent: &[(&'static str, &'static str)]) -> bool {
    let headers: HeaderMap =
        sent.iter().map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_static(value))).collect();
    own_origin(&headers, Some("127.0.0.1:3000"), Some(PUBLIC)).is_ok()
}

#[test]
fn changing_request_needs_own_origin() {
    for ours in [
        &[][..],
        &[("origin", "http://127.0.0.1:3000"), ("sec-fetch-site", "same-origin")],
        &[("origin", "https://logyard.example.com")],
        &[("origin", "https://LOGYARD.example.com:443")],
        &[("sec-fetch-site", "none")],
    ] {
        assert!(comes_from_us(ours), "{ours:?}");
    }
    for theirs in [
        &[("origin", "https://evil.example")][..],
        &[("origin", "null")],
        &[("origin", "http://127.0.0.1:3001")],
        &[("origin", "https://127.0.0.1:3000")],
        &[("origin", "http://logyard.example.com")],
        &[("origin", "https://logyard.example.com.evil.example")],
        &[("sec-fetch-site", "cross-site")],
        &[("sec-fetch-site", "same-site"), ("origin", "http://127.0.0.1:3000")],
    ] {
        assert!(!comes_from_us(theirs), "{theirs:?}");
    }
}

#[test]
fn without_auth_only_loopback_names_are_answered() {
    for host in ["localhost", "LOCALHOST:3000", "127.0.0.1:3000", "127.8.9.1", "[::1]:3000", "logyard.example.com"] {
        assert!(own_host(Some(host), Some(PUBLIC)).is_ok(), "{host}");
    }
    for host in ["evil.example", "localhost.evil.example", "192.168.1.4:3000", "0.0.0.0", "127.0.0.1.evil.example"] {
        assert!(own_host(Some(host), Some(PUBLIC)).is_err(), "{host}");
    }
    assert!(own_host(None, None).is_err());
    assert!(own_host(Some("logyard.example.com"), None).is_err());
}
