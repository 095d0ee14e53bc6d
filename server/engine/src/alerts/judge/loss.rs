//! Loss: events that were not sent or not acknowledged, and objects without evidence that any event was sent.
//!
//! Always: the last run over an object decides. An object that any run sent completely is not lost, whatever other runs
//! over it report.

use std::collections::HashSet;

use model::{AlertKind, Key, Outcome, number::counted};

use crate::alerts::{
    facts::{Facts, RunFacts},
    findings::{Finding, around, percent},
    limits::Limits,
};

/// Finds a loss if the share of lost events is over the limit, or if any object lost all its events.
pub fn loss(facts: &Facts, limits: &Limits) -> Option<Finding> {
    let from = facts.now.0.saturating_sub(limits.lookback(facts.every_s));
    let last_runs: Vec<&RunFacts> = last_runs(facts).into_iter().filter(|run| run.ended_at.0 >= from).collect();
    let parsed: u64 = last_runs.iter().map(|run| run.parsed).sum();
    let lost: u64 = last_runs.iter().map(|run| run.lost).sum();
    let emptied = |run: &&&RunFacts| run.parsed > 0 && run.lost >= run.parsed;
    let in_doubt = |run: &&&RunFacts| run.without_result() && facts.now.since(run.ended_at) > limits.retried_within_ms;
    let objects = last_runs.iter().filter(|run| emptied(run) || in_doubt(run)).count() as u64;
    let (much, some_object) = (exceeds(lost, parsed, limits.loss), objects > 0);
    if !much && !some_object {
        return None;
    }
    let affected: Vec<&RunFacts> = last_runs.iter().filter(|run| run.lost > 0 || in_doubt(run)).copied().collect();
    let first = affected.iter().map(|run| run.started_at).min()?;
    let latest = affected.iter().map(|run| run.ended_at).max()?;
    let mut parts = Vec::new();
    if lost > 0 {
        let (of, share) = (counted(parsed, "event"), percent(lost, parsed));
        parts.push(format!("{lost} of {of} were not sent or not acknowledged ({share})"));
    }
    let doubtful = last_runs.iter().filter(in_doubt).count() as u64;
    if doubtful > 0 {
        let (were, objects) = if doubtful == 1 { ("was", "object") } else { ("were", "objects") };
        parts.push(format!("{doubtful} {objects} {were} started without evidence that any event was sent"));
    }
    Some(Finding {
        kind: AlertKind::Loss,
        since: first,
        reason: format!("{}.", parts.join("; ")),
        advice:
            "Open the listed runs to see what failed. Repair the sink or the function, then reprocess exactly these \
                 objects."
                .to_owned(),
        runs: affected.iter().map(|run| run.id).take(Finding::EVIDENCE).collect(),
        keys: affected
            .iter()
            .filter_map(|run| run.key.as_ref())
            .map(ToString::to_string)
            .take(Finding::EVIDENCE)
            .collect(),
        window: around(first, latest),
        weight: lost.max(objects),
    })
}

/// One run per object: the newest complete one, else the newest. Plus every run without an object.
fn last_runs(facts: &Facts) -> Vec<&RunFacts> {
    let whole: HashSet<&Key> =
        facts.runs.iter().filter(|run| run.outcome.whole()).filter_map(|run| run.key.as_ref()).collect();
    let mut spoken = HashSet::new();
    let mut words = Vec::new();
    for run in &facts.runs {
        let counts = match &run.key {
            None => true,
            Some(key) if whole.contains(key) && !run.outcome.whole() => false,
            Some(key) => spoken.insert(key),
        };
        if counts {
            words.push(run);
        }
    }
    words
}

#[expect(clippy::cast_precision_loss, reason = "shares need no more than 52 bits")]
pub fn exceeds(part: u64, of: u64, limit: f64) -> bool {
    part > 0 && part as f64 > limit * of as f64
}

/// Whether an outcome reports success without proof.
pub fn claims(outcome: Outcome) -> bool {
    matches!(outcome, Outcome::Suspicious | Outcome::Unproven)
}
