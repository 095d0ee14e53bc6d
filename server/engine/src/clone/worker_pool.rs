//! A worker pool: as many tasks at once as the store takes. The last task, the first failure or a stop ends it.
//!
//! Always: dropping the pool aborts its tasks. A stop lets running tasks finish for a moment, since what they have begun
//! would have to be done again.

use std::{sync::Arc, time::Duration};

use tokio::{
    pin, select,
    task::{JoinError, JoinSet},
    time,
};
use tokio_util::sync::CancellationToken;

use super::{
    CloneError, Tracker,
    concurrency::{ConcurrencyControl, FIRST},
    gauge::ConcurrencyGauge,
};
use crate::s3::Meter;

/// Time that running tasks have to finish after a stop.
const GRACE: Duration = Duration::from_secs(3);

pub(super) struct WorkerPool {
    tasks: JoinSet<Result<(), CloneError>>,
    control: ConcurrencyControl,
    meter: Arc<Meter>,
    gauge: Arc<ConcurrencyGauge>,
    stop: CancellationToken,
}

impl WorkerPool {
    /// A pool of at most `most` tasks at once; the tracker's meter decides how many of them run.
    pub fn new(most: usize, tracker: &Tracker, stop: &CancellationToken) -> Self {
        Self::beginning_with(FIRST, most, tracker, stop)
    }

    /// Makes a pool that starts with `first` tasks at once.
    pub fn beginning_with(first: usize, most: usize, tracker: &Tracker, stop: &CancellationToken) -> Self {
        let (meter, gauge) = (Arc::clone(tracker.meter()), Arc::clone(tracker.gauge()));
        let control = ConcurrencyControl::new(first, most, meter.unplaced());
        gauge.set(control.allowed(), most);
        Self { tasks: JoinSet::new(), control, meter, gauge, stop: stop.clone() }
    }

    /// Waits for an event, unless a task fails or a stop is requested.
    pub async fn wait_for<T>(&mut self, event: impl Future<Output = T>) -> Result<T, CloneError> {
        pin!(event);
        loop {
            select! {
                biased;
                () = self.stop.cancelled() => return Err(CloneError::Stopped),
                Some(ended) = self.tasks.join_next() => {
                    self.finished_one();
                    flat(ended)?;
                }
                value = &mut event => return Ok(value),
            }
        }
    }

    /// Starts a task as soon as fewer are running than allowed.
    pub async fn spawn(
        &mut self,
        task: impl Future<Output = Result<(), CloneError>> + Send + 'static,
    ) -> Result<(), CloneError> {
        while self.tasks.len() >= self.control.allowed() {
            self.control.mark_full();
            self.gauge.mark_full();
            self.one().await?;
        }
        self.tasks.spawn(task);
        Ok(())
    }

    /// Waits for all tasks.
    pub async fn join(&mut self) -> Result<(), CloneError> {
        while !self.tasks.is_empty() {
            self.one().await?;
        }
        Ok(())
    }

    /// After an error or a stop: lets running tasks finish for a moment. Their errors are dropped.
    pub async fn wind_down(mut self) {
        let ended = time::timeout(GRACE, async { while self.tasks.join_next().await.is_some() {} }).await;
        if ended.is_err() {
            tracing::debug!(
                tasks = self.tasks.len(),
                "tasks aborted after the stop; a resumed clone does their objects again"
            );
        }
    }

    fn finished_one(&mut self) {
        self.control.finished_one(self.meter.unplaced());
        self.gauge.set(self.control.allowed(), self.control.ceiling());
    }

    async fn one(&mut self) -> Result<(), CloneError> {
        select! {
            biased;
            () = self.stop.cancelled() => Err(CloneError::Stopped),
            ended = self.tasks.join_next() => {
                self.finished_one();
                ended.map_or(Ok(()), flat)
            }
        }
    }
}

fn flat(ended: Result<Result<(), CloneError>, JoinError>) -> Result<(), CloneError> {
    ended?
}
