//! The scheduler: starts the jobs of schedules when their times have come.
//!
//! One task sleeps until the next time that is due, or until someone changes a schedule here; what other servers change
//! it finds by itself within half a minute. Every server and every worker has one. They need not agree who starts what:
//! the store lets one of them move a time on, and inserts the job with that.
//!
//! Always: times that passed while nobody was there are made up for by one job, which says how many they were. A time
//! starts nothing while the schedule's last job has not ended, and what came of each time is recorded. What happens to
//! a job once it is there is the runner's business.

use std::{convert::Infallible, time::Duration};

use db::{Db, DbError, Due};
use model::{Fired, Firing, Schedule, Task, Time};
use tokio::{task::JoinHandle, time::sleep};
use tokio_util::sync::CancellationToken;
use tracing::{info, warn};

use crate::{connections::stores::Stores, signals::Nudge};
use engine::recurrence::Timetable;

/// What other servers change is found within this time, and so is a clock that was set.
const LOOK: Duration = Duration::from_secs(30);
/// Between tries while the database is away.
const LOOK_AGAIN: Duration = Duration::from_secs(5);

/// What a scheduler needs.
pub struct Context {
    pub db: Db,
    pub stores: Stores,
    /// To have a job taken at once.
    pub runner: Nudge,
    /// To have it told at once, where there are pages.
    pub hub: Option<Nudge>,
}

/// A started scheduler.
pub struct Scheduler {
    nudge: Nudge,
    shutdown: CancellationToken,
    task: JoinHandle<Option<Infallible>>,
}

impl Scheduler {
    pub fn start(context: Context) -> Self {
        let nudge = Nudge::default();
        let shutdown = CancellationToken::new();
        let run = run(context, nudge.clone());
        // Cut off wherever it is: what the store has begun is then undone, and another's to do.
        let task = tokio::spawn(shutdown.clone().run_until_cancelled_owned(run));
        Self { nudge, shutdown, task }
    }

    /// Tells it that a schedule has changed.
    pub fn nudge(&self) -> Nudge {
        self.nudge.clone()
    }

    /// Returns once nothing more will be started here.
    pub async fn stop(self) {
        self.shutdown.cancel();
        let _ = self.task.await; // a panic in it has been reported by the runtime
    }
}

async fn run(context: Context, nudge: Nudge) -> Infallible {
    let mut away = false;
    loop {
        let wait = match look(&context).await {
            Ok(wait) => {
                away = false;
                wait
            }
            Err(error) => {
                if !away {
                    warn!(%error, "cannot look which schedules are due; trying again");
                }
                away = true;
                LOOK_AGAIN
            }
        };
        tokio::select! {
            () = nudge.notified() => {}
            () = sleep(wait) => {}
        }
    }
}

/// Fires what is due, and says how long to wait for the next.
async fn look(context: &Context) -> Result<Duration, DbError> {
    fire_due(context, context.db.now()).await?;
    let next = context.db.next_due().await?;
    let wait = next
        .map_or(LOOK, |next| Duration::from_millis(u64::try_from(next.since(context.db.now())).unwrap_or_default()));
    Ok(wait.min(LOOK))
}

/// Deals with every time that has come by `now`. One that cannot be read or written does not hold up the others.
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
            info!(name, %job, missed = due.missed, "a schedule started a job");
            context.runner.nudge();
            "started"
        }
        Firing::Skipped { job } => {
            info!(name, %job, "a schedule was skipped: its last job has not ended");
            "skipped"
        }
        Firing::Refused { reason } => {
            warn!(name, reason, "a schedule could not start its job");
            "refused"
        }
    };
    metrics::counter!("logyard_schedule_firings_total", "outcome" => outcome).increment(1);
    if let Some(hub) = &context.hub {
        hub.nudge();
    }
    Ok(())
}

/// A job between stores that nobody has configured would wait for ever, and every later one with it.
fn no_store(stores: &Stores, schedule: &Schedule) -> Option<String> {
    let ends = [&schedule.clone.source.store, &schedule.clone.destination.store];
    let missing = ends.into_iter().find(|name| stores.get(name).is_none())?;
    Some(format!("Store `{missing}` is not configured any more. Add it as [[stores]], or delete this schedule."))
}
