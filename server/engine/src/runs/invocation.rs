//! Combines the attempts at a request into the run that is reported.

use model::{Invocation, Time};
use serde_json::Value;

use super::{
    Options, Read,
    attempt::Attempt,
    figures::{self, Figures},
    judge::{Ending, Evidence, History, judge},
    line::Status,
};

/// How long after its timeout a request's lines may still arrive. Milliseconds.
const GRACE_MS: i64 = 10_000;
/// How long a missing report is waited for before the request counts as settled. Milliseconds.
const LATE_MS: i64 = 10 * 60_000;
/// Within this time Lambda retries a failed request. Milliseconds.
const RETRIED_MS: i64 = 5 * 60_000;
/// A request without a start line counts as completely read if it began this long after the first event of all.
const BEFORE_MS: i64 = 5_000;

/// The points in time that a request is judged by.
#[derive(Clone, Copy, Debug)]
pub(super) struct Clocks {
    pub(super) now: Time,
    /// No earlier event of the request's stream is expected any more.
    pub(super) read_until: Time,
    /// Time of the first event of all.
    pub(super) earliest: Time,
}

/// The run that a request's attempts, each with its stream, add up to. `None` if there is nothing to report yet, or if
/// only a part of the request was read.
pub(super) fn report(request: &str, attempts: &[(&str, &Attempt)], options: &Options, clocks: Clocks) -> Option<Read> {
    let (stream, last) =
        *attempts.iter().max_by_key(|(stream, attempt)| (attempt.started_at(), attempt.last, *stream))?;
    let started_at = last.started_at();
    if !whole(last, clocks) {
        return None;
    }
    let timeout_ms = options.timeout_s.saturating_mul(1_000);
    let over = clocks.now.since(started_at) > i64::try_from(timeout_ms).unwrap_or(i64::MAX).saturating_add(GRACE_MS);
    if !last.reported() && !over {
        return None;
    }
    let json: Option<Value> = last.summary.as_deref().and_then(|json| serde_json::from_str(json).ok());
    let figures = json.as_ref().and_then(|json| Figures::read(json, &options.mapping));
    let summary = json.as_ref().zip(figures.as_ref());
    let summary = summary.and_then(|(json, figures)| figures::summary(json, figures, &options.mapping));
    let report = last.report.as_ref().map(|(_, report)| report);
    let evidence = Evidence {
        ending: ending(last),
        figures,
        sockets_exhausted: last.sockets_exhausted,
        size: None,
        duration_ms: report.and_then(|report| report.duration_ms),
        timeout_ms,
        memory_mb: report.and_then(|report| report.memory_mb),
        memory_limit_mb: report.and_then(|report| report.memory_limit_mb),
    };
    let (outcome, reason) = judge(&evidence, &History::default());
    let of_all = |amount: fn(&Attempt) -> Option<u64>| {
        let known: Vec<u64> = attempts.iter().filter_map(|(_, attempt)| amount(attempt)).collect();
        (!known.is_empty()).then(|| known.iter().fold(0, |sum: u64, one| sum.saturating_add(*one)))
    };
    let ended_at = last.report.as_ref().map(|(at, _)| *at).or(last.end).or(last.reported().then_some(last.last));
    let measured = u64::try_from(last.last.since(started_at)).unwrap_or(0);
    let object = last.object.as_ref().or_else(|| attempts.iter().find_map(|(_, attempt)| attempt.object.as_ref()));
    Some(Read {
        request_id: request.to_owned(),
        stream: stream.to_owned(),
        started_at,
        ended_at,
        duration_ms: evidence.duration_ms.or(last.timed_out_after_ms).unwrap_or(measured),
        memory_mb: evidence.memory_mb,
        invocation: Invocation {
            memory_limit_mb: evidence.memory_limit_mb,
            billed_ms: of_all(|attempt| attempt.report.as_ref()?.1.billed_ms),
            init_ms: report.and_then(|report| report.init_ms),
            log_group: options.log_group.clone(),
            log_stream: Some(stream.to_owned()).filter(|stream| !stream.is_empty()),
            attempts: u32::try_from(attempts.len()).unwrap_or(u32::MAX),
        },
        bucket: object.map(|object| object.bucket.clone()),
        key: object.map(|object| object.key.clone()),
        logged: last.summary.as_deref().map(str::to_owned),
        summary,
        evidence: last.evidence.clone(),
        outcome,
        reason,
        settled: settled(last, clocks.read_until),
    })
}

/// Whether the beginning of an attempt was read. A reader that restarts in the middle of an attempt would otherwise
/// report less than was reported before.
fn whole(attempt: &Attempt, clocks: Clocks) -> bool {
    attempt.start.is_some() || attempt.object.is_some() || attempt.started_at().since(clocks.earliest) > BEFORE_MS
}

/// Whether no further line of an attempt is expected.
pub(super) fn settled(attempt: &Attempt, read_until: Time) -> bool {
    let quiet = read_until.since(attempt.last);
    if failed(attempt) { quiet >= RETRIED_MS } else { attempt.report.is_some() || quiet >= LATE_MS }
}

fn failed(attempt: &Attempt) -> bool {
    !matches!(ending(attempt), Ending::Returned | Ending::Silent)
}

fn ending(attempt: &Attempt) -> Ending {
    let report = attempt.report.as_ref().map(|(_, report)| report);
    let status = report.and_then(|report| report.status).or(attempt.done);
    if attempt.timed_out || status == Some(Status::Timeout) || attempt.done == Some(Status::Timeout) {
        return Ending::TimedOut { after_ms: attempt.timed_out_after_ms };
    }
    let broke = attempt.crashed.is_some() || matches!(status, Some(Status::Error | Status::Failure));
    let memory = report.and_then(|report| report.memory_mb.zip(report.memory_limit_mb));
    let full = memory.is_some_and(|(used, limit)| used >= limit);
    let error = report.and_then(|report| report.error.as_deref());
    if attempt.out_of_memory || broke && full || error.is_some_and(|error| error.contains("OutOfMemory")) {
        return Ending::OutOfMemory;
    }
    if broke {
        let how = attempt.crashed.as_deref().or(error);
        return Ending::Crashed { how: how.unwrap_or("the function returned an error").to_owned() };
    }
    if attempt.ended() { Ending::Returned } else { Ending::Silent }
}
