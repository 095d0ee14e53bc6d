//! What single runs give away: claims against their figures, failures in a row, memory, records not understood.

use model::{AlertKind, Outcome};

use super::loss::{claims, exceeds};
use crate::alerts::{
    facts::{Facts, RunFacts},
    findings::{Finding, around, counted, percent},
    limits::Limits,
};

/// A run that left no summary has this long for it: log events come late. Milliseconds.
const SUMMARY_WITHIN_MS: i64 = 30_000;
/// Records that cannot be parsed, for a share of them to say anything.
const SOME_RECORDS: u64 = 10;

/// Runs that claim success, and whose figures, or the lack of them, say otherwise.
pub fn suspicious(facts: &Facts, limits: &Limits) -> Option<Finding> {
    let affected: Vec<&RunFacts> = recent(facts, limits)
        .filter(|run| claims(run.outcome))
        .filter(|run| run.outcome != Outcome::Unproven || facts.now.since(run.ended_at) > SUMMARY_WITHIN_MS)
        .filter(|run| !redelivered(facts, run))
        .collect();
    if (affected.len() as u64) < limits.suspicious.max(1) {
        return None;
    }
    let of = recent(facts, limits).count() as u64;
    let silent = affected.iter().filter(|run| run.outcome == Outcome::Unproven).count() as u64;
    let claiming = affected.len() as u64 - silent;
    let mut parts = Vec::new();
    if claiming > 0 {
        parts.push(format!("{claiming} of {} claimed success against their own figures", counted(of, "run")));
    }
    if silent > 0 {
        parts.push(format!("{silent} of {} ended without a summary", counted(of, "run")));
    }
    let advice = "Open one of the runs for what its outcome rests on. Trust no count of these runs until the receiving \
                  end was asked; then reprocess their objects.";
    finding(AlertKind::Suspicious, &affected, format!("{}.", parts.join("; ")), advice, affected.len() as u64)
}

/// Timeouts and crashes in a row, up to now; or what waits cannot be shipped.
pub fn failing(facts: &Facts, limits: &Limits) -> Option<Finding> {
    let streak: Vec<&RunFacts> = recent(facts, limits).take_while(|run| run.without_result()).collect();
    if streak.len() as u64 >= limits.failing.max(1) {
        let timeouts = streak.iter().filter(|run| run.outcome == Outcome::TimedOut).count();
        let crashes = streak.iter().filter(|run| run.outcome == Outcome::Crashed).count();
        let vanished = streak.len() - timeouts - crashes;
        let parts = [(timeouts, "timed out"), (crashes, "crashed"), (vanished, "never ended")];
        let parts: Vec<String> =
            parts.iter().filter(|(count, _)| *count > 0).map(|(count, what)| format!("{count} {what}")).collect();
        let reason = format!("The last {} came to nothing: {}.", counted(streak.len() as u64, "run"), parts.join(", "));
        let advice = "Look at the end of their logs. For timeouts: the function's timeout against what an object takes, \
                      and whether the receiver answers. For crashes: memory, and the first error.";
        return finding(AlertKind::Failing, &streak, reason, advice, streak.len() as u64);
    }
    let error = facts.shipping_error.as_ref()?;
    let since = facts.gaps.oldest.unwrap_or(facts.now);
    Some(Finding {
        kind: AlertKind::Failing,
        since,
        reason: format!("What waits could not be shipped: {}.", error.trim_end_matches('.')),
        advice: "Mend what it names; nothing is lost meanwhile, it is tried again by itself.".to_owned(),
        runs: Vec::new(),
        keys: facts.gaps.keys.iter().take(Finding::EVIDENCE).cloned().collect(),
        window: around(since, facts.now),
        weight: 1,
    })
}

/// Runs near their limit of memory.
pub fn memory(facts: &Facts, limits: &Limits) -> Option<Finding> {
    let near = |run: &&RunFacts| match (run.memory_mb, run.memory_limit_mb) {
        (Some(used), Some(limit)) if limit > 0 => exceeds(used, limit, limits.memory) || used >= limit,
        _ => false,
    };
    let affected: Vec<&RunFacts> = recent(facts, limits).filter(near).collect();
    let worst = affected.iter().max_by_key(|run| run.memory_mb)?;
    let (used, limit) = (worst.memory_mb.unwrap_or_default(), worst.memory_limit_mb.unwrap_or_default());
    let reason = format!(
        "{} used {} of {limit} MB and more, {used} MB at most.",
        counted(affected.len() as u64, "run"),
        percent(affected.iter().filter_map(|run| run.memory_mb).min().unwrap_or_default(), limit),
    );
    let advice = "Give the function more memory before it is killed for it; a killed run delivers nothing and says so \
                  to nobody.";
    finding(AlertKind::Memory, &affected, reason, advice, used)
}

/// Too large a share of the records is not understood; or nothing of an object is.
pub fn parsing(facts: &Facts, limits: &Limits) -> Option<Finding> {
    let unparsed = |run: &RunFacts| run.encountered.saturating_sub(run.parsed);
    let told: Vec<&RunFacts> =
        recent(facts, limits).filter(|run| run.encountered > 0 && !claims(run.outcome)).collect();
    let (encountered, failed) =
        told.iter().fold((0, 0), |(all, failed), run| (all + run.encountered, failed + unparsed(run)));
    let nothing =
        told.iter().filter(|run| run.parsed == 0 && !run.without_result() && !redelivered(facts, run)).count();
    let much = failed >= SOME_RECORDS && exceeds(failed, encountered, limits.parsing);
    if !much && nothing == 0 {
        return None;
    }
    let affected: Vec<&RunFacts> = told.into_iter().filter(|run| unparsed(run) > 0 && !run.without_result()).collect();
    let mut reason = format!(
        "{failed} of {} could not be parsed ({})",
        counted(encountered, "record"),
        percent(failed, encountered)
    );
    if nothing > 0 {
        reason.push_str("; of ");
        reason.push_str(&counted(nothing as u64, "object"));
        reason.push_str(" nothing at all");
    }
    let advice = "Look at the failures of one of the runs: a format of logs that changed looks like this. Records that \
                  could not be parsed are not in the sink.";
    finding(AlertKind::Parsing, &affected, format!("{reason}."), advice, failed)
}

/// The newest first.
fn recent<'a>(facts: &'a Facts, limits: &Limits) -> impl Iterator<Item = &'a RunFacts> {
    let from = facts.now.0.saturating_sub(limits.lookback(facts.every_s));
    facts.runs.iter().filter(move |run| run.ended_at.0 >= from && !run.of_job)
}

/// A later run delivered the object whole.
fn redelivered(facts: &Facts, run: &RunFacts) -> bool {
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
