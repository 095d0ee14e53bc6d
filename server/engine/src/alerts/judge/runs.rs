//! Conditions of single runs: success contradicted by figures, failures in a row, memory, parsing failures.

use model::{AlertKind, Outcome, number::counted};

use super::loss::{claims, exceeds};
use crate::alerts::{
    facts::{Facts, RunFacts},
    findings::{Finding, around, percent},
    limits::Limits,
};

/// How long after its end a run's summary may appear: log events arrive late. Milliseconds.
const SUMMARY_WITHIN_MS: i64 = 30_000;
/// Fewest unparsed records for their share to mean anything.
const SOME_RECORDS: u64 = 10;

/// Finds runs that report success although their figures contradict it or are missing.
pub fn suspicious(facts: &Facts, limits: &Limits) -> Option<Finding> {
    let affected: Vec<&RunFacts> = recent(facts, limits)
        .filter(|run| claims(run.outcome))
        .filter(|run| run.outcome != Outcome::Unproven || facts.now.since(run.ended_at) > SUMMARY_WITHIN_MS)
        .filter(|run| !sent_later(facts, run))
        .collect();
    if (affected.len() as u64) < limits.suspicious.max(1) {
        return None;
    }
    let of = recent(facts, limits).count() as u64;
    let silent = affected.iter().filter(|run| run.outcome == Outcome::Unproven).count() as u64;
    let claiming = affected.len() as u64 - silent;
    let mut parts = Vec::new();
    if claiming > 0 {
        parts.push(format!("{claiming} of {} reported success, contradicted by their own figures", counted(of, "run")));
    }
    if silent > 0 {
        parts.push(format!("{silent} of {} ended without a summary", counted(of, "run")));
    }
    let advice = "Open one of these runs to see what its outcome rests on. Do not trust the counts of these runs until \
                  you have checked the receiver; then reprocess their objects.";
    finding(AlertKind::Suspicious, &affected, format!("{}.", parts.join("; ")), advice, affected.len() as u64)
}

/// Finds timeouts and crashes in a row, up to the last run; or an error that keeps waiting objects from being shipped.
pub fn failing(facts: &Facts, limits: &Limits) -> Option<Finding> {
    let streak: Vec<&RunFacts> = recent(facts, limits).take_while(|run| run.without_result()).collect();
    if streak.len() as u64 >= limits.failing.max(1) {
        let timeouts = streak.iter().filter(|run| run.outcome == Outcome::TimedOut).count();
        let crashes = streak.iter().filter(|run| run.outcome == Outcome::Crashed).count();
        let vanished = streak.len() - timeouts - crashes;
        let parts = [(timeouts, "timed out"), (crashes, "crashed"), (vanished, "logged no end")];
        let parts: Vec<String> =
            parts.iter().filter(|(count, _)| *count > 0).map(|(count, what)| format!("{count} {what}")).collect();
        let reason = format!("The last {} failed: {}.", counted(streak.len() as u64, "run"), parts.join(", "));
        let advice = "Read the end of their logs. After timeouts, compare the function's timeout with the time that an \
                      object takes, and check that the receiver answers. After crashes, check the memory and the first \
                      error.";
        return finding(AlertKind::Failing, &streak, reason, advice, streak.len() as u64);
    }
    let error = facts.shipping_error.as_ref()?;
    let since = facts.gaps.oldest.unwrap_or(facts.now);
    Some(Finding {
        kind: AlertKind::Failing,
        since,
        reason: format!("Waiting objects could not be shipped: {}.", error.trim_end_matches('.')),
        advice: "Repair what the error names. Shipping is retried automatically.".to_owned(),
        runs: Vec::new(),
        keys: facts.gaps.keys.iter().take(Finding::EVIDENCE).cloned().collect(),
        window: around(since, facts.now),
        weight: 1,
    })
}

/// Finds runs near their memory limit.
pub fn memory(facts: &Facts, limits: &Limits) -> Option<Finding> {
    let near = |run: &&RunFacts| match (run.memory_mb, run.memory_limit_mb) {
        (Some(used), Some(limit)) if limit > 0 => exceeds(used, limit, limits.memory) || used >= limit,
        _ => false,
    };
    let affected: Vec<&RunFacts> = recent(facts, limits).filter(near).collect();
    let worst = affected.iter().max_by_key(|run| run.memory_mb)?;
    let (used, limit) = (worst.memory_mb.unwrap_or_default(), worst.memory_limit_mb.unwrap_or_default());
    let reason = format!(
        "{} used {} or more of the {limit} MB memory limit; max {used} MB.",
        counted(affected.len() as u64, "run"),
        percent(affected.iter().filter_map(|run| run.memory_mb).min().unwrap_or_default(), limit),
    );
    let advice =
        "Give the function more memory before Lambda kills it: a killed run leaves no summary of what it sent.";
    finding(AlertKind::Memory, &affected, reason, advice, used)
}

/// Finds too large a share of unparsed records, or an object of which no record was parsed.
pub fn parsing(facts: &Facts, limits: &Limits) -> Option<Finding> {
    let unparsed = |run: &RunFacts| run.encountered.saturating_sub(run.parsed);
    let counted_runs: Vec<&RunFacts> =
        recent(facts, limits).filter(|run| run.encountered > 0 && !claims(run.outcome)).collect();
    let (encountered, failed) =
        counted_runs.iter().fold((0, 0), |(all, failed), run| (all + run.encountered, failed + unparsed(run)));
    let nothing =
        counted_runs.iter().filter(|run| run.parsed == 0 && !run.without_result() && !sent_later(facts, run)).count();
    let much = failed >= SOME_RECORDS && exceeds(failed, encountered, limits.parsing);
    if !much && nothing == 0 {
        return None;
    }
    let affected: Vec<&RunFacts> =
        counted_runs.into_iter().filter(|run| unparsed(run) > 0 && !run.without_result()).collect();
    let mut reason = format!(
        "{failed} of {} could not be parsed ({})",
        counted(encountered, "record"),
        percent(failed, encountered)
    );
    if nothing > 0 {
        reason.push_str("; no record was parsed in ");
        reason.push_str(&counted(nothing as u64, "object"));
    }
    let advice = "Look at the parsing failures of one of these runs: a changed log format looks like this. Unparsed \
                  records are not in the sink.";
    finding(AlertKind::Parsing, &affected, format!("{reason}."), advice, failed)
}

/// The runs that count and are not part of a job, newest first.
fn recent<'a>(facts: &'a Facts, limits: &Limits) -> impl Iterator<Item = &'a RunFacts> {
    let from = facts.now.0.saturating_sub(limits.lookback(facts.every_s));
    facts.runs.iter().filter(move |run| run.ended_at.0 >= from && !run.of_job)
}

/// Whether a later run sent the object completely.
fn sent_later(facts: &Facts, run: &RunFacts) -> bool {
    let later = |other: &&RunFacts| other.key == run.key && other.started_at > run.started_at && other.outcome.whole();
    run.key.is_some() && facts.runs.iter().any(|other| later(&other))
}

fn finding(kind: AlertKind, affected: &[&RunFacts], reason: String, advice: &str, weight: u64) -> Option<Finding> {
    let first = affected.iter().map(|run| run.started_at).min()?;
    let last = affected.iter().map(|run| run.ended_at).max()?;
    Some(Finding {
        kind,
        since: first,
        reason,
        advice: advice.to_owned(),
        runs: affected.iter().map(|run| run.id).take(Finding::EVIDENCE).collect(),
        keys: affected
            .iter()
            .filter_map(|run| run.key.as_ref())
            .map(ToString::to_string)
            .take(Finding::EVIDENCE)
            .collect(),
        window: around(first, last),
        weight,
    })
}
