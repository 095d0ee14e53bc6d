//! Silence and lag: what should have happened, and did not.

use model::{AlertKind, Time};

use crate::alerts::{
    facts::{Facts, RunFacts},
    findings::{Finding, around, counted, span},
    limits::{Limits, intervals_ms},
};

/// A pipeline that was late this often among its last runs does not keep its interval to the second.
const OFTEN: usize = 2;
/// Of so many runs the distances tell.
const RHYTHM: usize = 50;

/// No run for as long as the intervals and the grace allow.
pub fn no_runs(facts: &Facts, limits: &Limits) -> Option<Finding> {
    let every = intervals_ms(facts.every_s.filter(|every| *every > 0), 1);
    if every == 0 {
        return None;
    }
    // A run is a sign of life until its end: one that takes long is not silence.
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
        None => format!("No run at all since it is watched, {}; one is expected every {}.", span(silent), span(every)),
    };
    Some(Finding {
        kind: AlertKind::NoRuns,
        since: Time(from.0.saturating_add(every)),
        reason,
        advice:
            "Look whether log objects still appear at the source. If they do: is the trigger (notification, queue) \
                 in place, is the function enabled, is the follower running? If they do not: is access logging on?"
                .to_owned(),
        runs: last_one.map(|run| run.id).into_iter().collect(),
        keys: Vec::new(),
        window: around(from, facts.now),
        weight: u64::try_from(silent / every).unwrap_or_default(),
    })
}

fn own(facts: &Facts) -> impl Iterator<Item = &RunFacts> {
    facts.runs.iter().filter(|run| !run.of_job)
}

/// Its last runs came later than the interval says, again and again, without being silent for two of them.
fn often_late(facts: &Facts, every: i64) -> bool {
    let starts: Vec<Time> = own(facts).take(RHYTHM).map(|run| run.started_at).collect();
    let late = starts.windows(2).filter(|pair| {
        let distance = pair[0].since(pair[1]);
        distance > every && distance <= every.saturating_mul(2)
    });
    late.count() >= OFTEN
}

/// The oldest object that nobody handled is too old.
pub fn lag(facts: &Facts, limits: &Limits) -> Option<Finding> {
    let oldest = facts.gaps.oldest?;
    let (age, limit) = (facts.now.since(oldest), limits.lag_of(facts.every_s));
    if age <= limit {
        return None;
    }
    let count = facts.gaps.count.max(1);
    let (waits, why) = match &facts.shipping_error {
        Some(error) => ("wait", format!(" The last try: {}", error.trim_end())),
        None => ("wait", String::new()),
    };
    let waits = if count == 1 { "waits" } else { waits };
    Some(Finding {
        kind: AlertKind::Lag,
        since: Time(oldest.0.saturating_add(limit)),
        reason: format!(
            "{} {waits} to be shipped, the oldest for {}; the limit is {}.{why}",
            counted(count, "object"),
            span(age),
            span(limit)
        ),
        advice: "Look whether the shipper runs and how long a run takes; then ship what is missing with \"Reprocess \
                 exactly these\"."
            .to_owned(),
        runs: Vec::new(),
        keys: facts.gaps.keys.iter().take(Finding::EVIDENCE).cloned().collect(),
        window: around(oldest, facts.now),
        weight: u64::try_from(age / limit.max(1)).unwrap_or_default(),
    })
}
