//! Silence and lag: runs that should have started and objects that should have been processed.

use model::{AlertKind, Time, number::counted};

use crate::alerts::{
    facts::{Facts, RunFacts},
    findings::{Finding, around, span},
    limits::{Limits, intervals_ms},
};

/// A pipeline with this many late runs among its last ones is regularly late.
const OFTEN: usize = 2;
/// Number of last runs whose spacing is judged.
const RHYTHM: usize = 50;

/// Finds silence: no run within the allowed intervals plus the grace period.
pub fn no_runs(facts: &Facts, limits: &Limits) -> Option<Finding> {
    let every = intervals_ms(facts.every_s.filter(|every| *every > 0), 1);
    if every == 0 {
        return None;
    }
    // Silence counts from the end of the last run: a long run is not silence.
    let ends: Vec<Time> = own(facts).map(|run| run.ended_at).collect();
    let last = ends.iter().copied().max();
    let from = last.or(facts.watched_since)?;
    let intervals = limits.intervals + u64::from(often_late(facts, every));
    let allowed = intervals_ms(facts.every_s, intervals).saturating_add(limits.grace_ms);
    let silent = facts.now.since(from);
    if silent <= allowed {
        return None;
    }
    let last_one = own(facts).next();
    let reason = match last {
        Some(_) => format!("No run for {}; one is expected every {}.", span(silent), span(every)),
        None => {
            format!("No run since monitoring began {} ago; one is expected every {}.", span(silent), span(every))
        }
    };
    Some(Finding {
        kind: AlertKind::NoRuns,
        since: Time(from.0.saturating_add(every)),
        reason,
        advice: "Check whether new log objects appear at the source. If they do, check the trigger (notification or \
                 queue), that the function is enabled, and that the follower runs. If they do not, check that access \
                 logging is on."
            .to_owned(),
        runs: last_one.map(|run| run.id).into_iter().collect(),
        keys: Vec::new(),
        window: around(from, facts.now),
        weight: u64::try_from(silent / every).unwrap_or_default(),
    })
}

/// The runs that the pipeline started by itself, newest first.
fn own(facts: &Facts) -> impl Iterator<Item = &RunFacts> {
    facts.runs.iter().filter(|run| !run.of_job)
}

/// Whether its last runs were repeatedly later than one interval, though never later than two.
fn often_late(facts: &Facts, every: i64) -> bool {
    let starts: Vec<Time> = own(facts).take(RHYTHM).map(|run| run.started_at).collect();
    let late = starts.windows(2).filter(|pair| {
        let distance = pair[0].since(pair[1]);
        distance > every && distance <= every.saturating_mul(2)
    });
    late.count() >= OFTEN
}

/// Finds a lag: the oldest object that was not processed is older than the limit.
pub fn lag(facts: &Facts, limits: &Limits) -> Option<Finding> {
    let oldest = facts.gaps.oldest?;
    let (age, limit) = (facts.now.since(oldest), limits.lag_of(facts.every_s));
    if age <= limit {
        return None;
    }
    let count = facts.gaps.count.max(1);
    let why = match &facts.shipping_error {
        Some(error) => format!(" Last error: {}", error.trim_end()),
        None => String::new(),
    };
    Some(Finding {
        kind: AlertKind::Lag,
        since: Time(oldest.0.saturating_add(limit)),
        reason: format!(
            "{} not processed; the oldest has waited {}, the limit is {}.{why}",
            counted(count, "object"),
            span(age),
            span(limit)
        ),
        advice:
            "Check that the shipper runs and how long its runs take. Then ship the missing objects with \"Reprocess \
                 exactly these\"."
                .to_owned(),
        runs: Vec::new(),
        keys: facts.gaps.keys.iter().take(Finding::EVIDENCE).cloned().collect(),
        window: around(oldest, facts.now),
        weight: u64::try_from(age / limit.max(1)).unwrap_or_default(),
    })
}
