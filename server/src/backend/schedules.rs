//! Schedules: checked before they are made, listed with the jobs they started, paused, resumed, run by hand.
//!
//! Always: what can be known to fail is refused when a schedule is made, while somebody is there to read it. A mirror
//! is never scheduled: what it deletes must be previewed and confirmed each time.

use std::collections::HashMap;

use db::NewSchedule;
use jiff::Timestamp;
use model::{
    Invalid, Job, JobId, Mode, Problem, Schedule, ScheduleId, ScheduleList, ScheduleRequest, Time, Timing, Upcoming,
    Viewer,
};
use tracing::info;

use super::{AppBackend, problem};
use engine::recurrence::{Recurrence, Timetable, zone};

/// How many times to come are shown.
const UPCOMING: usize = 5;

impl AppBackend {
    pub(super) async fn list_schedules(&self) -> Result<ScheduleList, Problem> {
        let schedules = self.db.schedules().await.map_err(problem::database)?;
        let jobs = self.db.jobs_of(&schedules).await.map_err(problem::database)?;
        let mut jobs: HashMap<JobId, Job> = jobs.into_iter().map(|job| (job.id, job)).collect();
        let with_job = |schedule: Schedule| {
            let job = schedule.job.and_then(|id| jobs.remove(&id)); // no two schedules have one job
            (schedule, job)
        };
        Ok(ScheduleList { now: self.db.now(), items: schedules.into_iter().map(with_job).collect() })
    }

    pub(super) async fn insert_schedule(&self, viewer: &Viewer, request: ScheduleRequest) -> Result<Schedule, Problem> {
        let ScheduleRequest { name, timing, clone } = request;
        let timing = tidy(timing);
        let timetable = Timetable::read(&timing, self.db.now())?;
        if !matches!(clone.mode, Mode::Copy | Mode::Verify) {
            let expected =
                "copy or verify: a mirror deletes, so that each one needs a fresh preview, and somebody to read it";
            return Err(Invalid::new("clone.mode", "mirror", expected).into());
        }
        if let Some(cron) = timing.verify_cron.as_ref().filter(|_| clone.mode != Mode::Copy || clone.dry_run) {
            let expected = "left out: this clone writes nothing that could be verified";
            return Err(Invalid::new("verify_cron", cron, expected).into());
        }
        let clone = self.spec(clone);
        self.check(&clone).await.map_err(within_clone)?;
        let next = timetable.next_times(self.db.now());
        let new = NewSchedule { name, timing, clone, author: viewer.name.clone(), next };
        let schedule = self.db.insert_schedule(new).await.map_err(problem::database)?;
        info!(name = schedule.name.as_str(), by = viewer.name, "a schedule was made");
        self.scheduler.nudge();
        Ok(schedule)
    }

    pub(super) fn next_few(&self, field: &str, cron: &str, name: &str) -> Result<Vec<Upcoming>, Problem> {
        let zone = zone(name)?;
        let recurrence = Recurrence::read(field, cron, &zone, self.db.now())?;
        let times = std::iter::successors(recurrence.next(self.db.now()), |at| recurrence.next(*at));
        let upcoming = |at: Time| {
            let local = Timestamp::from_millisecond(at.0).ok()?.to_zoned(zone.clone());
            Some(Upcoming { at, local: local.strftime("%a %Y-%m-%d %H:%M %:z").to_string() })
        };
        Ok(times.take(UPCOMING).filter_map(upcoming).collect())
    }

    pub(super) async fn hold_schedule(&self, viewer: &Viewer, id: ScheduleId) -> Result<Schedule, Problem> {
        let schedule = self.db.pause_schedule(id).await.map_err(problem::database)?;
        info!(name = schedule.name.as_str(), by = viewer.name, "a schedule was paused");
        Ok(schedule)
    }

    pub(super) async fn release_schedule(&self, viewer: &Viewer, id: ScheduleId) -> Result<Schedule, Problem> {
        let schedule = self.db.schedule(id).await.map_err(problem::database)?;
        let next = Timetable::read(&schedule.timing, self.db.now())?.next_times(self.db.now());
        let schedule = self.db.resume_schedule(id, next).await.map_err(problem::database)?;
        info!(name = schedule.name.as_str(), by = viewer.name, "a schedule was resumed");
        self.scheduler.nudge();
        Ok(schedule)
    }

    pub(super) async fn run_now(&self, viewer: &Viewer, id: ScheduleId) -> Result<Job, Problem> {
        let schedule = self.db.schedule(id).await.map_err(problem::database)?;
        self.check(&schedule.clone).await?;
        let job = self.db.run_schedule(id, &viewer.name).await.map_err(problem::database)?;
        self.changed();
        Ok(job)
    }

    pub(super) async fn drop_schedule(&self, viewer: &Viewer, id: ScheduleId) -> Result<(), Problem> {
        self.db.delete_schedule(id).await.map_err(problem::database)?;
        info!(%id, by = viewer.name, "a schedule was deleted");
        Ok(())
    }
}

/// As it is kept and shown: one space between fields.
fn tidy(timing: Timing) -> Timing {
    let tidy = |cron: String| cron.split_whitespace().collect::<Vec<_>>().join(" ");
    Timing { cron: tidy(timing.cron), verify_cron: timing.verify_cron.map(tidy), zone: timing.zone.trim().to_owned() }
}

/// The clone's fields lie inside the request's.
fn within_clone(problem: Problem) -> Problem {
    match &problem.field {
        Some(field) => {
            let field = format!("clone.{field}");
            problem.on(field)
        }
        None => problem,
    }
}
