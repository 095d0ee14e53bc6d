//! The sweeper: deletes rows that are too old, in small batches with pauses, so that other statements need not wait.
//!
//! A leased task, hourly. Its deletes need no fence: a row that is too old is too old for every process.
//!
//! Always: sums outlive the runs that they are made of. Runs of the demo, which never ends, are kept for a day.

use std::time::Duration;

use db::{Db, DbError, task};
use model::{PipelineName, Time};
use tokio::time::sleep;
use tracing::info;

use crate::{
    config::{DEMO_PIPELINE, Retention},
    tasks::leased::{Lease, LeasedTask, TaskError},
};

const EVERY: Duration = Duration::from_hours(1);
/// Rows deleted at once: a few milliseconds of the database's time.
const BATCH: u32 = 200;
const PAUSE: Duration = Duration::from_millis(50);
/// How long runs of the demo are kept.
const DEMO_MS: i64 = 86_400_000;
/// How long minutes of syncs are kept: charts show the last hours.
const SYNC_MINUTES_MS: i64 = 7 * 86_400_000;
/// How long canary events are kept, of which there may be one every few seconds.
const MARKED_EVENTS_MS: i64 = 7 * 86_400_000;
/// How long leases are kept that nobody holds: those of pipelines and tables that are configured no more.
const LEASES_MS: i64 = 7 * 86_400_000;

pub struct Sweeper {
    pub db: Db,
    pub retention: Retention,
}

impl LeasedTask for Sweeper {
    const NAME: &'static str = "sweep";
    type State = ();

    fn key(&self) -> &str {
        task::ALL
    }

    async fn round(&mut self, (): &mut (), _lease: &Lease) -> Result<Duration, TaskError> {
        sweep(&self.db, self.retention).await?;
        Ok(EVERY)
    }
}

/// Rows to delete, and before when.
#[derive(Clone, Copy)]
enum Old<'a> {
    Runs {
        pipeline: Option<&'a PipelineName>,
        before: Time,
    },
    /// Findings of the reconciler about these runs.
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
    /// Resolved alerts, and the record of their notifications.
    Alerts {
        before: Time,
    },
    MarkedEvents {
        before: Time,
    },
    /// The history of schedules.
    Firings {
        before: Time,
    },
    Leases {
        before: Time,
    },
}

/// Deletes all rows that are too old.
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
    batches(db, Old::Leases { before: before(LEASES_MS) }).await?;
    batches(db, Old::Firings { before: before(retention.firings_ms) }).await?;
    let alerts = batches(db, Old::Alerts { before: before(retention.alerts_ms) }).await?;
    if runs + sums + alerts > 0 {
        info!(runs, sums, alerts, "rows past their retention deleted");
    }
    Ok(())
}

/// Deletes batch after batch, until one finds nothing.
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
            Old::Firings { before } => db.sweep_firings(before, BATCH).await?,
            Old::Leases { before } => db.sweep_leases(before, BATCH).await?,
        };
        if some == 0 {
            return Ok(all);
        }
        all += some;
        sleep(PAUSE).await;
    }
}
