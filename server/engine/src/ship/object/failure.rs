//! Builds the failure of an object for the job's list of failures.

use model::{Failure, Key, Reason, Summary};

use crate::{clock::now, s3::Failed};

/// The failure of an object; `None` if it was read to its end, every record parsed or (not in a dry run) quarantined, and
/// no event given up. If several things failed, the one that keeps most events from being sent is named.
pub(super) fn failure(key: &Key, summary: &Summary, reason: &str, unread: Option<&Failed>) -> Option<Failure> {
    if unread.is_none() && summary.sink.is_some() && summary.only_quarantined() {
        return None;
    }
    let failures = &summary.failures;
    let (reason, message) = if let Some(failed) = unread {
        (failed.error.reason(), reason.to_owned())
    } else if failures.reading.total > 0 {
        (Reason::Reading, reason.to_owned())
    } else if let Some(last) = failures.sending.last_few.back() {
        let at = format!("line {}, offset {}: {}", last.line, last.offset, last.reason);
        (Reason::Sending, format!("{reason} Last failure: {at}"))
    } else if let Some(last) = failures.parsing.last_few.back() {
        (Reason::Parsing, format!("{reason} Last failure: {last}"))
    } else {
        return None;
    };
    let attempts = unread.map_or(1, |failed| failed.attempts);
    Some(Failure { key: key.clone(), reason, message, attempts, at: now() })
}
