//! What a remote says when it does not answer, as a fault that tells people what to do.

use bytes::Bytes;
use hyper::{HeaderMap, StatusCode, header};
use serde::Deserialize;

use crate::sync::SyncFault;

/// Why a request has no answer.
#[derive(Debug)]
pub enum Failure {
    /// There is no such thing at the remote: another URL, or a server that does less. The sentence says so.
    Missing(String),
    /// It does not read compressed bodies.
    Compressed,
    Fault(SyncFault),
}

impl From<Failure> for SyncFault {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Missing(sentence) => Self::Refused(sentence),
            Failure::Compressed => Self::Refused("the remote does not take this kind of body".to_owned()),
            Failure::Fault(fault) => fault,
        }
    }
}

/// Of `application/problem+json`.
#[derive(Deserialize)]
struct ProblemBody {
    detail: String,
}

/// Characters of what a remote says that are passed on.
const SAID: usize = 500;

/// Of an answer other than 2xx. `what` was asked, such as `GET count`.
pub fn failure(what: &str, status: StatusCode, headers: &HeaderMap, body: &Bytes) -> Failure {
    let said = said(body);
    let sentence = |advice: &str| format!("{what} was answered {status}{said}{advice}");
    let refused = |advice: &str| Failure::Fault(SyncFault::Refused(sentence(advice)));
    match status.as_u16() {
        300..=399 => {
            let to = headers.get(header::LOCATION).and_then(|to| to.to_str().ok()).map(readable).unwrap_or_default();
            refused(&format!(" to {to:?}. Redirects are not followed: set `remote` to where the table is"))
        }
        401 => refused(". Check `token` here against `tokens` at the replica"),
        403 => refused(". The token does not open this table: check `remote` and `token`"),
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

/// What the problem says, if it is one; other bodies are of no use to anyone.
fn said(body: &[u8]) -> String {
    let detail = serde_json::from_slice::<ProblemBody>(body).ok().map(|problem| readable(&problem.detail));
    detail.filter(|detail| !detail.is_empty()).map(|detail| format!(": {detail}")).unwrap_or_default()
}

/// A text from elsewhere, cut, on one line, and without what could command a terminal.
pub fn readable(text: &str) -> String {
    let line: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).take(SAID).collect();
    line.trim().trim_end_matches('.').to_owned()
}
