//! The runner: takes queued jobs and runs them.
//!
//! Not a leased task: it holds many leases at once, one per job, chosen by the database within the limits of stores.
//! The lease is in the job's row, because heartbeat, progress, checkpoint and a requested stop must change in one
//! statement.
//!
//! One task per job holds a lease on its row and, once a second, writes heartbeat, progress and checkpoint in one
//! statement that also asks whether someone wants the job stopped. The lease carries an attempt number. A runner that
//! was asleep past its lease finds that the statement matches no row, and stops: another has the job by then.
//!
//! Always: at most one runner writes a job's row for a given attempt. A job is never marked succeeded without a proof
//! that holds. Whatever an engine does, panics included, touches its own job only. Nothing here knows what a clone is;
//! that is one `match` in `dispatch`.

mod attempt;
mod backfill;
mod consent;
mod dispatch;
mod history;
mod lease;
mod measure;
mod outcome;
mod report;
mod reprocess;
mod work;

use std::{path::PathBuf, sync::Arc, time::Duration};

use db::{Claimed, Db, Terms};
use tokio::{
    task::{JoinHandle, JoinSet},
    time::{Instant, sleep, timeout},
};
use tokio_util::sync::CancellationToken;
use tracing::{Instrument, error, info, info_span, warn};

use self::attempt::Attempt;
pub use self::work::run_of;
use crate::{
    config,
    connections::{log_groups::LogGroups, sinks::Sinks, stores::Stores, transforms::Transforms},
    signals::{Heartbeat, Nudge, Pulse, heartbeat},
    tasks::leased::LeaseTerms,
};

/// Jobs that other servers queued are found within this time; those of this process at once.
const POLL: Duration = Duration::from_secs(1);
/// A process that ends has this long to write checkpoints and release its jobs.
const RELEASE_WITHIN: Duration = Duration::from_secs(4);

/// What a runner needs. Cheap to clone.
#[derive(Clone)]
pub struct Context {
    pub db: Db,
    pub stores: Stores,
    pub sinks: Sinks,
    pub groups: LogGroups,
    /// Changes to the events of each pipeline.
    pub transforms: Transforms,
    /// Where the dead letters of a job are kept.
    pub data_dir: PathBuf,
    pub config: config::Runner,
    /// The name under which leases are held.
    pub holder: Arc<str>,
}

/// A started runner.
pub struct Runner {
    nudge: Nudge,
    pulse: Pulse,
    shutdown: CancellationToken,
    task: JoinHandle<()>,
}

impl Context {
    /// The terms of leased tasks of this process.
    pub fn terms(&self) -> LeaseTerms {
        LeaseTerms::new(self.db.clone(), Arc::clone(&self.holder), self.config.lease_ms)
    }
}

impl Runner {
    pub fn start(context: Context) -> Self {
        let nudge = Nudge::default();
        let shutdown = CancellationToken::new();
        let (heartbeat, pulse) = heartbeat(Duration::from_millis(context.config.lease_ms.unsigned_abs()));
        let task = tokio::spawn(run(context, nudge.clone(), heartbeat, shutdown.clone()));
        Self { nudge, pulse, shutdown, task }
    }

    /// Whether it is at work, from now on.
    pub fn pulse(&self) -> Pulse {
        self.pulse.clone()
    }

    pub fn nudge(&self) -> Nudge {
        self.nudge.clone()
    }

    /// Stops the engines, writes the checkpoints and gives the jobs back to the queue; at most [`RELEASE_WITHIN`].
    /// What is not released by then is taken over when its lease expires.
    pub async fn stop(mut self) {
        self.shutdown.cancel();
        if timeout(RELEASE_WITHIN, &mut self.task).await.is_err() {
            self.task.abort();
            warn!("some jobs not released; their leases expire by themselves");
        }
    }
}

async fn run(context: Context, nudge: Nudge, heartbeat: Heartbeat, shutdown: CancellationToken) {
    let most = usize::try_from(context.config.jobs).unwrap_or(usize::MAX);
    let mut attempts = JoinSet::new();
    let mut away = false;
    while !shutdown.is_cancelled() {
        while attempts.len() < most && !shutdown.is_cancelled() {
            let asked_at = Instant::now();
            match claim(&context).await {
                Ok(Some(claimed)) => {
                    answered(&mut away);
                    let span = info_span!("job", id = %claimed.job.id, attempt = claimed.job.attempt);
                    let attempt = Attempt::new(context.clone(), claimed, asked_at, shutdown.clone());
                    attempts.spawn(attempt.run().instrument(span));
                }
                Ok(None) => {
                    answered(&mut away);
                    break;
                }
                Err(error) => {
                    if !away {
                        warn!(%error, "jobs not claimed; retrying each second");
                    }
                    away = true;
                    break;
                }
            }
        }
        if !away {
            heartbeat.send();
        }
        tokio::select! {
            () = nudge.notified() => {}
            () = sleep(POLL) => {}
            Some(ended) = attempts.join_next() => {
                if let Err(error) = ended {
                    error!(%error, "attempt panicked; its lease expires by itself");
                }
            }
            () = shutdown.cancelled() => {}
        }
    }
    while attempts.join_next().await.is_some() {}
}

/// Logs the end of an outage of the database.
fn answered(away: &mut bool) {
    if std::mem::take(away) {
        info!("jobs are claimed again");
    }
}

async fn claim(context: &Context) -> Result<Option<Claimed>, db::DbError> {
    let limits = context.stores.limits();
    let terms = Terms { holder: &context.holder, lease_ms: context.config.lease_ms, limits: &limits };
    context.db.claim(&terms).await
}
