//! Judges the canary of a sink: marked test events sent through it at an interval, in three sizes.

use model::{
    AlertKind, Time,
    number::{bytes, counted},
};

use super::findings::{Finding, Judgement, around, span};

/// Bytes of each canary event, line feed included: one packet, several packets, many packets.
pub const CANARY_SIZES: [u64; 3] = [100, 10_000, 1_000_000];

/// The facts that a sink's canary is judged by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CanaryFacts {
    pub now: Time,
    /// Interval between canary rounds, in milliseconds.
    pub every_ms: i64,
    /// The newest canary event of each size.
    pub probes: Vec<Probe>,
}

/// One canary event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Probe {
    pub bytes: u64,
    pub at: Time,
    /// When an event of this size last succeeded.
    pub arrived_last: Option<Time>,
    /// Why it failed. `None` if it succeeded, as far as the sink can tell: a TCP sink can only tell that it was sent.
    pub error: Option<String>,
}

/// Finds a canary failure while the newest event of any size has failed. After three intervals without a round the
/// state is unknown.
pub fn judge_canary(facts: &CanaryFacts) -> Judgement {
    let mut judgement = Judgement::default();
    let stale = |probe: &Probe| facts.now.since(probe.at) > facts.every_ms.saturating_mul(3).saturating_add(60_000);
    if facts.probes.is_empty() || facts.probes.iter().all(stale) {
        judgement.unknown.insert(AlertKind::Canary);
        return judgement;
    }
    let failed: Vec<&Probe> = facts.probes.iter().filter(|probe| probe.error.is_some()).collect();
    let Some(last) = failed.iter().max_by_key(|probe| probe.at) else { return judgement };
    let sizes: Vec<String> = failed.iter().map(|probe| bytes(probe.bytes)).collect();
    let since = failed.iter().map(|probe| probe.at).min().unwrap_or(last.at);
    let arrived = failed.iter().filter_map(|probe| probe.arrived_last).max();
    let before = arrived.map_or("No earlier success is known.".to_owned(), |at| {
        format!("Last success {} earlier.", span(since.since(at)))
    });
    let error = last.error.as_deref().unwrap_or_default().trim_end_matches('.');
    judgement.findings.push(Finding {
        kind: AlertKind::Canary,
        since,
        reason: format!(
            "{} of {} failed: {error}. {before}",
            counted(failed.len() as u64, "canary event"),
            sizes.join(", ")
        ),
        advice: "Events sent to this sink since then may be lost, even where a run counts them as sent. Repair the \
                 sink, then check the runs of this window and reprocess their objects."
            .to_owned(),
        runs: Vec::new(),
        keys: Vec::new(),
        window: around(since, last.at),
        weight: failed.len() as u64,
    });
    judgement
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
    fn canary_finding_names_the_size_that_failed() {
        let judgement =
            judge_canary(&facts(60_000, vec![probe(100, 50_000, None), probe(1_000_000, 51_000, Some("too long"))]));
        assert_eq!(judgement.findings.len(), 1);
        assert_eq!(
            judgement.findings[0].reason,
            "1 canary event of 1.0 MB failed: too long. Last success 51 s earlier."
        );
    }

    #[test]
    fn canary_without_recent_rounds_is_unknown() {
        let judgement = judge_canary(&facts(10_000_000, vec![probe(100, 50_000, None)]));
        assert!(judgement.findings.is_empty() && judgement.unknown.contains(&AlertKind::Canary));
        assert!(judge_canary(&facts(60_000, vec![probe(100, 50_000, None)])).unknown.is_empty());
    }
}
