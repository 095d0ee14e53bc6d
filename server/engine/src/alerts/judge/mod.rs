//! Judges a pipeline: facts and limits in, findings out. Each condition is a pure function of its own.
//!
//! Always: while runs cannot be read, no condition that rests on runs is judged; likewise for waiting objects.

mod duplicates;
mod loss;
mod rhythm;
mod runs;
#[cfg(test)]
mod tests;

use model::{AlertKind, Time};

use super::{
    facts::{Facts, Reader},
    findings::{Finding, Judgement, around, span},
    limits::Limits,
};

/// The kinds that rest on runs.
const RUN_KINDS: [AlertKind; 7] = [
    AlertKind::NoRuns,
    AlertKind::Loss,
    AlertKind::Suspicious,
    AlertKind::Failing,
    AlertKind::Memory,
    AlertKind::Parsing,
    AlertKind::Twice,
];

/// Judges all conditions of a pipeline.
pub fn judge(facts: &Facts, limits: &Limits) -> Judgement {
    let mut judgement = Judgement::default();
    let runs = reader_problem(facts.runs_reader.as_ref(), facts.now, limits);
    let objects = reader_problem(facts.objects_reader.as_ref(), facts.now, limits);
    if runs.is_some() {
        judgement.unknown.extend(RUN_KINDS);
    } else {
        judgement.findings.extend(rhythm::no_runs(facts, limits));
        judgement.findings.extend(loss::loss(facts, limits));
        judgement.findings.extend(runs::suspicious(facts, limits));
        judgement.findings.extend(runs::failing(facts, limits));
        judgement.findings.extend(runs::memory(facts, limits));
        judgement.findings.extend(runs::parsing(facts, limits));
        judgement.findings.extend(duplicates::duplicates(facts, limits));
    }
    if objects.is_some() {
        judgement.unknown.insert(AlertKind::Lag);
    } else {
        judgement.findings.extend(rhythm::lag(facts, limits));
    }
    if facts.arrived.is_none() {
        judgement.unknown.insert(AlertKind::Twice);
    }
    judgement.findings.extend(unknown(facts, runs.into_iter().chain(objects).collect()));
    judgement.findings.retain(|finding| !limits.off.contains(&finding.kind));
    judgement
}

/// Why a reader's facts cannot be trusted, and since when; `None` if they can.
fn reader_problem(reader: Option<&Reader>, now: Time, limits: &Limits) -> Option<(Time, String)> {
    let reader = reader?;
    let since = reader.polled_at.unwrap_or(now);
    if let Some(error) = &reader.error {
        return Some((since, format!("{} cannot be read: {}", reader.what, error.trim_end_matches('.'))));
    }
    if !reader.leased {
        return Some((since, format!("no process has read {} for {}", reader.what, span(now.since(since)))));
    }
    let behind = i64::try_from(reader.behind_ms).unwrap_or(i64::MAX);
    (behind > limits.behind_ms)
        .then(|| (Time(now.0 - behind), format!("{} is read with a lag of {}", reader.what, span(behind))))
}

fn unknown(facts: &Facts, problems: Vec<(Time, String)>) -> Option<Finding> {
    let since = problems.iter().map(|(since, _)| *since).min()?;
    let mut why: Vec<String> = problems.into_iter().map(|(_, why)| why).collect();
    why.dedup();
    Some(Finding {
        kind: AlertKind::Unknown,
        since,
        reason: format!("State unknown: {}.", why.join("; ")),
        advice:
            "Do not take this pipeline for healthy until it can be read again. Check the permissions, the name and \
                 the endpoint, and that a Logyard server or worker is running."
                .to_owned(),
        runs: Vec::new(),
        keys: Vec::new(),
        window: around(since, facts.now),
        weight: 1,
    })
}
