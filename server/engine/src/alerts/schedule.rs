//! Judges a schedule by its firings since one last succeeded.
//!
//! Always: only a job that succeeded resolves anything. A job that is gone, cancelled or retried proves nothing: meanwhile
//! alerts neither open nor resolve. A job that runs for the first time changes nothing either way.

use model::{AlertKind, Time, number::counted};

use super::findings::{Finding, Judgement, around, span};

/// Kinds of alerts of schedules that rest on firings.
const KINDS: [AlertKind; 3] = [AlertKind::JobFailed, AlertKind::Skipped, AlertKind::Unconfirmed];

/// How long a due time may wait for a process that handles it. Milliseconds.
const OVERDUE_MS: i64 = 5 * 60_000;

/// All that a schedule is judged by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScheduleFacts {
    pub now: Time,
    /// Its next time, which has passed if no process handled it.
    pub due: Option<Time>,
    /// Newest first.
    pub firings: Vec<FiringFacts>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FiringFacts {
    pub at: Time,
    pub outcome: FiringOutcome,
}

/// What became of a firing and of the job that it started.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FiringOutcome {
    Succeeded,
    /// Its job has not ended yet.
    Pending,
    /// Its job is gone, was cancelled, or was retried and has not ended.
    Unclear,
    /// Its job failed or did not start, for this reason.
    Failed(String),
    /// Its job copied, and waits for a confirmation to delete, for this reason.
    Unconfirmed(String),
    Skipped,
}

impl FiringOutcome {
    fn kind(&self) -> Option<AlertKind> {
        match self {
            Self::Failed(_) => Some(AlertKind::JobFailed),
            Self::Skipped => Some(AlertKind::Skipped),
            Self::Unconfirmed(_) => Some(AlertKind::Unconfirmed),
            Self::Succeeded | Self::Pending | Self::Unclear => None,
        }
    }
}

impl ScheduleFacts {
    /// Most firings that are judged.
    pub const MOST_FIRINGS: u32 = 20;
}

/// Judges all conditions of a schedule.
pub fn judge_schedule(facts: &ScheduleFacts) -> Judgement {
    let mut judgement = Judgement::default();
    let succeeded = facts.firings.iter().position(|firing| firing.outcome == FiringOutcome::Succeeded);
    let since = &facts.firings[..succeeded.unwrap_or(facts.firings.len())];
    let unclear = since.iter().any(|firing| firing.outcome == FiringOutcome::Unclear);
    for kind in KINDS {
        let found: Vec<&FiringFacts> = since.iter().filter(|firing| firing.outcome.kind() == Some(kind)).collect();
        match finding(kind, &found) {
            Some(finding) => judgement.findings.push(finding),
            None if succeeded.is_none() || unclear => {
                judgement.unknown.insert(kind);
            }
            None => {}
        }
    }
    judgement.findings.extend(overdue(facts));
    judgement
}

/// `found`: the firings of this kind, newest first.
fn finding(kind: AlertKind, found: &[&FiringFacts]) -> Option<Finding> {
    let (newest, oldest) = (found.first()?, found.last()?);
    let again = match found.len() {
        1 => String::new(),
        many => format!(" {} since the last success.", counted(many as u64, "such firing")),
    };
    let (reason, advice) = match &newest.outcome {
        FiringOutcome::Failed(reason) => (
            format!("The last firing failed: {}.{again}", reason.trim_end_matches('.')),
            "Open the schedule's history and the job, remove the cause, and run the schedule again.",
        ),
        FiringOutcome::Unconfirmed(reason) => (
            format!("Nothing was deleted: {}.{again}", reason.trim_end_matches('.')),
            "Look at the plan on the page of the schedule, and confirm it within 72 hours, or correct the source.",
        ),
        _ => (
            format!("A time was skipped, because the last job had not ended.{again}"),
            "See why the last job takes so long, or let the schedule fire less often.",
        ),
    };
    Some(Finding {
        kind,
        since: oldest.at,
        reason,
        advice: advice.to_owned(),
        runs: Vec::new(),
        keys: Vec::new(),
        window: around(oldest.at, newest.at),
        weight: found.len() as u64,
    })
}

fn overdue(facts: &ScheduleFacts) -> Option<Finding> {
    let due = facts.due.filter(|due| facts.now.since(*due) > OVERDUE_MS)?;
    Some(Finding {
        kind: AlertKind::Unknown,
        since: due,
        reason: format!("State unknown: no process has handled its time of {} ago.", span(facts.now.since(due))),
        advice: "Check that a Logyard server or worker runs with `schedule` under [tasks].".to_owned(),
        runs: Vec::new(),
        keys: Vec::new(),
        window: around(due, facts.now),
        weight: 1,
    })
}

#[cfg(test)]
mod tests {
    use super::{FiringOutcome::*, *};

    fn judge(outcomes: &[FiringOutcome]) -> Judgement {
        let newest_first = (0..).map(|number| Time(1_000_000 - number * 1_000));
        let firings = newest_first.zip(outcomes).map(|(at, outcome)| FiringFacts { at, outcome: outcome.clone() });
        judge_schedule(&ScheduleFacts { now: Time(1_000_000), due: None, firings: firings.collect() })
    }

    fn failed() -> FiringOutcome {
        Failed("No such bucket.".to_owned())
    }

    fn kinds(judgement: &Judgement) -> Vec<AlertKind> {
        judgement.findings.iter().map(|finding| finding.kind).collect()
    }

    #[test]
    fn failures_are_grouped_by_cause_until_a_success() {
        let judgement = judge(&[Skipped, failed(), failed(), Succeeded, failed(), Skipped]);
        assert_eq!(kinds(&judgement), [AlertKind::JobFailed, AlertKind::Skipped]);
        assert!(judgement.unknown.is_empty(), "an unconfirmed plan before the success is resolved");
        let of_jobs = &judgement.findings[0];
        assert_eq!(of_jobs.reason, "The last firing failed: No such bucket. 2 such firings since the last success.");
        assert_eq!((of_jobs.since, of_jobs.weight), (Time(998_000), 2));
        let resolved = judge(&[Succeeded, failed(), Skipped]);
        assert!(resolved.findings.is_empty() && resolved.unknown.is_empty());
    }

    #[test]
    fn what_is_not_known_resolves_nothing() {
        for outcomes in
            [vec![], vec![Pending], vec![Unclear, Succeeded], vec![Pending, Unclear, Succeeded], vec![Unclear]]
        {
            let judgement = judge(&outcomes);
            assert!(judgement.findings.is_empty(), "{outcomes:?}");
            assert_eq!(judgement.unknown.len(), KINDS.len(), "{outcomes:?}");
        }
        let running = judge(&[Pending, Succeeded, failed()]);
        assert!(running.findings.is_empty() && running.unknown.is_empty(), "a success stands while the next job runs");
    }

    #[test]
    fn waiting_plan_is_a_finding_of_its_own() {
        let judgement = judge(&[Unconfirmed("5 objects would be deleted.".to_owned()), Succeeded]);
        assert_eq!(kinds(&judgement), [AlertKind::Unconfirmed]);
        assert_eq!(judgement.findings[0].reason, "Nothing was deleted: 5 objects would be deleted.");
    }

    #[test]
    fn unhandled_time_is_unknown_after_five_minutes() {
        let due = |due| ScheduleFacts { now: Time(1_000_000), due: Some(Time(due)), firings: Vec::new() };
        assert!(judge_schedule(&due(700_000)).findings.is_empty());
        assert_eq!(kinds(&judge_schedule(&due(699_999))), [AlertKind::Unknown]);
        assert!(judge_schedule(&due(2_000_000)).findings.is_empty());
    }
}
