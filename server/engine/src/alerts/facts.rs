//! The facts about a pipeline at one moment: all that its conditions are judged by.
//!
//! Always: bounded. At most the newest [`Facts::MOST_RUNS`] runs count.

use model::{Key, Outcome, Run, RunId, RunSource, Time};

/// All that the conditions of a pipeline rest on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Facts {
    pub now: Time,
    /// Seconds within which another log object is expected; `None` if not configured.
    pub every_s: Option<u64>,
    /// When monitoring began; silence before that proves nothing.
    pub watched_since: Option<Time>,
    /// Newest first.
    pub runs: Vec<RunFacts>,
    /// The task that reads runs; `None` where the shipper records its own runs and there is nothing to read.
    pub runs_reader: Option<Reader>,
    /// The task that lists waiting objects; `None` if no task does.
    pub objects_reader: Option<Reader>,
    /// Why waiting objects could not be shipped.
    pub shipping_error: Option<String>,
    pub gaps: Gaps,
    /// `None` if the bucket was not reconciled with the runs, or could not be listed.
    pub arrived: Option<Arrived>,
}

/// State of a task that gathers facts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reader {
    /// What it reads, for a sentence: `the log group /aws/lambda/api-prod-elb`.
    pub what: String,
    /// When it last polled, whether or not that succeeded.
    pub polled_at: Option<Time>,
    /// Why its last poll failed.
    pub error: Option<String>,
    /// Whether a process holds its lease.
    pub leased: bool,
    /// How far it lags behind the present, in milliseconds.
    pub behind_ms: u64,
}

/// Objects that were not processed, or only partially.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Gaps {
    pub count: u64,
    /// When the oldest of them was written to the bucket.
    pub oldest: Option<Time>,
    /// Keys of some of them, oldest first.
    pub keys: Vec<String>,
}

/// Log objects of the last day, as counted by reconciliation.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Arrived {
    pub objects: u64,
    /// Those of them that more than one run sent.
    pub duplicates: u64,
}

/// The part of a run that conditions are judged by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RunFacts {
    pub id: RunId,
    pub source: RunSource,
    /// Part of a job that a person started: proves nothing about the pipeline's own schedule.
    pub of_job: bool,
    pub outcome: Outcome,
    pub started_at: Time,
    pub ended_at: Time,
    pub encountered: u64,
    pub parsed: u64,
    /// Events known to be missing; 0 if nothing is known about the run.
    pub lost: u64,
    pub memory_mb: Option<u64>,
    pub memory_limit_mb: Option<u64>,
    pub key: Option<Key>,
}

impl Facts {
    /// Most runs that are judged.
    pub const MOST_RUNS: usize = 1_000;
}

impl RunFacts {
    pub fn of(run: &Run) -> Self {
        let summary = run.summary.clone().unwrap_or_default();
        let failures = summary.failures.parsing.total + summary.failures.sending.total + summary.failures.reading.total;
        let lost =
            Self::lost_of(run.outcome, summary.lines.encountered, summary.lines.parsed, summary.delivered(), failures);
        Self {
            id: run.id,
            source: run.source,
            of_job: run.job.is_some(),
            outcome: run.outcome,
            started_at: run.started_at,
            ended_at: Time(run.started_at.0.saturating_add_unsigned(run.duration_ms)),
            encountered: summary.lines.encountered,
            parsed: summary.lines.parsed,
            lost,
            memory_mb: run.memory_mb,
            memory_limit_mb: run.invocation.as_ref().and_then(|invocation| invocation.memory_limit_mb),
            key: run.key.clone(),
        }
    }

    /// Events that are missing by the figures of a run's row. Only a partial run has any: a complete run left out only
    /// what it was told to filter, and the figures of any other run prove nothing.
    pub fn lost_of(outcome: Outcome, encountered: u64, parsed: u64, delivered: u64, failures: u64) -> u64 {
        if outcome != Outcome::Partial {
            return 0;
        }
        // Failures that are not parsing failures happened while sending.
        let unsent = failures.saturating_sub(encountered.saturating_sub(parsed));
        parsed.saturating_sub(delivered).max(unsent)
    }

    /// Whether it ran without any evidence that an event was sent: timed out, crashed, or never logged an end.
    pub fn without_result(&self) -> bool {
        matches!(self.outcome, Outcome::TimedOut | Outcome::Crashed | Outcome::Unknown)
    }
}
