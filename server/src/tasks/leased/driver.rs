//! The loop of one leased task, from the start of the process to its end.

use std::time::Duration;

use tokio::time::{Instant, sleep, timeout};
use tokio_util::sync::CancellationToken;
use tracing::{debug, warn};

use super::{
    Lease, LeaseTerms, LeasedTask, TaskError,
    renewal::Renewal,
    report::{Log, Report},
};

/// Between attempts to acquire a lease that another process holds, at most.
const ACQUIRE_EVERY: Duration = Duration::from_secs(5);
/// After a round that failed, unless the task says otherwise.
const RETRY: Duration = Duration::from_secs(5);
/// How long releasing the lease may hold up the end of the process.
const RELEASE_WITHIN: Duration = Duration::from_secs(2);

/// Why a process does no more rounds under a lease.
enum Ended {
    /// The task takes turns, and is due again after this.
    Turn(Duration),
    Lost,
    Stopped,
}

struct Driver<T: LeasedTask> {
    task: T,
    state: T::State,
    terms: LeaseTerms,
    lease: Lease,
    log: Log,
    report: Report,
}

/// Runs a task whenever this process holds its lease, until `shutdown`; then releases the lease.
pub async fn drive<T: LeasedTask>(task: T, terms: LeaseTerms, shutdown: CancellationToken) {
    let lease = Lease {
        task: T::NAME,
        key: task.key().to_owned(),
        holder: terms.holder.clone(),
        length: terms.lease,
        shutdown,
    };
    let (state, log, report) = (T::State::default(), Log::default(), Report::default());
    Driver { task, state, terms, lease, log, report }.run().await;
}

impl<T: LeasedTask> Driver<T> {
    async fn run(mut self) {
        let mut wait = Duration::ZERO;
        let shutdown = self.lease.shutdown.clone();
        loop {
            let resting = async {
                if T::TAKES_TURNS {
                    self.task.rest(&mut self.state, wait).await;
                } else {
                    sleep(wait).await;
                }
            };
            if shutdown.run_until_cancelled(resting).await.is_none() {
                return;
            }
            let Some(acquired) = shutdown.run_until_cancelled(self.acquire()).await else {
                // The database may have given us the lease after we stopped waiting for its answer.
                return release(&self.terms, &self.lease).await;
            };
            wait = match acquired {
                None => ACQUIRE_EVERY.min(self.lease.length / 3),
                Some(renewal) => match self.hold(renewal).await {
                    Ended::Turn(wait) => {
                        release(&self.terms, &self.lease).await;
                        wait
                    }
                    Ended::Lost => {
                        debug!("lease lost; another process runs this task");
                        self.state = T::State::default();
                        Duration::ZERO
                    }
                    Ended::Stopped => return release(&self.terms, &self.lease).await,
                },
            };
        }
    }

    /// `None`: another process holds the lease, or the database does not answer.
    async fn acquire(&mut self) -> Option<Renewal> {
        let asked_at = Instant::now();
        match self.terms.table.acquire(&self.lease).await {
            Ok(acquired) => {
                self.log.lease_answered();
                acquired.then(|| Renewal::new(&self.lease, asked_at))
            }
            Err(error) => {
                self.log.lease_failed(&error);
                None
            }
        }
    }

    /// Round after round, for as long as the lease is this process's.
    async fn hold(&mut self, mut renewal: Renewal) -> Ended {
        let Self { task, state, terms, lease, log, report } = self;
        let (table, shutdown) = (&*terms.table, lease.shutdown.clone());
        loop {
            let drained = async {
                shutdown.cancelled().await;
                sleep(T::DRAIN).await;
            };
            let ended = tokio::select! {
                biased;
                ended = task.round(state, lease) => ended,
                () = renewal.lost(table, lease, log) => Err(TaskError::Lost),
                () = drained => return Ended::Stopped,
            };
            report.round(table, lease, log, ended.as_ref().err()).await;
            let wait = match ended {
                Ok(wait) => wait,
                Err(TaskError::Lost) => return Ended::Lost,
                Err(TaskError::Db(_)) => RETRY,
                Err(TaskError::Failed { retry_in, .. }) => retry_in,
            };
            if shutdown.is_cancelled() {
                return Ended::Stopped;
            }
            if T::TAKES_TURNS {
                return Ended::Turn(wait);
            }
            tokio::select! {
                biased;
                () = shutdown.cancelled() => return Ended::Stopped,
                () = renewal.lost(table, lease, log) => return Ended::Lost,
                () = task.rest(state, wait) => {}
            }
        }
    }
}

async fn release(terms: &LeaseTerms, lease: &Lease) {
    match timeout(RELEASE_WITHIN, terms.table.release(lease)).await {
        Ok(Ok(())) => {}
        Ok(Err(error)) => warn!(%error, "lease not released; it expires by itself"),
        Err(_) => warn!("lease not released within {RELEASE_WITHIN:?}; it expires by itself"),
    }
}
