//! A backfill as the runner starts it: reads the log of a function in a window into the table of runs.
//!
//! Always: runs are recorded, under the job's lease, before the checkpoint that passes their events. A window counts as
//! read once the log was read beyond its end by as much as a run takes.

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use db::{Claimed, Db, DbError, Recorder};
use engine::logs::{Logs, LogsError, LogsFault, Page, Stretch};
use model::{BackfillSpec, Backfilled, JobError, JobId, Lines, Phase, Progress, Proof, Time};
use serde::{Deserialize, Serialize};
use tokio::time::{Instant, sleep};
use tokio_util::sync::CancellationToken;
use tracing::warn;

use super::{Context, dispatch::AttemptFault};
use crate::{
    connections::log_groups::{Group, LogGroups},
    tasks::log_reader::Reading,
};

/// How often a failed page is retried, and the pause between.
const PATIENCE: u32 = 20;
const BETWEEN_TRIES: Duration = Duration::from_secs(15);
/// How long after a function's timeout platform lines may come.
const LATE_MS: i64 = 60_000;

/// Where an earlier attempt stopped.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Checkpoint {
    /// Runs that began before this time are recorded.
    cursor: Option<Time>,
    events: u64,
}

/// Progress of a running backfill. Cheap to clone.
#[derive(Clone)]
pub struct Tracker {
    state: Arc<Mutex<Taken>>,
    began: Instant,
    /// Working time of earlier attempts, in milliseconds.
    before_ms: u64,
}

/// Progress with the checkpoint that belongs to it.
#[derive(Clone, Debug, Default)]
pub struct Taken {
    pub progress: Progress,
    pub checkpoint: Checkpoint,
}

impl Tracker {
    pub fn resume(progress: Progress, checkpoint: Checkpoint) -> Self {
        let before_ms = progress.active_ms;
        let state = Arc::new(Mutex::new(Taken { progress, checkpoint }));
        Self { state, began: Instant::now(), before_ms }
    }

    pub fn take(&self) -> Taken {
        let mut state = self.state();
        let worked = u64::try_from(self.began.elapsed().as_millis()).unwrap_or(u64::MAX);
        state.progress.active_ms = self.before_ms.saturating_add(worked);
        state.clone()
    }

    fn state(&self) -> MutexGuard<'_, Taken> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

pub struct Work {
    spec: BackfillSpec,
    job: (JobId, i64),
    db: Db,
    groups: LogGroups,
    group: Arc<Group>,
}

/// Why it ended early.
enum Interrupted {
    Stopped,
    Logs(LogsError),
    Store(DbError),
}

impl Work {
    pub fn of(context: &Context, claimed: &Claimed, spec: &BackfillSpec) -> Result<Self, JobError> {
        let group = context.groups.get(&spec.pipeline).ok_or_else(|| {
            let message = format!("Pipeline `{}` has no log_group in the configuration here.", spec.pipeline);
            let advice = "Add it to the configuration of every server and worker, then retry.";
            JobError::new("no_log_group", &message, advice)
        })?;
        Ok(Self {
            spec: spec.clone(),
            job: (claimed.job.id, claimed.job.attempt),
            db: context.db.clone(),
            groups: context.groups.clone(),
            group: Arc::clone(group),
        })
    }

    pub async fn carry_out(self, tracker: &Tracker, stop: &CancellationToken) -> Result<Option<Proof>, AttemptFault> {
        let read = tokio::select! {
            read = self.read(tracker) => read,
            () = stop.cancelled() => Err(Interrupted::Stopped),
        };
        match read {
            Ok(proof) => Ok(Some(Proof::Backfilled(proof))),
            Err(Interrupted::Stopped) => Err(AttemptFault::Stopped),
            Err(Interrupted::Logs(error)) => Err(AttemptFault::Failed(unreadable(&error))),
            Err(Interrupted::Store(error)) => {
                warn!(%error, "runs not recorded; the job fails");
                let message =
                    "The runs that were read could not be recorded: the database refused them or did not answer.";
                Err(AttemptFault::Failed(JobError::new("database", message, "Check the database, then retry.")))
            }
        }
    }

    async fn read(&self, tracker: &Tracker) -> Result<Backfilled, Interrupted> {
        let logs = self.groups.connect(&self.group).await;
        let (window, mut checkpoint) = (self.spec.window, tracker.state().checkpoint.clone());
        let timeout_ms = i64::try_from(self.group.function.timeout_s.saturating_mul(1_000)).unwrap_or(i64::MAX);
        // Who began at the end of the window is read until nothing more of it can come.
        let end = Time(window.to().0.saturating_add(timeout_ms).saturating_add(LATE_MS));
        let mut reading = Reading::new(&self.group, checkpoint.cursor.unwrap_or(window.from()));
        let read_before = checkpoint.events;
        let stretch = reading.stretch(end);
        let mut token = None;
        loop {
            let page = page(&logs, &stretch, token.as_deref()).await?;
            token = reading.take_in(page, token.as_deref());
            let as_of = if token.is_none() { end.min(self.db.now()) } else { reading.newest() };
            let mut invocations = reading.invocations(as_of, &self.group, &self.db);
            invocations.retain(|invocation| invocation.run.started_at < window.to());
            let by = Recorder::Job(self.job.0, self.job.1);
            let recorded = self.db.record_invocations(&self.spec.pipeline, by, &invocations).await;
            let recorded = recorded.map_err(Interrupted::Store)?.ok_or(Interrupted::Stopped)?;
            checkpoint.cursor = Some(reading.reread_from(reading.newest()));
            checkpoint.events = read_before + reading.events();
            tell(tracker, &checkpoint, recorded, token.is_none());
            if token.is_none() {
                break;
            }
        }
        let runs = self.db.count_invocations(&self.spec.pipeline, window).await.map_err(Interrupted::Store)?;
        Ok(Backfilled { at: self.db.now(), window, events: checkpoint.events, runs })
    }
}

fn tell(tracker: &Tracker, checkpoint: &Checkpoint, recorded: u64, ended: bool) {
    let mut state = tracker.state();
    state.checkpoint = checkpoint.clone();
    let progress = &mut state.progress;
    progress.phase = if ended { Phase::Finished } else { Phase::Reading };
    progress.done += recorded;
    progress.found = progress.done;
    progress.found_final = ended;
    progress.lines = Some(Lines { encountered: checkpoint.events, ..Lines::default() });
    progress.requests += 1;
}

/// Retries where the service refuses or does not answer, so that earlier pages need not be read again.
async fn page(logs: &Logs, stretch: &Stretch, token: Option<&str>) -> Result<Page, Interrupted> {
    let mut tries = 1;
    loop {
        match logs.page(stretch, token).await {
            Ok(page) => return Ok(page),
            Err(error) if tries < PATIENCE && error.passes() => warn!(%error, "page of the log not read; retrying"),
            Err(error) => return Err(Interrupted::Logs(error)),
        }
        tries += 1;
        sleep(BETWEEN_TRIES).await;
    }
}

fn unreadable(error: &LogsError) -> JobError {
    let code = match error.fault {
        LogsFault::Missing => "no_log_group",
        LogsFault::Denied { .. } => "denied",
        LogsFault::BadCredentials { .. } => "bad_credentials",
        LogsFault::ClockSkew { .. } => "clock_skew",
        LogsFault::Throttled { .. } => "throttled",
        LogsFault::Unreachable { .. } => "unreachable",
        LogsFault::Other { .. } => "logs",
    };
    let advice = format!("{} Then retry: it goes on where it stopped.", error.advice());
    JobError::new(code, &error.to_string(), advice)
}
