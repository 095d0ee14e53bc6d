//! Conversion between the storage's description of an object and S3's.

use std::{collections::BTreeMap, time::SystemTime};

use http::{HeaderMap, HeaderName, HeaderValue};
use s3s::{
    S3Result,
    dto::{self, Owner, Timestamp, TimestampFormat},
    s3_error,
};

use crate::storage::{ETag, Millis};

/// Storage classes of AWS; others are refused.
const STORAGE_CLASSES: [&str; 8] = [
    "STANDARD",
    "STANDARD_IA",
    "ONEZONE_IA",
    "INTELLIGENT_TIERING",
    "GLACIER_IR",
    "GLACIER",
    "DEEP_ARCHIVE",
    "REDUCED_REDUNDANCY",
];

pub const STANDARD: &str = "STANDARD";

pub fn timestamp(millis: Millis) -> Timestamp {
    Timestamp::from(SystemTime::from(millis))
}

pub fn etag(etag: ETag) -> dto::ETag {
    dto::ETag::Strong(etag.to_string())
}

pub fn owner() -> Owner {
    Owner { display_name: Some("logyard".to_owned()), id: Some("logyard".to_owned()) }
}

/// Storage class for an answer; `None` is `STANDARD`.
pub fn storage_class(given: Option<&dto::StorageClass>) -> S3Result<Option<String>> {
    match given.map(dto::StorageClass::as_str) {
        None | Some(STANDARD) => Ok(None),
        Some(class) if STORAGE_CLASSES.contains(&class) => Ok(Some(class.to_owned())),
        Some(class) => Err(s3_error!(InvalidStorageClass, "There is no storage class {class}.")),
    }
}

/// A date as HTTP writes it.
pub fn http_date(date: &Timestamp) -> Option<String> {
    let mut text = Vec::new();
    date.format(TimestampFormat::HttpDate, &mut text).ok()?;
    String::from_utf8(text).ok()
}

pub fn parse_http_date(text: &str) -> Option<Timestamp> {
    Timestamp::parse(TimestampFormat::HttpDate, text).ok()
}

/// Content encoding without `aws-chunked`, which concerns the transfer and was decoded.
pub fn content_encoding(given: Option<String>) -> Option<String> {
    let given = given?;
    if !given.to_ascii_lowercase().contains("aws-chunked") {
        return Some(given);
    }
    let kept: Vec<_> =
        given.split(',').map(str::trim).filter(|coding| !coding.eq_ignore_ascii_case("aws-chunked")).collect();
    (!kept.is_empty()).then(|| kept.join(","))
}

/// `x-amz-meta-*` headers unchanged. s3s decodes encoded words (RFC 2047) and would write them differently, or not at
/// all, in an answer; AWS returns ASCII unchanged.
pub fn metadata(headers: &HeaderMap) -> BTreeMap<String, String> {
    let entry = |(name, value): (&HeaderName, &HeaderValue)| {
        let name = name.as_str().strip_prefix("x-amz-meta-").filter(|name| !name.is_empty())?;
        Some((name.to_owned(), str::from_utf8(value.as_bytes()).ok()?.to_owned()))
    };
    headers.iter().filter_map(entry).collect()
}

/// Content description from any of the three inputs that have it, and from the request headers.
macro_rules! headers {
    ($input:expr, $headers:expr) => {
        $crate::storage::Headers {
            content_type: Some($input.content_type.take().unwrap_or_else(|| "binary/octet-stream".to_owned())),
            cache_control: $input.cache_control.take(),
            content_disposition: $input.content_disposition.take(),
            content_encoding: $crate::service::describe::content_encoding($input.content_encoding.take()),
            content_language: $input.content_language.take(),
            expires: $input.expires.as_ref().and_then($crate::service::describe::http_date),
            website_redirect: $input.website_redirect_location.take(),
            metadata: $crate::service::describe::metadata($headers),
        }
    };
}
pub(super) use headers;
