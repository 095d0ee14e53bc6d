//! Duplicates: objects that more than one run sent. Nothing is missing, but the receiver counts their events twice.
//!
//! Reconciliation counts the objects; the runs themselves show which runs sent them.
//!
//! Always: a requested repetition is not a finding. If the second run of every such object is part of a job, nothing is
//! found, however many there are.

use std::collections::HashSet;

use model::{AlertKind, Outcome, number::counted};

use super::loss::exceeds;
use crate::alerts::{
    facts::{Facts, RunFacts},
    findings::{Finding, around, percent},
    limits::Limits,
};

/// Fewest objects that make a pattern: queues occasionally deliver an event twice.
const SOME_OBJECTS: u64 = 3;

/// Finds duplicates if the share of objects sent more than once is over the limit.
pub fn duplicates(facts: &Facts, limits: &Limits) -> Option<Finding> {
    let arrived = facts.arrived?;
    if arrived.duplicates < SOME_OBJECTS || !exceeds(arrived.duplicates, arrived.objects, limits.duplicates) {
        return None;
    }
    let again = sent_again(facts, limits);
    let first = again.iter().map(|run| run.started_at).min()?;
    let last = again.iter().map(|run| run.ended_at).max()?;
    Some(Finding {
        kind: AlertKind::Twice,
        since: first,
        reason: format!(
            "{} of {} of the last day were sent by more than one run ({}).",
            arrived.duplicates,
            counted(arrived.objects, "object"),
            percent(arrived.duplicates, arrived.objects)
        ),
        advice:
            "The receiver counts these events twice unless it deduplicates them by id. Look for a second trigger or a \
                 second shipper of the same objects; the listed runs show which."
                .to_owned(),
        runs: again.iter().map(|run| run.id).take(Finding::EVIDENCE).collect(),
        keys: again
            .iter()
            .filter_map(|run| run.key.as_ref())
            .map(ToString::to_string)
            .take(Finding::EVIDENCE)
            .collect(),
        window: around(first, last),
        weight: arrived.duplicates,
    })
}

/// Recent runs that sent an object which an earlier run had sent, newest first.
fn sent_again<'a>(facts: &'a Facts, limits: &Limits) -> Vec<&'a RunFacts> {
    let from = facts.now.0.saturating_sub(limits.lookback(facts.every_s));
    let delivered = |run: &&RunFacts| !run.of_job && run.outcome.whole() && run.outcome != Outcome::Empty;
    let (mut known, mut again) = (HashSet::new(), Vec::new());
    for run in facts.runs.iter().rev().filter(delivered) {
        let Some(key) = &run.key else { continue };
        if !known.insert(key) && run.ended_at.0 >= from {
            again.push(run);
        }
    }
    again.reverse();
    again
}
