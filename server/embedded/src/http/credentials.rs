//! Accepts any credentials: unknown ones are removed before s3s sees them.
//!
//! A signature with the known key is checked. One with another key cannot be checked, because its secret is unknown;
//! the request is treated as unsigned, since the store serves every client on loopback anyway.

use http::{Request, Uri, header};
use percent_encoding::percent_decode_str;

use crate::ACCESS_KEY;

/// Whether the request has a signature that s3s can check.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Signature {
    Known,
    None,
}

/// Query parameters that make a presigned URL, in version 4 and version 2 of the signature.
const PRESIGNED: [&str; 10] = [
    "x-amz-algorithm",
    "x-amz-credential",
    "x-amz-date",
    "x-amz-expires",
    "x-amz-signedheaders",
    "x-amz-signature",
    "x-amz-security-token",
    "awsaccesskeyid",
    "signature",
    "expires",
];

pub fn strip_foreign<B>(request: &mut Request<B>) -> Signature {
    if let Some(authorization) = request.headers().get(header::AUTHORIZATION) {
        if authorization.to_str().ok().and_then(key_of_header) == Some(ACCESS_KEY) {
            return Signature::Known;
        }
        request.headers_mut().remove(header::AUTHORIZATION);
        return Signature::None;
    }
    match request.uri().query().and_then(key_of_query) {
        Some(key) if key == ACCESS_KEY => Signature::Known,
        Some(_) => {
            if let Some(uri) = without_signature(request.uri()) {
                *request.uri_mut() = uri;
            }
            Signature::None
        }
        None => Signature::None,
    }
}

/// `AWS4-HMAC-SHA256 Credential=KEY/DATE/…, …`, or `AWS KEY:SIGNATURE`.
fn key_of_header(authorization: &str) -> Option<&str> {
    if let Some(rest) = authorization.strip_prefix("AWS ") {
        return Some(rest.split_once(':')?.0.trim());
    }
    let (_, credential) = authorization.split_once("Credential=")?;
    Some(credential.split_once('/')?.0)
}

fn key_of_query(query: &str) -> Option<String> {
    let parameters = || query.split('&').filter_map(|parameter| parameter.split_once('='));
    let value = |wanted: &str| parameters().find(|(name, _)| name.eq_ignore_ascii_case(wanted)).map(|(_, value)| value);
    let credential = value("x-amz-credential").or_else(|| value("awsaccesskeyid"))?;
    let credential = percent_decode_str(credential).decode_utf8_lossy();
    Some(credential.split('/').next()?.to_owned())
}

fn without_signature(uri: &Uri) -> Option<Uri> {
    let kept: Vec<_> = uri.query()?.split('&').filter(|parameter| !is_of_signature(parameter)).collect();
    let path = if kept.is_empty() { uri.path().to_owned() } else { format!("{}?{}", uri.path(), kept.join("&")) };
    let mut parts = uri.clone().into_parts();
    parts.path_and_query = Some(path.parse().ok()?);
    Uri::from_parts(parts).ok()
}

fn is_of_signature(parameter: &str) -> bool {
    let name = parameter.split('=').next().unwrap_or_default();
    PRESIGNED.iter().any(|presigned| name.eq_ignore_ascii_case(presigned))
}
