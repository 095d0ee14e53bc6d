//! Facts of a pipeline → what holds. Each condition is a function of its own and looks at nothing but facts and limits.
//!
//! Always: while the source of runs cannot be read, nothing that rests on runs is said; the same for what waits.

mod loss;
mod rhythm;
mod runs;
#[cfg(test)]
mod tests;
mod twice;

use model::{AlertKind, Time};

use super::{
    facts::{Facts, Reader},
    findings::{Finding, View, around, span},
    limits::Limits,
};

/// What rests on runs.
const ON_RUNS: [AlertKind; 7] = [
    AlertKind::NoRuns,
    AlertKind::Loss,
    AlertKind::Suspicious,
    AlertKind::Failing,
    AlertKind::Memory,
    AlertKind::Parsing,
    AlertKind::Twice,
];

/// What holds of a pipeline now.
pub fn judge(facts: &Facts, limits: &Limits) -> View {
    let mut view = View::default();
    let runs = trouble(facts.runs_reader.as_ref(), facts.now, limits);
    let objects = trouble(facts.objects_reader.as_ref(), facts.now, limits);
    if runs.is_some() {
        view.unknown.extend(ON_RUNS);
    } else {
        view.findings.extend(rhythm::no_runs(facts, limits));
        view.findings.extend(loss::loss(facts, limits));
        view.findings.extend(runs::suspicious(facts, limits));
        view.findings.extend(runs::failing(facts, limits));
        view.findings.extend(runs::memory(facts, limits));
        view.findings.extend(runs::parsing(facts, limits));
        view.findings.extend(twice::twice(facts, limits));
    }
    if objects.is_some() {
        view.unknown.insert(AlertKind::Lag);
    } else {
        view.findings.extend(rhythm::lag(facts, limits));
    }
    if facts.arrived.is_none() {
        view.unknown.insert(AlertKind::Twice);
    }
    view.findings.extend(unknown(facts, runs.into_iter().chain(objects).collect()));
    view.findings.retain(|finding| !limits.off.contains(&finding.kind));
    view
}

/// Why a reader is not to be believed, and since when; `None`: it is.
fn trouble(reader: Option<&Reader>, now: Time, limits: &Limits) -> Option<(Time, String)> {
    let reader = reader?;
    let since = reader.looked_at.unwrap_or(now);
    if let Some(error) = &reader.error {
        return Some((since, format!("{} cannot be read: {}", reader.what, error.trim_end_matches('.'))));
    }
    if !reader.held {
        return Some((since, format!("nobody has read {} for {}", reader.what, span(now.since(since)))));
    }
    let behind = i64::try_from(reader.behind_ms).unwrap_or(i64::MAX);
    (behind > limits.behind_ms)
        .then(|| (Time(now.0 - behind), format!("{} is read, but {} behind", reader.what, span(behind))))
}

fn unknown(facts: &Facts, troubles: Vec<(Time, String)>) -> Option<Finding> {
    let since = troubles.iter().map(|(since, _)| *since).min()?;
    let mut why: Vec<String> = troubles.into_iter().map(|(_, why)| why).collect();
    why.dedup();
    Some(Finding {
        kind: AlertKind::Unknown,
        since,
        reason: format!("How it stands is not known: {}.", why.join("; ")),
        advice: "Until it can be read again, nothing here says that all is well. Check the permissions, the name and \
                 the endpoint, and that a server or worker of Logyard runs."
            .to_owned(),
        runs: Vec::new(),
        keys: Vec::new(),
        window: around(since, facts.now),
        weight: 1,
    })
}
