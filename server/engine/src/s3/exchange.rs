//! What classification needs to know of a request, and what some answers say of the way there.
//!
//! The SDK forgets a request once it is sent. So its time, region and address are noted just before, and put beside the
//! answer. Here, too, objects are asked for as they are stored, and recognised if something on the way has decompressed or
//! compressed them.

use std::{
    sync::atomic::{AtomicBool, Ordering::Relaxed},
    time::SystemTime,
};

use aws_sdk_s3::{
    config::{ConfigBag, Intercept, RuntimeComponents, http::HttpResponse},
    primitives::{DateTime, DateTimeFormat},
};
use aws_smithy_runtime_api::{
    box_error::BoxError,
    client::{
        interceptors::context::{BeforeDeserializationInterceptorContextMut, BeforeTransmitInterceptorContextMut},
        orchestrator::Metadata,
    },
};
use aws_smithy_types::config_bag::{Storable, StoreReplace};
use jiff::{civil, tz::TimeZone};
use url::Url;

/// Difference of two clocks above which a refusal may be about time, in seconds. Services allow 5 or 15 minutes.
const SKEW: i64 = 4 * 60;

/// A request as it was sent.
#[derive(Clone, Debug)]
pub(super) struct Sent {
    /// Time of the signature, in seconds since 1970; `None`: it was not signed.
    at: Option<i64>,
    /// Region of the signature.
    pub region: Option<String>,
    pub url: Option<Url>,
    /// Whether compressed objects were asked for.
    gzip: bool,
}

impl Storable for Sent {
    type Storer = StoreReplace<Self>;
}

impl Sent {
    /// The request that this is the answer to.
    pub fn before(response: &HttpResponse) -> Option<&Self> {
        response.extension()
    }

    /// Seconds by which the store's clock is ahead of the time of the signature, if that may be why it refuses.
    pub fn skew(&self, response: &HttpResponse) -> Option<i64> {
        let skew = date(response)? - self.at?;
        (skew.abs() > SKEW).then_some(skew)
    }
}

/// Seconds by which the store's clock is ahead of this machine's.
pub(super) fn ahead(response: &HttpResponse) -> Option<i64> {
    let here = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).ok()?;
    Some(date(response)? - i64::try_from(here.as_secs()).ok()?)
}

fn date(response: &HttpResponse) -> Option<i64> {
    let date = response.headers().get("date")?;
    DateTime::from_str(date, DateTimeFormat::HttpDate).ok().map(|date| date.secs())
}

/// The object came without its length.
#[derive(Debug, thiserror::Error)]
#[error(
    "the object comes without its length, so it is not as it is stored: something on the way has decompressed or \
     compressed it ({how})"
)]
pub(super) struct Transcoded {
    how: String,
}

/// Notes each request. One for a store and all clients made of it.
#[derive(Debug, Default)]
pub(super) struct Exchange {
    /// Whether the store decompresses objects unless it is asked for compressed ones, as Google's does.
    gzip: AtomicBool,
}

impl Intercept for Exchange {
    fn name(&self) -> &'static str {
        "Exchange"
    }

    /// After the signature, which must not cover the header: some stores change it before they check.
    fn modify_before_transmit(
        &self,
        context: &mut BeforeTransmitInterceptorContextMut<'_>,
        _: &RuntimeComponents,
        bag: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let gzip = self.gzip.load(Relaxed) && reads_an_object(bag);
        let request = context.request_mut();
        request.headers_mut().insert("accept-encoding", if gzip { "gzip" } else { "identity" });
        let sent = Sent {
            at: request.headers().get("x-amz-date").and_then(signed_at),
            region: request.headers().get("authorization").and_then(signed_for),
            url: Url::parse(request.uri()).ok(),
            gzip,
        };
        bag.interceptor_state().store_put(sent);
        Ok(())
    }

    fn modify_before_deserialization(
        &self,
        context: &mut BeforeDeserializationInterceptorContextMut<'_>,
        _: &RuntimeComponents,
        bag: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let Some(sent) = bag.load::<Sent>().cloned() else { return Ok(()) };
        let response = context.response_mut();
        if response.status().is_success() && is_transcoded(bag, response) {
            self.gzip.store(!sent.gzip, Relaxed);
            return Err(Transcoded { how: how(response) }.into());
        }
        response.add_extension(sent);
        Ok(())
    }
}

fn reads_an_object(bag: &ConfigBag) -> bool {
    matches!(bag.load::<Metadata>().map(Metadata::name), Some("GetObject" | "HeadObject"))
}

/// A HEAD without a length need not be one of an object that comes without it.
fn is_transcoded(bag: &ConfigBag, response: &HttpResponse) -> bool {
    let has = |name: &str| response.headers().get(name).is_some();
    let head = bag.load::<Metadata>().is_some_and(|operation| operation.name() == "HeadObject");
    let told = has("x-goog-stored-content-encoding") || has("content-encoding");
    reads_an_object(bag) && !has("content-length") && (!head || told)
}

fn how(response: &HttpResponse) -> String {
    let headers =
        ["content-encoding", "x-goog-stored-content-encoding", "transfer-encoding", "warning", "via", "server"];
    let told = headers.iter().filter_map(|name| Some((name, response.headers().get(*name)?)));
    let told: Vec<String> = told.map(|(name, value)| format!("{name}: {}", super::answer::safe(value, 80))).collect();
    if told.is_empty() { "no header says what".to_owned() } else { told.join(", ") }
}

/// The seconds of `20261130T081500Z`.
fn signed_at(text: &str) -> Option<i64> {
    let at = civil::DateTime::strptime("%Y%m%dT%H%M%SZ", text).ok()?;
    Some(at.to_zoned(TimeZone::UTC).ok()?.timestamp().as_second())
}

/// The region of `AWS4-HMAC-SHA256 Credential=key/20261130/eu-west-1/s3/aws4_request, …`.
fn signed_for(authorization: &str) -> Option<String> {
    let (_, scope) = authorization.split_once("Credential=")?;
    let scope = scope.split(',').next()?;
    scope.rsplit('/').nth(2).map(str::to_owned)
}

/// How far a store's clock is ahead of this machine's, in words.
pub(super) fn clocks(ahead: i64) -> String {
    let direction = if ahead < 0 { "behind" } else { "ahead of" };
    match ahead.unsigned_abs() {
        seconds @ ..120 => format!(", though the store's clock is only {seconds} s {direction} this machine's"),
        seconds => format!(": the store's clock is {} min {direction} this machine's", seconds / 60),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clocks_are_compared_in_words() {
        assert_eq!(clocks(-3_700), ": the store's clock is 61 min behind this machine's");
        assert_eq!(clocks(1), ", though the store's clock is only 1 s ahead of this machine's");
    }

    #[test]
    fn time_and_region_are_read_from_the_signature() {
        assert_eq!(signed_at("19700102T000001Z"), Some(86_401));
        assert_eq!(signed_at("yesterday"), None);
        let authorization = "AWS4-HMAC-SHA256 Credential=a/key/20261130/eu-west-1/s3/aws4_request, SignedHeaders=host";
        assert_eq!(signed_for(authorization).as_deref(), Some("eu-west-1"));
        assert_eq!(signed_for("Bearer x"), None);
    }
}
