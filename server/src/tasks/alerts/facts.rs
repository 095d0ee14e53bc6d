//! Gathers what conditions are judged by: the one place that knows which tables hold it.

use db::{Db, DbError, RunFigures, ScheduleBrief, Watching};
use engine::alerts::{
    Arrived, CANARY_SIZES, CanaryFacts, Facts, Finding, FiringFacts, FiringOutcome, Gaps, Probe, Reader, RunFacts,
    ScheduleFacts,
};
use model::{
    Fired, Firing, FiringId, Following, Function, GapKind, Job, NEEDS_CONFIRMATION, Pipeline, Reconciled,
    Reconciliation, SinkName, Spec, State, Time, Window,
};
use tracing::warn;

/// How far back objects are counted, in milliseconds: as far as the reconciler lists in each round.
const OBJECTS_MS: i64 = 86_400_000;
/// Canary events of a size that are searched for the last one that arrived.
const CANARIES: u32 = 100;

/// `started_at`: when this process started. A pipeline without any earlier record counts as watched since then.
pub async fn of_pipeline(db: &Db, pipeline: &Pipeline, started_at: Time) -> Result<Facts, DbError> {
    let most = u32::try_from(Facts::MOST_RUNS).unwrap_or(u32::MAX);
    let now = db.now();
    let (runs, following, watching, reconciliation) = tokio::try_join!(
        db.run_figures(&pipeline.name, most),
        db.following(&pipeline.name),
        db.watching(&pipeline.name),
        db.reconciliation(&pipeline.name, Window::around(Time(now.0 - OBJECTS_MS), now, 0))
    )?;
    let following = following.filter(|_| pipeline.follow);
    let follower = pipeline.follow.then(|| follower(pipeline, following.as_ref()));
    let arrived = reconciliation.as_ref().filter(|found| found.error.is_none()).map(arrived);
    let (objects_reader, gaps) = match (&following, reconciliation) {
        (Some(following), _) => (follower.clone(), waiting(following)),
        (None, Some(found)) if !pipeline.follow => (Some(reconciler(pipeline, &found)), missing(&found)),
        (None, _) => (follower.clone(), Gaps::default()),
    };
    Ok(Facts {
        now,
        every_s: pipeline.every_s,
        watched_since: Some(following.as_ref().map_or(started_at, |following| following.since)),
        runs: runs.into_iter().map(seen).collect(),
        // Runs of a function are read from its log. A follower makes its runs itself: one that cannot scan makes none.
        runs_reader: pipeline.function.as_ref().map(|function| watcher(function, watching)).or(follower),
        objects_reader,
        shipping_error: following.filter(|found| found.oldest.is_some()).and_then(|found| found.error),
        gaps,
        arrived,
    })
}

/// A follower that knows what waits has scanned; its error is then about shipping.
fn follower(pipeline: &Pipeline, following: Option<&Following>) -> Reader {
    Reader {
        what: format!("its source {}", pipeline.source),
        polled_at: following.map(|following| following.looked_at),
        error: following.filter(|following| following.oldest.is_none()).and_then(|following| following.error.clone()),
        leased: following.is_some_and(|following| following.held),
        behind_ms: 0,
    }
}

fn waiting(following: &Following) -> Gaps {
    Gaps { count: following.waiting, oldest: following.oldest, keys: Vec::new() }
}

fn watcher(function: &Function, watching: Option<Watching>) -> Reader {
    let what = format!("the log group {}", function.log_group);
    match watching {
        None => Reader { what, polled_at: None, error: None, leased: false, behind_ms: 0 },
        Some(watching) => Reader {
            what,
            polled_at: Some(watching.failing_since.unwrap_or(watching.looked_at)),
            error: watching.error,
            leased: watching.held,
            behind_ms: watching.behind_ms,
        },
    }
}

/// The error of a reconciliation says so if no process has listed the source lately.
fn reconciler(pipeline: &Pipeline, found: &Reconciliation) -> Reader {
    Reader {
        what: format!("its source {}", pipeline.source),
        polled_at: Some(found.listed_at),
        error: found.error.clone(),
        leased: true,
        behind_ms: 0,
    }
}

/// Objects with a failed run are reported by that run.
fn missing(found: &Reconciliation) -> Gaps {
    let never = || found.gaps.iter().filter(|gap| gap.kind == GapKind::Never);
    Gaps {
        count: found.intervals.iter().map(|interval| interval.never).sum(),
        oldest: found.oldest_unhandled,
        keys: never().map(|gap| gap.key.clone()).take(Finding::EVIDENCE).collect(),
    }
}

fn arrived(found: &Reconciliation) -> Arrived {
    let sum = |count: fn(&Reconciled) -> u64| found.intervals.iter().map(count).sum();
    Arrived { objects: sum(|interval| interval.objects), duplicates: sum(|interval| interval.twice) }
}

/// What a person accepted as missing is no loss.
fn seen(run: RunFigures) -> RunFacts {
    let lost = RunFacts::lost_of(run.outcome, run.encountered, run.parsed, run.delivered, run.failures);
    RunFacts {
        id: run.id,
        source: run.source,
        of_job: run.of_job,
        outcome: run.outcome,
        started_at: run.started_at,
        ended_at: Time(run.started_at.0.saturating_add_unsigned(run.duration_ms)),
        encountered: if run.accepted { run.parsed } else { run.encountered },
        parsed: run.parsed,
        lost: if run.accepted { 0 } else { lost },
        memory_mb: run.memory_mb,
        memory_limit_mb: run.memory_limit_mb,
        key: run.key,
    }
}

pub async fn of_sink(db: &Db, sink: &SinkName, every_ms: i64) -> Result<CanaryFacts, DbError> {
    let mut probes = Vec::new();
    for bytes in CANARY_SIZES {
        let known = db.marked_events(sink, bytes, None, CANARIES).await?;
        let arrived_last = known.iter().find(|event| event.error.is_none()).map(|event| event.at);
        probes.extend(known.first().map(|last| Probe { bytes, at: last.at, arrived_last, error: last.error.clone() }));
    }
    Ok(CanaryFacts { now: db.now(), every_ms, probes })
}

/// Firings that cannot be read leave everything unknown, for this schedule alone.
pub async fn of_schedule(db: &Db, schedule: &ScheduleBrief) -> Result<ScheduleFacts, DbError> {
    let firings = match db.firings(schedule.id, None, ScheduleFacts::MOST_FIRINGS).await {
        Ok(page) => page.items,
        Err(DbError::Corrupt(error)) => {
            warn!(
                name = schedule.name.as_str(),
                error, "firings of a schedule are unreadable; its alerts stay as they are"
            );
            Vec::new()
        }
        Err(error) => return Err(error),
    };
    let started = firings.iter().filter_map(|(_, fired)| fired.firing.started()).collect();
    let jobs = match db.jobs_among(started).await {
        Err(DbError::Corrupt(_)) => Vec::new(),
        jobs => jobs?,
    };
    let firing = |(_, fired): (FiringId, Fired)| {
        let job = fired.firing.started().and_then(|id| jobs.iter().find(|job| job.id == id));
        FiringFacts { at: fired.at, outcome: outcome(&fired.firing, job) }
    };
    Ok(ScheduleFacts { now: db.now(), due: schedule.due, firings: firings.into_iter().map(firing).collect() })
}

fn outcome(firing: &Firing, job: Option<&Job>) -> FiringOutcome {
    let job = match firing {
        Firing::Skipped { .. } => return FiringOutcome::Skipped,
        Firing::Refused { reason } => return FiringOutcome::Failed(reason.clone()),
        Firing::Started { .. } => job,
    };
    let Some(job) = job else { return FiringOutcome::Unclear };
    // A job that runs for the first time is at its first attempt, and was at none while it waited.
    let first = job.attempt <= i64::from(job.state != State::Queued);
    match (job.state, &job.error) {
        (State::Succeeded, _) => FiringOutcome::Succeeded,
        (State::Failed, Some(error)) if error.code == NEEDS_CONFIRMATION => {
            let exceeds = match &job.spec {
                Spec::Clone(spec) => spec.consent.as_ref().and_then(|standing| standing.decision.clone()),
                _ => None,
            };
            let exceeds = exceeds.and_then(|decision| decision.exceeds);
            FiringOutcome::Unconfirmed(exceeds.unwrap_or_else(|| error.message.clone()))
        }
        (State::Failed, error) => {
            let reason = error.as_ref().map(|error| error.message.clone());
            FiringOutcome::Failed(reason.unwrap_or_else(|| "no reason is on record".to_owned()))
        }
        (State::Queued | State::Running | State::Paused, _) if first => FiringOutcome::Pending,
        (State::Queued | State::Running | State::Paused | State::Cancelled, _) => FiringOutcome::Unclear,
    }
}
