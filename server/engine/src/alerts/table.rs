//! Judges a synced table by its status.
//!
//! Always: a table that was never in sync is not behind: its first load may take hours. A paused table, and one whose
//! agent reports no more, proves nothing either way.

use model::{AlertKind, SyncSource, SyncState, SyncStatus, Time};

use super::findings::{Finding, Judgement, around, span};

/// How long a table may lack rows, an endpoint may fail, and rows may be quarantined. Milliseconds.
const BEHIND_MS: i64 = 15 * 60_000;
const FAILING_MS: i64 = 5 * 60_000;
const QUARANTINED_MS: i64 = 5 * 60_000;

/// All that a table is judged by.
#[derive(Clone, Debug, PartialEq)]
pub struct TableFacts {
    pub now: Time,
    pub status: SyncStatus,
}

/// Judges all conditions of a table.
pub fn judge_table(facts: &TableFacts) -> Judgement {
    let TableFacts { now, status } = facts;
    let mut judgement = Judgement::default();
    if status.paused || !status.held {
        judgement.unknown.extend(AlertKind::OF_TABLES);
        judgement.findings.extend(unattended(*now, status));
        return judgement;
    }
    let finding = match status.state {
        SyncState::Waiting | SyncState::EpochChanged | SyncState::ShapeDiffers => {
            Some(found(facts, AlertKind::TableStopped, status.since, "Decide on the page of the table."))
        }
        SyncState::Unreachable | SyncState::Refused if now.since(status.since) >= FAILING_MS => {
            let advice = "Check that both databases answer, and what their users may do.";
            Some(found(facts, AlertKind::TableFailing, status.since, advice))
        }
        SyncState::Quarantined if now.since(status.since) >= QUARANTINED_MS => {
            let advice = "Correct the rows, or what the copy allows, and retry them on the page of the table.";
            Some(found(facts, AlertKind::TableQuarantined, status.since, advice))
        }
        SyncState::HeldBack | SyncState::Uploading | SyncState::Reconciling => behind(facts),
        _ => None,
    };
    if finding.is_none() && matches!(status.state, SyncState::New | SyncState::Unreachable | SyncState::Refused) {
        // What is wrong with its rows is not known meanwhile.
        judgement.unknown.extend(AlertKind::OF_TABLES);
    }
    judgement.findings.extend(finding);
    judgement
}

fn behind(facts: &TableFacts) -> Option<Finding> {
    let TableFacts { now, status } = facts;
    let held_back = status.held_back.as_ref().filter(|_| status.state == SyncState::HeldBack);
    let since = match held_back {
        Some(held_back) => held_back.since.unwrap_or(status.since),
        None => status.verified?.at,
    };
    let advice = match held_back {
        Some(_) => "End that transaction, or see why it stays open.",
        None => "See on the page of the table what it waits for: its rate, refused rows, and its last evaluations.",
    };
    (now.since(since) >= BEHIND_MS).then(|| found(facts, AlertKind::TableBehind, since, advice))
}

/// No process evaluates a table that Logyard should keep in sync.
fn unattended(now: Time, status: &SyncStatus) -> Option<Finding> {
    let last = status.looked_at.filter(|_| !status.paused && status.source == SyncSource::Logyard)?;
    Some(Finding {
        kind: AlertKind::Unknown,
        since: last,
        reason: format!("State unknown: no process has evaluated the table for {}.", span(now.since(last))),
        advice: "Check that a Logyard server or worker runs with this table in its configuration.".to_owned(),
        runs: Vec::new(),
        keys: Vec::new(),
        window: around(last, now),
        weight: 1,
    })
}

fn found(facts: &TableFacts, kind: AlertKind, since: Time, advice: &str) -> Finding {
    let TableFacts { now, status } = facts;
    let weight = match kind {
        AlertKind::TableQuarantined => status.quarantined,
        AlertKind::TableBehind => status.behind.unwrap_or(1),
        _ => 1,
    };
    Finding {
        kind,
        since,
        reason: status.reason.clone(),
        advice: advice.to_owned(),
        runs: Vec::new(),
        keys: Vec::new(),
        window: around(since, *now),
        weight: weight.max(1),
    }
}

#[cfg(test)]
mod tests {
    use model::{Evidence, HeldBack, Verified};

    use super::*;

    const MINUTE: i64 = 60_000;

    fn status(state: SyncState, since: i64) -> SyncStatus {
        let unseen = SyncStatus::unseen("orders".parse().unwrap(), SyncSource::Logyard, Time(since));
        SyncStatus { state, held: true, looked_at: Some(Time(since)), reason: "So it is.".to_owned(), ..unseen }
    }

    fn kinds(status: SyncStatus, now: i64) -> Vec<AlertKind> {
        let judgement = judge_table(&TableFacts { now: Time(now), status });
        judgement.findings.iter().map(|finding| finding.kind).collect()
    }

    #[test]
    fn decision_that_waits_for_a_person_alerts_at_once_and_faults_after_minutes() {
        for state in [SyncState::Waiting, SyncState::EpochChanged, SyncState::ShapeDiffers] {
            assert_eq!(kinds(status(state, 0), 1), [AlertKind::TableStopped], "{state:?}");
        }
        for (state, kind) in [
            (SyncState::Unreachable, AlertKind::TableFailing),
            (SyncState::Refused, AlertKind::TableFailing),
            (SyncState::Quarantined, AlertKind::TableQuarantined),
        ] {
            assert_eq!(kinds(status(state, 0), 5 * MINUTE - 1), [], "{state:?}");
            assert_eq!(kinds(status(state, 0), 5 * MINUTE), [kind], "{state:?}");
        }
        assert_eq!(kinds(status(SyncState::InSync, 0), 100 * MINUTE), []);
    }

    #[test]
    fn table_is_behind_once_it_was_in_sync_and_is_not_for_long() {
        let first_load = status(SyncState::Uploading, 0);
        assert_eq!(kinds(first_load.clone(), 1_000 * MINUTE), []);
        let verified = Some(Verified { below: 5, at: Time(0), shown_by: Evidence::Cells });
        let later = SyncStatus { verified, ..first_load };
        assert_eq!(kinds(later.clone(), 15 * MINUTE - 1), []);
        assert_eq!(kinds(later, 15 * MINUTE), [AlertKind::TableBehind]);
        let held_back = Some(HeldBack { rows: 20, since: Some(Time(0)), by: "process 7".to_owned() });
        let verified = Some(Verified { below: 5, at: Time(14 * MINUTE), shown_by: Evidence::Cells });
        let held = SyncStatus { held_back, verified, ..status(SyncState::HeldBack, MINUTE) };
        assert_eq!(
            kinds(held, 15 * MINUTE),
            [AlertKind::TableBehind],
            "though it is verified below the rows held back"
        );
    }

    #[test]
    fn unattended_table_is_unknown_and_resolves_nothing() {
        let gone = SyncStatus { held: false, ..status(SyncState::InSync, 0) };
        let judgement = judge_table(&TableFacts { now: Time(9 * MINUTE), status: gone.clone() });
        assert!(judgement.findings[0].reason.contains("for 9 min"), "{judgement:?}");
        assert!(AlertKind::OF_TABLES.iter().all(|kind| judgement.unknown.contains(kind)));
        let paused = SyncStatus { paused: true, ..gone.clone() };
        assert_eq!(kinds(paused, 9 * MINUTE), [], "somebody paused it");
        let agent = SyncStatus { source: SyncSource::Agent, ..gone };
        assert_eq!(kinds(agent, 9 * MINUTE), [], "agents come and go");
    }
}
