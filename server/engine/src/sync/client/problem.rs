//! Errors of a remote as sync faults, with the remote's own words and advice.

use bytes::Bytes;
use hyper::{HeaderMap, StatusCode, header};
use serde::Deserialize;

use crate::sync::SyncFault;

/// Reason why a request failed.
#[derive(Debug)]
pub enum Failure {
    /// The remote has no such resource: the URL is wrong, or the server implements less of the protocol.
    Missing(String),
    /// The remote does not accept compressed bodies.
    Compressed,
    Fault(SyncFault),
}

impl From<Failure> for SyncFault {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Missing(sentence) => Self::Refused(sentence),
            Failure::Compressed => Self::Refused("the remote does not accept this kind of body".to_owned()),
            Failure::Fault(fault) => fault,
        }
    }
}

/// The part of an `application/problem+json` body that is shown.
#[derive(Deserialize)]
struct ProblemBody {
    detail: String,
}

/// Longest error text of a remote that is passed on, in characters.
const MAX_DETAIL_CHARACTERS: usize = 500;

/// Failure for a response outside 2xx. `what` names the request, such as `GET count`.
pub fn failure(what: &str, status: StatusCode, headers: &HeaderMap, body: &Bytes) -> Failure {
    let said = problem_detail(body);
    let sentence = |advice: &str| format!("{what} was answered {status}{said}{advice}");
    let refused = |advice: &str| Failure::Fault(SyncFault::Refused(sentence(advice)));
    match status.as_u16() {
        300..=399 => {
            let to = headers.get(header::LOCATION).and_then(|to| to.to_str().ok()).map(readable).unwrap_or_default();
            refused(&format!(" to {to:?}. Redirects are not followed: set `remote` to where the table is"))
        }
        401 => refused(". Check `token` here against `tokens` at the replica"),
        403 => refused(". The token has no access to this table: check `remote` and `token`"),
        404 => Failure::Missing(sentence(". Check `remote`, and that the token is for this table")),
        405 | 501 => Failure::Missing(sentence(". This remote does not offer it")),
        415 => Failure::Compressed,
        408 | 425 | 429 | 500..=599 => {
            let after = headers.get(header::RETRY_AFTER).and_then(|after| after.to_str().ok()).map(readable);
            let after = after.map(|after| format!(". It asks to wait: Retry-After: {after}")).unwrap_or_default();
            Failure::Fault(SyncFault::Unavailable(sentence(&after)))
        }
        _ => refused(""),
    }
}

/// The detail of a problem body as `: detail`; empty for any other body.
fn problem_detail(body: &[u8]) -> String {
    let detail = serde_json::from_slice::<ProblemBody>(body).ok().map(|problem| readable(&problem.detail));
    detail.filter(|detail| !detail.is_empty()).map(|detail| format!(": {detail}")).unwrap_or_default()
}

/// Foreign text made safe to show: shortened, on one line, without control characters.
pub fn readable(text: &str) -> String {
    let line: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).take(MAX_DETAIL_CHARACTERS).collect();
    line.trim().trim_end_matches('.').to_owned()
}
