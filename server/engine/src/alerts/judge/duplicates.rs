//! Objects that arrived more than once: nothing is missing, and whoever counts at the receiving end counts too much.
//!
//! How many they are is known of the bucket held against its runs; which runs they were, of the runs themselves.
//!
//! Always: what somebody asked for is no finding. Where the second run of every such object is part of a job, nothing is
//! told, however many they are.

use std::collections::HashSet;

use model::{AlertKind, Outcome};

use super::loss::exceeds;
use crate::alerts::{
    facts::{Facts, RunFacts},
    findings::{Finding, around, counted, percent},
    limits::Limits,
};

/// So many objects make it a pattern: an event that is handed over twice now and then is in the nature of queues.
const SOME_OBJECTS: u64 = 3;

pub fn duplicates(facts: &Facts, limits: &Limits) -> Option<Finding> {
    let arrived = facts.arrived?;
    if arrived.duplicates < SOME_OBJECTS || !exceeds(arrived.duplicates, arrived.objects, limits.duplicates) {
        return None;
    }
    let again = delivered_again(facts, limits);
    let first = again.iter().map(|run| run.started_at).min()?;
    let last = again.iter().map(|run| run.ended_at).max()?;
    Some(Finding {
        kind: AlertKind::Twice,
        since: first,
        reason: format!(
            "{} of {} of the last day were delivered by more than one run ({}).",
            arrived.duplicates,
            counted(arrived.objects, "object"),
            percent(arrived.duplicates, arrived.objects)
        ),
        advice:
            "Whoever counts at the receiving end counts these twice, unless it tells events by their ids. Look for a \
                 second trigger, or a second shipper of the same objects; the runs say who they were."
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

/// Runs of late that delivered what one before them had delivered, the newest first.
fn delivered_again<'a>(facts: &'a Facts, limits: &Limits) -> Vec<&'a RunFacts> {
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
