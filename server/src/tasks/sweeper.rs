//! Forgets what has become too old, in small batches with pauses, so that nobody waits for it.
//!
//! Every server and worker has a sweeper. They need not agree: what one has forgotten is no longer there for another.
//!
//! Always: sums outlive the runs that they are made of. Runs of the demo, which never ends, are kept for a day.

use std::time::Duration;

use db::{Db, DbError};
use model::{PipelineName, Time};
use tokio::time::sleep;
use tokio_util::task::AbortOnDropHandle;
use tracing::{info, warn};

use crate::config::{DEMO_PIPELINE, Retention};

const EVERY: Duration = Duration::from_hours(1);
/// Rows at once: a few milliseconds of the database's time.
const BATCH: u32 = 200;
const PAUSE: Duration = Duration::from_millis(50);
const DEMO_MS: i64 = 86_400_000;
/// Minutes of syncs are for charts of the last hours.
const SYNC_MINUTES_MS: i64 = 7 * 86_400_000;
/// So are marked events, of which there may be one every few seconds.
const MARKED_EVENTS_MS: i64 = 7 * 86_400_000;

/// A started sweeper; it ends when this is dropped, wherever it is.
pub struct Sweeper {
    _task: AbortOnDropHandle<()>,
}

impl Sweeper {
    pub fn start(db: Db, retention: Retention) -> Self {
        let task = tokio::spawn(async move {
            loop {
                if let Err(error) = sweep(&db, retention).await {
                    warn!(%error, "what is too old could not be forgotten; trying again in an hour");
                }
                sleep(EVERY).await;
            }
        });
        Self { _task: AbortOnDropHandle::new(task) }
    }
}

/// What is swept, and how old it is.
#[derive(Clone, Copy)]
enum Old<'a> {
    Runs {
        pipeline: Option<&'a PipelineName>,
        before: Time,
    },
    /// What was held against these runs.
    Reconciled {
        before: Time,
    },
    Sums {
        before: Time,
    },
    SyncMinutes {
        before: Time,
    },
    Syncs {
        before: Time,
    },
    /// Those that hold no longer, and what was done to tell of them.
    Alerts {
        before: Time,
    },
    MarkedEvents {
        before: Time,
    },
}

/// Once, to the end.
pub async fn sweep(db: &Db, retention: Retention) -> Result<(), DbError> {
    let before = |kept_ms: i64| Time(db.now().0 - kept_ms);
    let demo: Option<PipelineName> = DEMO_PIPELINE.parse().ok();
    let mut runs = batches(db, Old::Runs { pipeline: demo.as_ref(), before: before(DEMO_MS) }).await?;
    runs += batches(db, Old::Runs { pipeline: None, before: before(retention.runs_ms) }).await?;
    batches(db, Old::Reconciled { before: before(retention.runs_ms) }).await?;
    let sums = batches(db, Old::Sums { before: before(retention.sums_ms) }).await?;
    let minutes_ms = retention.syncs_ms.min(SYNC_MINUTES_MS);
    batches(db, Old::SyncMinutes { before: before(minutes_ms) }).await?;
    batches(db, Old::Syncs { before: before(retention.syncs_ms) }).await?;
    batches(db, Old::MarkedEvents { before: before(MARKED_EVENTS_MS) }).await?;
    let alerts = batches(db, Old::Alerts { before: before(retention.alerts_ms) }).await?;
    if runs + sums + alerts > 0 {
        info!(runs, sums, alerts, "what was too old is forgotten");
    }
    Ok(())
}

/// Until one finds nothing.
async fn batches(db: &Db, old: Old<'_>) -> Result<u64, DbError> {
    let mut all = 0;
    loop {
        let some = match old {
            Old::Runs { pipeline, before } => db.sweep_runs(pipeline, before, BATCH).await?,
            Old::Reconciled { before } => db.sweep_reconciled(before, BATCH).await?,
            Old::Sums { before } => db.sweep_sums(before, BATCH).await?,
            Old::SyncMinutes { before } => db.sweep_sync_minutes(before, BATCH).await?,
            Old::Syncs { before } => db.sweep_syncs(before, BATCH).await?,
            Old::Alerts { before } => db.sweep_alerts(before, BATCH).await?,
            Old::MarkedEvents { before } => db.sweep_marked_events(before, BATCH).await?,
        };
        if some == 0 {
            return Ok(all);
        }
        all += some;
        sleep(PAUSE).await;
    }
}
