//! Refuses requests that a web page could have sent.
//!
//! The store accepts any credentials, because only this machine reaches it. But pages in a browser on this machine can
//! send requests to loopback. Refused are requests with an origin, requests that a browser marks as sent by a page, and
//! requests whose host is not a loopback name, because a page's own host name may resolve to 127.0.0.1.

use std::net::IpAddr;

use http::{HeaderMap, Request, StatusCode, header};
use s3s::HttpResponse;

/// Reason to refuse the request, if any.
pub fn refuse<B>(request: &Request<B>) -> Option<&'static str> {
    let headers = request.headers();
    if headers.contains_key(header::ORIGIN) || is_from_a_page(headers) {
        return Some("Requests of web pages are refused.");
    }
    let host = request.uri().host().or_else(|| headers.get(header::HOST)?.to_str().ok());
    match host {
        Some(host) if is_loopback(host) => None,
        _ => Some("The host must be a loopback address, or localhost."),
    }
}

fn is_from_a_page(headers: &HeaderMap) -> bool {
    headers.get_all("sec-fetch-site").iter().any(|site| site != "none")
}

/// `host` may carry a port.
fn is_loopback(host: &str) -> bool {
    let name = match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => name,
        _ => host,
    };
    let name = name.strip_prefix('[').and_then(|name| name.strip_suffix(']')).unwrap_or(name);
    name.eq_ignore_ascii_case("localhost") || name.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

pub fn forbidden(message: &'static str) -> HttpResponse {
    let body = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?><Error><Code>AccessDenied</Code><Message>{message}</Message></Error>"
    );
    let mut response = HttpResponse::new(s3s::Body::from(body));
    *response.status_mut() = StatusCode::FORBIDDEN;
    response.headers_mut().insert(header::CONTENT_TYPE, header::HeaderValue::from_static("application/xml"));
    response
}
