//! The running tasks of a process, to be stopped together.

use std::future::Future;

use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use tracing::{Instrument, error, info_span};

use super::{LeaseTerms, LeasedTask, driver::drive};

/// Started tasks. They end when this is dropped; [`Started::stop`] lets them release their leases.
#[derive(Default)]
pub struct Started {
    shutdown: CancellationToken,
    tasks: JoinSet<()>,
}

impl Started {
    /// Starts a leased task for each of `tasks`.
    pub fn lease<T: LeasedTask>(&mut self, terms: &LeaseTerms, tasks: impl IntoIterator<Item = T>) {
        for task in tasks {
            let span = info_span!("task", task = T::NAME, key = task.key());
            self.tasks.spawn(drive(task, terms.clone(), self.shutdown.clone()).instrument(span));
        }
    }

    /// Starts work that needs no lease; it is dropped on shutdown.
    pub fn spawn(&mut self, work: impl Future<Output = ()> + Send + 'static) {
        let work = self.shutdown.clone().run_until_cancelled_owned(work);
        self.tasks.spawn(async move {
            let _ = work.await; // cut off, or ended by itself
        });
    }

    /// Returns once each task has ended, within its drain limit, and released its lease.
    pub async fn stop(mut self) {
        self.shutdown.cancel();
        while let Some(ended) = self.tasks.join_next().await {
            if let Err(error) = ended {
                error!(%error, "task broke; its lease expired by itself");
            }
        }
    }
}
