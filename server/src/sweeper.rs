//! Forgets what has become too old, in small batches with pauses, so that nobody waits for it.
//!
//! Every server and worker has a sweeper. They need not agree: what one has forgotten is no longer there for another.
//!
//! Always: sums outlive the runs that they are made of. Runs of the demo, which never ends, are kept for a day.

use std::time::Duration;

use model::{PipelineName, Time};
use store::{Store, StoreError};
use tokio::time::sleep;
use tokio_util::task::AbortOnDropHandle;
use tracing::{info, warn};

use crate::config::{DEMO_PIPELINE, Retention};

const EVERY: Duration = Duration::from_hours(1);
/// Rows at once: a few milliseconds of the database's time.
const BATCH: u32 = 200;
const PAUSE: Duration = Duration::from_millis(50);
const DEMO_MS: i64 = 86_400_000;

/// A started sweeper; it ends when this is dropped, wherever it is.
pub struct Sweeper {
    _task: AbortOnDropHandle<()>,
}

impl Sweeper {
    pub fn start(store: Store, retention: Retention) -> Self {
        let task = tokio::spawn(async move {
            loop {
                if let Err(error) = sweep(&store, retention).await {
                    warn!(%error, "what is too old could not be forgotten; trying again in an hour");
                }
                sleep(EVERY).await;
            }
        });
        Self { _task: AbortOnDropHandle::new(task) }
    }
}

/// Once, to the end.
pub async fn sweep(store: &Store, retention: Retention) -> Result<(), StoreError> {
    let now = store.now().0;
    let demo: Option<PipelineName> = DEMO_PIPELINE.parse().ok();
    let mut runs = batches(async || store.sweep_runs(demo.as_ref(), Time(now - DEMO_MS), BATCH).await).await?;
    runs += batches(async || store.sweep_runs(None, Time(now - retention.runs_ms), BATCH).await).await?;
    let sums = batches(async || store.sweep_sums(Time(now - retention.sums_ms), BATCH).await).await?;
    if runs + sums > 0 {
        info!(runs, sums, "what was too old is forgotten");
    }
    Ok(())
}

/// Until a batch finds nothing.
async fn batches(batch: impl AsyncFn() -> Result<u64, StoreError>) -> Result<u64, StoreError> {
    let mut all = 0;
    loop {
        let some = batch().await?;
        if some == 0 {
            return Ok(all);
        }
        all += some;
        sleep(PAUSE).await;
    }
}
