//! The log reader: reads the log groups of functions, and records their runs as they come.
//!
//! A leased task per pipeline with a `log_group`. A poll reads new events and, before them, a few minutes again, as
//! events come late. Events that come later still are found by a sweep over the last day, which goes on beside the
//! polls and takes less of the time the longer it takes.
//!
//! Always: only the holder of the lease records runs, each once, however often its lines are read. The cursor is stored
//! after the runs before it. A log group that cannot be read is reported as an error, with the time it began, and
//! retried: it must not be taken for a silent one.

mod live;
mod reading;
mod sweep;

use std::{sync::Arc, time::Duration};

use db::{Db, DbError, Recorder, Watched, task};
use engine::logs::{Logs, LogsError};
use model::Time;
use tokio::time::Instant;
use tracing::warn;

pub use self::reading::Reading;
use self::{live::Live, sweep::Sweep};
use crate::{
    connections::log_groups::{Group, LogGroups},
    tasks::{
        leased::{Lease, LeaseTerms, LeasedTask, Started, TaskError},
        runner,
    },
};

/// Pause between polls, at least; it grows with the time that a poll takes.
const BETWEEN: Duration = Duration::from_secs(3);
const BETWEEN_AT_MOST: Duration = Duration::from_secs(30);
/// Pause after a poll that failed.
const BETWEEN_RETRIES: Duration = Duration::from_secs(10);
/// How far back a log group is read that nobody has read before, and how far back a sweep goes.
const BACK_MS: i64 = 86_400_000;

pub struct Context {
    pub db: Db,
    pub groups: LogGroups,
    /// The name under which leases are held.
    pub holder: Arc<str>,
    pub lease_ms: i64,
}

/// Reads one log group.
pub struct LogReader {
    context: Arc<Context>,
    group: Arc<Group>,
}

/// What the holder of a log group remembers from one round to the next.
#[derive(Default)]
pub struct State {
    logs: Option<Logs>,
    progress: Option<(Live, Sweep)>,
}

/// A log group, read under a lease.
struct Poll<'a> {
    db: &'a Db,
    group: &'a Group,
    logs: &'a Logs,
    lease: &'a Lease,
}

/// Why a poll ended early.
#[derive(Debug, thiserror::Error)]
enum Interrupted {
    #[error(transparent)]
    Logs(#[from] LogsError),
    #[error(transparent)]
    Db(#[from] DbError),
    #[error("lease lost: another process reads the log group now")]
    Lost,
}

impl Context {
    /// The context of the runner's process.
    pub fn of(runner: &runner::Context) -> Self {
        Self {
            db: runner.db.clone(),
            groups: runner.groups.clone(),
            holder: Arc::clone(&runner.holder),
            lease_ms: runner.config.lease_ms,
        }
    }
}

impl LogReader {
    pub fn start(context: Context) -> Started {
        let mut started = Started::default();
        let terms = LeaseTerms::new(context.db.clone(), Arc::clone(&context.holder), context.lease_ms);
        started.lease(&terms, Self::all(context));
        started
    }

    /// One for each log group.
    pub fn all(context: Context) -> Vec<Self> {
        let context = Arc::new(context);
        context.groups.iter().map(|group| Self { context: Arc::clone(&context), group }).collect()
    }
}

impl LeasedTask for LogReader {
    const NAME: &'static str = task::READ_LOGS;
    type State = State;

    fn key(&self) -> &str {
        self.group.pipeline.name.as_str()
    }

    async fn round(&mut self, state: &mut State, lease: &Lease) -> Result<Duration, TaskError> {
        let began = Instant::now();
        let logs = match &mut state.logs {
            Some(logs) => logs,
            none => none.insert(self.context.groups.connect(&self.group).await),
        };
        let poll = Poll { db: &self.context.db, group: &self.group, logs, lease };
        match poll.run(&mut state.progress).await {
            Ok(()) => Ok(BETWEEN.max(began.elapsed()).min(BETWEEN_AT_MOST)),
            Err(Interrupted::Lost) => Err(TaskError::Lost),
            Err(Interrupted::Db(error)) => {
                state.progress = None;
                Err(error.into())
            }
            Err(Interrupted::Logs(error)) => {
                poll.report_error(state.progress.as_ref(), &error).await;
                let error = format!("{error}. {}", error.advice());
                Err(TaskError::Failed { error, retry_in: BETWEEN_RETRIES })
            }
        }
    }
}

impl Poll<'_> {
    /// Polls once, and goes on with the sweep.
    async fn run(&self, progress: &mut Option<(Live, Sweep)>) -> Result<(), Interrupted> {
        let first = Time(self.db.now().0 - BACK_MS);
        let from = self.db.watch(&self.group.pipeline.name, &self.lease.holder, self.lease.ms(), first).await?;
        let from = from.ok_or(Interrupted::Lost)?;
        // Where another process has read meanwhile, this one continues from there.
        let (live, sweep) = match progress {
            Some(known) if known.0.cursor() == from => known,
            _ => progress.insert((Live::new(self.group, from), Sweep::new())),
        };
        live.poll(self).await?;
        sweep.go_on(self, live.read_again_from()).await
    }

    /// Stores why the log group cannot be read, for pages and alerts.
    async fn report_error(&self, progress: Option<&(Live, Sweep)>, error: &LogsError) {
        let Some((live, _)) = progress else { return };
        let look = Watched {
            cursor: live.cursor(),
            behind_ms: live.behind_ms(self.db.now()),
            error: Some(format!("{error}. {}", error.advice())),
        };
        if let Err(error) = self.report(&look).await {
            warn!(%error, "error of the log group not stored; the next poll stores its own");
        }
    }

    async fn report(&self, look: &Watched) -> Result<(), Interrupted> {
        let (name, lease) = (&self.group.pipeline.name, self.lease);
        if self.db.watched(name, &lease.holder, lease.ms(), look).await? { Ok(()) } else { Err(Interrupted::Lost) }
    }

    async fn record(&self, invocations: &[db::NewInvocation]) -> Result<(), Interrupted> {
        if invocations.is_empty() {
            return Ok(());
        }
        let by = Recorder::LogReader(&self.lease.holder);
        let recorded = self.db.record_invocations(&self.group.pipeline.name, by, invocations).await?;
        recorded.map(|_| ()).ok_or(Interrupted::Lost)
    }

    async fn page(
        &self,
        stretch: &engine::logs::Stretch,
        token: Option<&str>,
    ) -> Result<engine::logs::Page, Interrupted> {
        Ok(self.logs.page(stretch, token).await?)
    }
}
