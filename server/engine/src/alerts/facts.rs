//! What is known of a pipeline at a moment.
//!
//! Always: bounded. Of runs the newest [`Facts::MOST_RUNS`] count, however many there were.

use model::{Key, Outcome, Run, RunId, RunSource, Time};

/// All that conditions rest on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Facts {
    pub now: Time,
    /// Seconds within which another log object is expected; `None`: nobody parts.
    pub every_s: Option<u64>,
    /// Since when somebody watches; silence before that says nothing.
    pub watched_since: Option<Time>,
    /// The newest first.
    pub runs: Vec<RunFacts>,
    /// Whence runs are known; `None`: they are recorded by whoever does them, and there is nothing to read.
    pub runs_reader: Option<Reader>,
    /// Whence it is known what waits; `None`: nobody looks.
    pub objects_reader: Option<Reader>,
    /// Why what waits could not be shipped.
    pub shipping_error: Option<String>,
    pub gaps: Gaps,
    /// `None`: the bucket was not held against the runs, or could not be listed.
    pub arrived: Option<Arrived>,
}

/// One of the tasks that the facts come from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reader {
    /// What it reads, for a sentence: `the log group /aws/lambda/api-prod-elb`.
    pub what: String,
    /// When it last looked, whatever came of it.
    pub polled_at: Option<Time>,
    /// Why the last look came to nothing.
    pub error: Option<String>,
    /// Somebody is at it.
    pub leased: bool,
    /// How far behind the present it is. Milliseconds.
    pub behind_ms: u64,
}

/// Objects that nobody handled, or not to their end.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Gaps {
    pub count: u64,
    /// When the oldest of them was written.
    pub oldest: Option<Time>,
    /// Some of them, the oldest first.
    pub keys: Vec<String>,
}

/// Log objects of the last day, as the bucket held against the runs counts them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Arrived {
    pub objects: u64,
    /// Those of them that more than one run delivered.
    pub duplicates: u64,
}

/// As much of a run as conditions ask for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RunFacts {
    pub id: RunId,
    pub source: RunSource,
    /// Part of a job that a person asked for: says nothing of the pipeline's own rhythm.
    pub of_job: bool,
    pub outcome: Outcome,
    pub started_at: Time,
    pub ended_at: Time,
    pub encountered: u64,
    pub parsed: u64,
    /// Events known to be missing; 0 where nothing is known of the run.
    pub lost: u64,
    pub memory_mb: Option<u64>,
    pub memory_limit_mb: Option<u64>,
    pub key: Option<Key>,
}

impl Facts {
    /// So many runs are looked at.
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

    /// Events that are missing, by the figures of a run's row. Only of a partial run: a whole one left out what it was
    /// told to leave out, and of any other the figures are no proof.
    pub fn lost_of(outcome: Outcome, encountered: u64, parsed: u64, delivered: u64, failures: u64) -> u64 {
        if outcome != Outcome::Partial {
            return 0;
        }
        // What failed without being a record that could not be parsed, failed on its way.
        let unsent = failures.saturating_sub(encountered.saturating_sub(parsed));
        parsed.saturating_sub(delivered).max(unsent)
    }

    /// It tried, and nothing says that anything arrived.
    pub fn without_result(&self) -> bool {
        matches!(self.outcome, Outcome::TimedOut | Outcome::Crashed | Outcome::Unknown)
    }
}
