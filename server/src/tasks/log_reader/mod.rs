//! The watcher: reads the log groups of functions, and records their runs as they come.
//!
//! One task per pipeline with a `log_group`, in every server and worker; the store lets one of them at a time do it. A
//! look reads what is new and, before it, a few minutes again: events come late. What comes later still is found by a
//! sweep over the last day, that goes on beside the looks and takes the less of the time the longer it takes.
//!
//! Always: a run is recorded by whoever holds the log group, once, however often its lines are read. The place to read
//! on from is stored after the runs before it. A group that cannot be read is told as an error, with its beginning, and
//! tried again; nobody is to take it for silence.

mod live;
mod reading;
mod sweep;

use std::{sync::Arc, time::Duration};

use db::{Db, DbError, Recorder, Watched};
use engine::logs::{Logs, LogsError};
use model::Time;
use tokio::{
    task::JoinSet,
    time::{Instant, sleep},
};
use tokio_util::sync::CancellationToken;
use tracing::{Instrument, info_span, warn};

pub use self::reading::Reading;
use self::{live::Live, sweep::Sweep};
use crate::{
    connections::log_groups::{Group, LogGroups},
    tasks::runner,
};

/// Between looks, at least; a look that takes long makes for longer ones.
const BETWEEN: Duration = Duration::from_secs(3);
const BETWEEN_AT_MOST: Duration = Duration::from_secs(30);
/// After a look that came to nothing.
const BETWEEN_TRIES: Duration = Duration::from_secs(10);
/// How long a log group stays with a process that is not heard of. Far longer than a page takes.
const LEASE_MS: i64 = 60_000;
const RENEW_EVERY: Duration = Duration::from_secs(15);
/// How far back a group is read that nobody has read before, and how far back a sweep goes.
const BACK_MS: i64 = 86_400_000;

pub struct Context {
    pub db: Db,
    pub groups: LogGroups,
    /// The name under which leases are held.
    pub holder: Arc<str>,
}

/// Started watchers.
pub struct LogReader {
    shutdown: CancellationToken,
    tasks: JoinSet<()>,
}

/// One log group as it is watched.
struct Watch {
    context: Arc<Context>,
    group: Arc<Group>,
    logs: Logs,
}

/// Why a look ended before its time.
#[derive(Debug, thiserror::Error)]
enum Interrupted {
    #[error(transparent)]
    Logs(#[from] LogsError),
    #[error(transparent)]
    Store(#[from] DbError),
    /// Another reads the group by now.
    #[error("the log group is another's")]
    Lost,
}

impl Context {
    /// Of the same process.
    pub fn of(runner: &runner::Context) -> Self {
        Self { db: runner.db.clone(), groups: runner.groups.clone(), holder: Arc::clone(&runner.holder) }
    }
}

impl LogReader {
    pub fn start(context: Context) -> Self {
        let (shutdown, mut tasks) = (CancellationToken::new(), JoinSet::new());
        let context = Arc::new(context);
        for group in context.groups.iter() {
            let span = info_span!("watcher", pipeline = %group.pipeline.name);
            let (context, shutdown) = (Arc::clone(&context), shutdown.clone());
            let watching = async move {
                let logs = context.groups.connect(&group).await;
                Watch { context, group, logs }.until(shutdown).await;
            };
            tasks.spawn(watching.instrument(span));
        }
        Self { shutdown, tasks }
    }

    /// Gives the log groups back; what was being read is read again by whoever goes on.
    pub async fn stop(mut self) {
        self.shutdown.cancel();
        while self.tasks.join_next().await.is_some() {}
    }
}

impl Watch {
    async fn until(self, shutdown: CancellationToken) {
        tokio::select! {
            () = self.look_again_and_again() => {}
            () = shutdown.cancelled() => {}
        }
        if let Err(error) = self.db().unwatch(&self.group.pipeline.name, &self.context.holder).await {
            warn!(%error, "the log group could not be given back; its lease expires by itself");
        }
    }

    async fn look_again_and_again(&self) {
        // What is known of the group from one look to the next; `None`: it is not ours.
        let mut ours: Option<(Live, Sweep)> = None;
        loop {
            let began = Instant::now();
            let wait = match self.turn(&mut ours).await {
                Ok(()) => BETWEEN.max(began.elapsed()).min(BETWEEN_AT_MOST),
                Err(Interrupted::Lost) => {
                    ours = None;
                    BETWEEN
                }
                Err(Interrupted::Store(error)) => {
                    warn!(%error, "the database refused what a look found; trying again");
                    ours = None;
                    BETWEEN
                }
                Err(Interrupted::Logs(error)) => {
                    warn!(%error, "the log group cannot be read; trying again");
                    self.tell(ours.as_ref(), &error).await;
                    BETWEEN_TRIES
                }
            };
            sleep(wait).await;
        }
    }

    /// One look, if the group is ours, and a part of a sweep.
    async fn turn(&self, ours: &mut Option<(Live, Sweep)>) -> Result<(), Interrupted> {
        let first = Time(self.db().now().0 - BACK_MS);
        let from = self.hold(first).await?.ok_or(Interrupted::Lost)?;
        // Where another has read meanwhile, it is gone on from there.
        let (live, sweep) = match ours {
            Some(known) if known.0.cursor() == from => known,
            _ => ours.insert((Live::new(&self.group, from), Sweep::new())),
        };
        live.look(self).await?;
        sweep.go_on(self, live.read_again_from()).await
    }

    /// Takes or keeps the group: where to read on from. `None`: it is another's.
    async fn hold(&self, first: Time) -> Result<Option<Time>, DbError> {
        self.db().watch(&self.group.pipeline.name, &self.context.holder, LEASE_MS, first).await
    }

    /// An error is kept where everybody sees it.
    async fn tell(&self, ours: Option<&(Live, Sweep)>, error: &LogsError) {
        let Some((live, _)) = ours else { return };
        let look = Watched {
            cursor: live.cursor(),
            behind_ms: live.behind_ms(self.db().now()),
            error: Some(format!("{error}. {}", error.advice())),
        };
        if let Err(error) = self.told(&look).await {
            warn!(%error, "an error of the log group could not be kept");
        }
    }

    async fn told(&self, look: &Watched) -> Result<(), Interrupted> {
        let (name, holder) = (&self.group.pipeline.name, &self.context.holder);
        if self.db().watched(name, holder, LEASE_MS, look).await? { Ok(()) } else { Err(Interrupted::Lost) }
    }

    async fn record(&self, invocations: &[db::NewInvocation]) -> Result<(), Interrupted> {
        if invocations.is_empty() {
            return Ok(());
        }
        let by = Recorder::LogReader(&self.context.holder);
        let recorded = self.db().record_invocations(&self.group.pipeline.name, by, invocations).await?;
        recorded.map(|_| ()).ok_or(Interrupted::Lost)
    }

    /// A page, while the lease is kept: the service may keep us waiting for longer than that.
    async fn page(
        &self,
        stretch: &engine::logs::Stretch,
        token: Option<&str>,
    ) -> Result<engine::logs::Page, Interrupted> {
        let keep = async {
            loop {
                sleep(RENEW_EVERY).await;
                if !matches!(self.hold(stretch.from).await, Ok(Some(_)) | Err(_)) {
                    return;
                }
            }
        };
        tokio::select! {
            page = self.logs.page(stretch, token) => Ok(page?),
            () = keep => Err(Interrupted::Lost),
        }
    }

    fn db(&self) -> &Db {
        &self.context.db
    }
}
