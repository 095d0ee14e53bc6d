//! The scheduler: starts the jobs of schedules when their times have come.
//!
//! A leased task. It waits until the next time that is due, or until a schedule is changed in this process; changes
//! made by other processes are found by a scan every few seconds.
//!
//! Always: a job is inserted in the same transaction that moves the schedule's time on, so that a time starts one job
//! even if the lease changes hands meanwhile. Times that passed while no process ran are made up for by one job, which
//! says how many they were. A time starts nothing while the schedule's last job has not ended. The outcome of each time
//! is recorded.

use std::{sync::Arc, time::Duration};

use db::{Db, DbError, Due, task};
use model::{Fired, Firing, Schedule, Task, Time};
use tokio::time::sleep;
use tracing::{info, warn};

use crate::{
    connections::stores::Stores,
    signals::Nudge,
    tasks::leased::{Lease, LeaseTerms, LeasedTask, Started, TaskError},
};
use engine::recurrence::Timetable;

/// Changes made by other processes are found within this time, and so is a clock that was set.
const SCAN: Duration = Duration::from_secs(5);

/// What a scheduler needs.
pub struct Context {
    pub db: Db,
    pub stores: Stores,
    /// The name under which leases are held.
    pub holder: Arc<str>,
    pub lease_ms: i64,
    /// Wakes the runner of this process for a started job.
    pub runner: Nudge,
    /// Wakes the pages of this process, if it serves any.
    pub hub: Option<Nudge>,
}

/// Fires schedules.
pub struct Scheduler {
    context: Context,
    nudge: Nudge,
}

impl Scheduler {
    pub fn start(context: Context) -> Started {
        let mut started = Started::default();
        let terms = LeaseTerms::new(context.db.clone(), Arc::clone(&context.holder), context.lease_ms);
        started.lease(&terms, [Self::new(context, Nudge::default())]);
        started
    }

    /// `nudge`: wakes it when a schedule was changed.
    pub fn new(context: Context, nudge: Nudge) -> Self {
        Self { context, nudge }
    }
}

impl LeasedTask for Scheduler {
    const NAME: &'static str = "schedule";
    type State = ();

    fn key(&self) -> &str {
        task::ALL
    }

    /// Fires what is due. Returns how long to wait for the next time.
    async fn round(&mut self, (): &mut (), _lease: &Lease) -> Result<Duration, TaskError> {
        let db = &self.context.db;
        fire_due(&self.context, db.now()).await?;
        let next = db.next_due().await?;
        let wait = |next: Time| Duration::from_millis(u64::try_from(next.since(db.now())).unwrap_or_default());
        Ok(next.map_or(SCAN, wait).min(SCAN))
    }

    async fn rest(&mut self, (): &mut (), wait: Duration) {
        tokio::select! {
            () = self.nudge.notified() => {}
            () = sleep(wait) => {}
        }
    }
}

/// Fires every time that has come by `now`. A schedule that cannot be read or written does not hold up the others.
pub async fn fire_due(context: &Context, now: Time) -> Result<(), DbError> {
    let mut fired = Ok(());
    for schedule in context.db.due_schedules(now).await? {
        let schedule = match schedule {
            Ok(schedule) => schedule,
            Err(error) => {
                fired = Err(error);
                continue;
            }
        };
        for task in Task::ALL {
            if let Some(due) = schedule.next_of(task).filter(|due| *due <= now) {
                fired = fire(context, &schedule, task, due, now).await.and(fired);
            }
        }
    }
    fired
}

async fn fire(context: &Context, schedule: &Schedule, task: Task, due: Time, now: Time) -> Result<(), DbError> {
    let timetable = Timetable::read(&schedule.timing, now);
    let recurrence = timetable.as_ref().ok().and_then(|timetable| timetable.of(task));
    let due = Due {
        schedule,
        task,
        due,
        next: recurrence.and_then(|recurrence| recurrence.next(now)),
        missed: recurrence.map_or(0, |recurrence| recurrence.count(due, now, Fired::MOST_MISSED)),
        now,
        refused: timetable.as_ref().err().map(ToString::to_string).or_else(|| no_store(&context.stores, schedule)),
    };
    let Some(firing) = context.db.fire(&due).await? else { return Ok(()) }; // another server was first
    let name = schedule.name.as_str();
    let outcome = match &firing {
        Firing::Started { job } => {
            info!(name, %job, missed = due.missed, "schedule started a job");
            context.runner.nudge();
            "started"
        }
        Firing::Skipped { job } => {
            info!(name, %job, "schedule skipped: its last job has not ended");
            "skipped"
        }
        Firing::Refused { reason } => {
            warn!(name, reason, "schedule could not start its job; its page says why");
            "refused"
        }
    };
    metrics::counter!("logyard_schedule_firings_total", "outcome" => outcome).increment(1);
    if let Some(hub) = &context.hub {
        hub.nudge();
    }
    Ok(())
}

/// Says which store of the schedule is not configured: its job would wait for ever, and every later one with it.
fn no_store(stores: &Stores, schedule: &Schedule) -> Option<String> {
    let ends = [&schedule.clone.source.store, &schedule.clone.destination.store];
    let missing = ends.into_iter().find(|name| stores.get(name).is_none())?;
    Some(format!("Store `{missing}` is not configured any more. Add it as [[stores]], or delete this schedule."))
}
