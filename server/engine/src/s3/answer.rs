//! What a store or another service of AWS answered, in its own words.
//!
//! Always: safe to show. Control characters are gone and long texts are cut, since anybody may have written them: a
//! proxy, a login page, whoever named the object.

use std::{error::Error, fmt};

use aws_sdk_s3::{
    config::http::HttpResponse,
    error::{ProvideErrorMetadata, SdkError},
};
use hyper::StatusCode;

use crate::connect::aws::words;

/// Longest message shown, in characters.
const MESSAGE: usize = 600;
/// Longest name shown: a code, a media type, the id of a request.
const NAME: usize = 100;
/// Most characters shown of a body that is not understood.
const START: usize = 120;

/// Headers with the id of a request: of S3, of AWS's other services, of Google's store.
const REQUEST_IDS: [&str; 5] =
    ["x-amz-request-id", "x-amzn-requestid", "x-amzn-request-id", "x-guploader-uploadid", "x-request-id"];

/// Codes of refusals that may pass: what was sent arrived damaged or not at all, or another request came in between.
const PASSING: [&str; 16] = [
    "BadDigest",
    "ConditionalRequestConflict",
    "ConcurrentModification",
    "IncompleteBody",
    "InternalError",
    "InternalFailure",
    "InternalServerError",
    "KMS.DependencyTimeoutException",
    "KMS.KMSInternalException",
    "KMSInternalException",
    "OperationAborted",
    "PriorRequestNotComplete",
    "RequestTimeout",
    "RequestTimeoutException",
    "XAmzContentChecksumMismatch",
    "XAmzContentSHA256Mismatch",
];

/// Codes of throttling, beside those that hold one of [`THROTTLING_WORDS`].
const THROTTLING: [&str; 6] = [
    "BandwidthLimitExceeded",
    "LimitExceededException",
    "ProvisionedThroughputExceededException",
    "RequestLimitExceeded",
    "ServiceUnavailable",
    "TransactionInProgressException",
];
const THROTTLING_WORDS: [&str; 3] = ["Throttl", "SlowDown", "TooManyRequests"];

/// An error in the store's own words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    pub status: u16,
    /// Error code; empty if the answer has none, such as one to a HEAD or one of a proxy.
    pub code: String,
    /// The store's message, or a description of the answer if it cannot be parsed.
    pub message: String,
    pub request_id: Option<String>,
}

impl Answer {
    pub(crate) fn of<E: ProvideErrorMetadata>(error: &E, response: &HttpResponse) -> Self {
        let header = |name: &str| response.headers().get(name).filter(|id| !id.is_empty());
        let id = REQUEST_IDS.into_iter().find_map(header).map(str::to_owned);
        let body = response.body().bytes().unwrap_or_default();
        // The SDK does not look for an error inside every success.
        let inside = |name| element(body, "Error").and_then(|_| element(body, name));
        let code = error.code().map(str::to_owned).or_else(|| inside("Code")).unwrap_or_default();
        let message = match error.message().map(str::to_owned).or_else(|| inside("Message")) {
            Some(message) => safe(&message, MESSAGE),
            None if !code.is_empty() => String::new(),
            None => came(header("content-type"), body),
        };
        Self {
            status: response.status().as_u16(),
            code: safe(&code, NAME),
            message,
            request_id: id.or_else(|| element(body, "RequestId")).map(|id| safe(&id, NAME)),
        }
    }

    /// The words of any error of a client of AWS: the service's own, or why there are none.
    pub(crate) fn words<E>(error: &SdkError<E, HttpResponse>) -> String
    where
        E: ProvideErrorMetadata + Error + 'static,
    {
        match error {
            SdkError::ServiceError(service) => Self::of(service.err(), service.raw()).to_string(),
            other => words(other),
        }
    }

    /// Whether the service asks for fewer requests.
    pub(crate) fn throttles(&self) -> bool {
        let code = self.code.as_str();
        matches!(self.status, 429 | 503 | 509)
            || THROTTLING.contains(&code)
            || THROTTLING_WORDS.iter().any(|word| code.contains(word))
    }

    /// Whether the same request may succeed later.
    pub(crate) fn passes(&self) -> bool {
        match self.status {
            // 501 is "never", and 507 lasts until somebody makes room.
            501 | 505 | 507 => false,
            // 200 with an error inside is a failure that came late, whatever it is called.
            ..300 | 408 | 425 | 500.. => true,
            _ => self.throttles() || PASSING.contains(&self.code.as_str()),
        }
    }

    /// Whether the service says that the time of the request is wrong.
    pub(crate) fn denies_the_time(&self) -> bool {
        let message = self.message.to_ascii_lowercase();
        matches!(self.code.as_str(), "RequestTimeTooSkewed" | "RequestExpired" | "RequestInTheFuture")
            || ["signature expired", "signature not yet current", "request has expired", "date is too old"]
                .iter()
                .any(|words| message.contains(words))
    }
}

impl fmt::Display for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.status)?;
        let reason = StatusCode::from_u16(self.status).ok().and_then(|status| status.canonical_reason());
        if let Some(name) = Some(self.code.as_str()).filter(|code| !code.is_empty()).or(reason) {
            write!(f, " {name}")?;
        }
        if !self.message.is_empty() {
            write!(f, ": {}", self.message)?;
        }
        self.request_id.as_ref().map_or(Ok(()), |id| write!(f, " (request {id})"))
    }
}

/// Describes an answer that is not S3's: `text/html, 312 bytes, "<html><head>…"`.
pub(super) fn came(media_type: Option<&str>, body: &[u8]) -> String {
    if body.is_empty() {
        return String::new();
    }
    let media_type = media_type.map_or_else(|| "no content type".to_owned(), |text| safe(text, NAME));
    // A character has at most four bytes; the last may be cut.
    let start = String::from_utf8_lossy(&body[..body.len().min(4 * START)]);
    let start = safe(start.trim_end_matches(char::REPLACEMENT_CHARACTER), START);
    let cut = if body.len() > 4 * START && !start.ends_with('…') { "…" } else { "" };
    format!("{media_type}, {} bytes, \"{start}{cut}\"", body.len())
}

/// The text of the first element of this name.
pub(super) fn element(body: &[u8], name: &str) -> Option<String> {
    let text = str::from_utf8(body).ok()?;
    let (_, rest) = text.split_once(&format!("<{name}>"))?;
    let (value, _) = rest.split_once("</")?;
    Some(value.trim().to_owned()).filter(|value| !value.is_empty())
}

/// Makes a text safe to show: one line, no control characters, no change of writing direction, at most `most` characters.
pub(super) fn safe(text: &str, most: usize) -> String {
    let harmless = |c: char| {
        !c.is_control() && !matches!(c, '\u{200e}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    };
    let clean: String = text.chars().map(|c| if harmless(c) { c } else { ' ' }).collect();
    let words: Vec<&str> = clean.split_whitespace().collect();
    let line = words.join(" ");
    match line.char_indices().nth(most) {
        Some((end, _)) => format!("{}…", &line[..end]),
        None => line,
    }
}

pub(crate) fn innermost(error: &(dyn Error + 'static)) -> String {
    std::iter::successors(Some(error), |&error| error.source()).last().map(ToString::to_string).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(status: u16, code: &str) -> Answer {
        Answer { status, code: code.to_owned(), message: String::new(), request_id: None }
    }

    #[test]
    fn passing_refusals_are_told_from_lasting() {
        let passing = [
            (200, "Odd"),
            (408, ""),
            (409, "OperationAborted"),
            (409, "ConditionalRequestConflict"),
            (400, "BadDigest"),
            (400, "IncompleteBody"),
            (400, "XAmzContentSHA256Mismatch"),
            (400, "RequestThrottled"),
            (400, "ThrottlingException"),
            (400, "KMS.ThrottlingException"),
            (400, "RequestTimeout"),
            (425, ""),
            (500, "InternalError"),
            (520, ""),
        ];
        for (status, code) in passing {
            assert!(answer(status, code).passes(), "{status} {code}");
        }
        for (status, code) in
            [(400, "InvalidArgument"), (403, "AccessDenied"), (409, "BucketNotEmpty"), (501, "x"), (507, "x")]
        {
            assert!(!answer(status, code).passes(), "{status} {code}");
        }
    }

    #[test]
    fn words_of_an_answer_are_one_safe_line() {
        assert_eq!(safe("a\r\n\u{1b}[31mb \u{202e}c", 90), "a [31mb c");
        assert_eq!(safe(&"é".repeat(9), 4), "éééé…");
        assert_eq!(answer(403, "").to_string(), "403 Forbidden");
        let page = "<html>\n<head>".to_owned() + &"x".repeat(900);
        let shown = came(Some("text/html"), page.as_bytes());
        assert!(shown.starts_with("text/html, 913 bytes, \"<html> <head>xxx") && shown.ends_with("x…\""), "{shown}");
        assert_eq!(came(None, b"no"), "no content type, 2 bytes, \"no\"");
    }

    #[test]
    fn elements_are_found_in_the_body() {
        let body = b"<Error><Code>x</Code><Region> eu-west-1 </Region><Endpoint></Endpoint></Error>";
        assert_eq!(element(body, "Region").as_deref(), Some("eu-west-1"));
        assert_eq!(element(body, "Endpoint"), None);
    }
}
