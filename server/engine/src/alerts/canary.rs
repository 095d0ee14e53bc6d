//! Marked events that are sent to a sink now and then, so that it is known to take what it is given.

use model::{AlertKind, Time};

use super::findings::{Finding, Judgement, around, counted, span};

/// Bytes of a canary event with its line feed: one packet, some, many.
pub const CANARY_SIZES: [u64; 3] = [100, 10_000, 1_000_000];

/// What is known of a sink.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CanaryFacts {
    pub now: Time,
    /// Milliseconds from one round to the next.
    pub every_ms: i64,
    /// The newest of each size.
    pub probes: Vec<Probe>,
}

/// One marked event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Probe {
    /// Of the event.
    pub bytes: u64,
    pub at: Time,
    /// When its size last arrived.
    pub arrived_last: Option<Time>,
    /// Why it did not arrive; `None`: it did, as far as the sink can say.
    pub error: Option<String>,
}

/// Holds while the newest event of any size did not arrive. Where no round was made for three intervals nothing is
/// known.
pub fn judge_canary(facts: &CanaryFacts) -> Judgement {
    let mut judgement = Judgement::default();
    let stale = |probe: &Probe| facts.now.since(probe.at) > facts.every_ms.saturating_mul(3).saturating_add(60_000);
    if facts.probes.is_empty() || facts.probes.iter().all(stale) {
        judgement.unknown.insert(AlertKind::Canary);
        return judgement;
    }
    let failed: Vec<&Probe> = facts.probes.iter().filter(|probe| probe.error.is_some()).collect();
    let Some(last) = failed.iter().max_by_key(|probe| probe.at) else { return judgement };
    let sizes: Vec<String> = failed.iter().map(|probe| size(probe.bytes)).collect();
    let since = failed.iter().map(|probe| probe.at).min().unwrap_or(last.at);
    let arrived = failed.iter().filter_map(|probe| probe.arrived_last).max();
    let before =
        arrived.map_or("none ever did".to_owned(), |at| format!("the last did {} before", span(since.since(at))));
    let error = last.error.as_deref().unwrap_or_default().trim_end_matches('.');
    judgement.findings.push(Finding {
        kind: AlertKind::Canary,
        since,
        reason: format!(
            "{} of {} did not arrive ({before}): {error}.",
            counted(failed.len() as u64, "marked event"),
            sizes.join(", ")
        ),
        advice: "Whatever is sent to this sink now may be lost as well: mend it, then look at the runs since."
            .to_owned(),
        runs: Vec::new(),
        keys: Vec::new(),
        window: around(since, last.at),
        weight: failed.len() as u64,
    });
    judgement
}

/// `100 B`, `10 kB`, `1 MB`.
fn size(bytes: u64) -> String {
    match bytes {
        0..1_000 => format!("{bytes} B"),
        1_000..1_000_000 => format!("{} kB", bytes / 1_000),
        _ => format!("{} MB", bytes / 1_000_000),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn probe(bytes: u64, at: i64, error: Option<&str>) -> Probe {
        Probe { bytes, at: Time(at), arrived_last: Some(Time(0)), error: error.map(ToOwned::to_owned) }
    }

    fn facts(now: i64, probes: Vec<Probe>) -> CanaryFacts {
        CanaryFacts { now: Time(now), every_ms: 600_000, probes }
    }

    #[test]
    fn one_size_that_does_not_arrive_is_enough_and_is_named() {
        let judgement =
            judge_canary(&facts(60_000, vec![probe(100, 50_000, None), probe(1_000_000, 51_000, Some("too long"))]));
        assert_eq!(judgement.findings.len(), 1);
        assert_eq!(
            judgement.findings[0].reason,
            "1 marked event of 1 MB did not arrive (the last did 51 s before): too long."
        );
    }

    #[test]
    fn a_canary_that_sings_no_more_tells_nothing_rather_than_that_all_is_well() {
        let judgement = judge_canary(&facts(10_000_000, vec![probe(100, 50_000, None)]));
        assert!(judgement.findings.is_empty() && judgement.unknown.contains(&AlertKind::Canary));
        assert!(judge_canary(&facts(60_000, vec![probe(100, 50_000, None)])).unknown.is_empty());
    }
}
