//! The answer for one file: the smallest form that the client accepts, or 304 if it has that form already.

use axum::{
    body::Body,
    response::{IntoResponse, Response},
};
use bytes::Bytes;
use http::{HeaderMap, HeaderValue, StatusCode, header};

use super::File;

/// How long a browser may use its copy without a request.
#[derive(Clone, Copy, Debug)]
pub(super) enum Cached {
    ForEver,
    ForAnHour,
}

impl Cached {
    fn header(self) -> HeaderValue {
        HeaderValue::from_static(match self {
            Self::ForEver => "public, max-age=31536000, immutable",
            Self::ForAnHour => "public, max-age=3600",
        })
    }
}

pub(super) fn answer(file: File, hash: &str, cached: Cached, request: &HeaderMap) -> Response {
    let (content, encoding) = choose(file, request);
    // Each encoding has different bytes, and so a strong ETag of its own.
    let etag = encoding.map_or_else(|| format!("\"{hash}\""), |encoding| format!("\"{hash}-{encoding}\""));
    let mut response = if has(request, &etag) {
        StatusCode::NOT_MODIFIED.into_response()
    } else {
        let mut response = Response::new(Body::from(Bytes::from_static(content)));
        response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(file.content_type));
        if let Some(encoding) = encoding {
            response.headers_mut().insert(header::CONTENT_ENCODING, HeaderValue::from_static(encoding));
        }
        response
    };
    let headers = response.headers_mut();
    headers.insert(header::CACHE_CONTROL, cached.header());
    headers.insert(header::VARY, HeaderValue::from_static("accept-encoding"));
    if let Ok(etag) = HeaderValue::try_from(etag) {
        headers.insert(header::ETAG, etag);
    }
    response
}

/// The content, and the name of its encoding.
fn choose(file: File, request: &HeaderMap) -> (&'static [u8], Option<&'static str>) {
    [("br", file.brotli), ("gzip", file.gzip)]
        .into_iter()
        .find_map(|(encoding, form)| form.filter(|_| accepts(request, encoding)).map(|form| (form, Some(encoding))))
        .unwrap_or((file.plain, None))
}

/// True if `Accept-Encoding` names the encoding without `q=0`. A `*` does not count: its senders accept the plain form
/// too.
fn accepts(request: &HeaderMap, encoding: &str) -> bool {
    list(request, header::ACCEPT_ENCODING).any(|item| {
        let (name, weight) = item.split_once(';').unwrap_or((item, ""));
        let weight = weight.trim().strip_prefix("q=").map_or(Ok(1.0), str::parse);
        name.trim().eq_ignore_ascii_case(encoding) && weight.is_ok_and(|weight: f32| weight > 0.0)
    })
}

/// True if `If-None-Match` names the ETag, by weak comparison as in RFC 9110.
fn has(request: &HeaderMap, etag: &str) -> bool {
    list(request, header::IF_NONE_MATCH).any(|item| item == "*" || item.strip_prefix("W/").unwrap_or(item) == etag)
}

fn list(request: &HeaderMap, name: header::HeaderName) -> impl Iterator<Item = &str> {
    request
        .get_all(name)
        .into_iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .map(str::trim)
}
