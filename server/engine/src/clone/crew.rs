//! As many tasks at once as the store takes, ended together: by the last of them, by the first that fails, or by a stop.
//!
//! Always: dropping the crew ends its tasks. A stop lets those that run finish for a moment, since what they have
//! begun would have to be done again.

use std::{sync::Arc, time::Duration};

use tokio::{
    pin, select,
    task::{JoinError, JoinSet},
    time,
};
use tokio_util::sync::CancellationToken;

use super::{CloneError, Tracker, effort::Effort, flow::Flow};
use crate::s3::Meter;

/// What a stop leaves running tasks to finish.
const GRACE: Duration = Duration::from_secs(3);

pub(super) struct Crew {
    tasks: JoinSet<Result<(), CloneError>>,
    flow: Flow,
    meter: Arc<Meter>,
    effort: Arc<Effort>,
    stop: CancellationToken,
}

impl Crew {
    /// `most` at once at any time; how many of them, the tracker's meter tells.
    pub fn new(most: usize, tracker: &Tracker, stop: &CancellationToken) -> Self {
        let (meter, effort) = (Arc::clone(tracker.meter()), Arc::clone(tracker.effort()));
        let flow = Flow::new(most, meter.unplaced());
        effort.allow(flow.allowed(), most);
        Self { tasks: JoinSet::new(), flow, meter, effort, stop: stop.clone() }
    }

    /// Waits for something, unless a task fails or a stop is asked for.
    pub async fn until<T>(&mut self, event: impl Future<Output = T>) -> Result<T, CloneError> {
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

    /// Begins a task as soon as fewer are running than may be.
    pub async fn begin(
        &mut self,
        task: impl Future<Output = Result<(), CloneError>> + Send + 'static,
    ) -> Result<(), CloneError> {
        while self.tasks.len() >= self.flow.allowed() {
            self.flow.press();
            self.effort.fill();
            self.one().await?;
        }
        self.tasks.spawn(task);
        Ok(())
    }

    /// Waits for all of them.
    pub async fn finish(&mut self) -> Result<(), CloneError> {
        while !self.tasks.is_empty() {
            self.one().await?;
        }
        Ok(())
    }

    /// After an error or a stop: what is running may finish, for a moment. What fails now has no one to tell.
    pub async fn wind_down(mut self) {
        let ended = time::timeout(GRACE, async { while self.tasks.join_next().await.is_some() {} }).await;
        if ended.is_err() {
            tracing::debug!(tasks = self.tasks.len(), "left unfinished");
        }
    }

    fn finished_one(&mut self) {
        self.flow.finished_one(self.meter.unplaced());
        self.effort.allow(self.flow.allowed(), self.flow.ceiling());
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
