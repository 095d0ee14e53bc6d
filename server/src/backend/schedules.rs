//! Schedules: checked before they are created or edited, listed with the jobs they started, paused, resumed and run by
//! hand.
//!
//! Always: a schedule that is known to fail is refused when it is created or edited, while its author can read the reason.
//! A mirror is scheduled with a standing consent only, which says how much one firing may delete; more than that waits
//! until a person confirms it.

use std::collections::HashMap;

use app::backend::ScheduleBackend;
use async_trait::async_trait;
use db::{EditedSchedule, NewSchedule};
use jiff::Timestamp;
use model::{
    AlertFilter, AlertState, CloneSpec, Confirmation, Consent, Fired, FiringId, FiringList, FiringRecord, Invalid, Job,
    JobId, Mode, NextTimes, Page, Problem, Schedule, ScheduleEdit, ScheduleId, ScheduleList, ScheduleName,
    ScheduleRequest, Time, Timing, Upcoming, Viewer,
};
use tracing::info;

use super::{AppBackend, problem};
use engine::recurrence::{Recurrence, Timetable, zone};

/// Upcoming times that are listed.
const UPCOMING: usize = 5;

#[async_trait]
impl ScheduleBackend for AppBackend {
    async fn list_schedules(&self) -> Result<ScheduleList, Problem> {
        let schedules = self.db.schedules().await.map_err(problem::database)?;
        let jobs = self.db.jobs_of(&schedules).await.map_err(problem::database)?;
        let mut jobs: HashMap<JobId, Job> = jobs.into_iter().map(|job| (job.id, job)).collect();
        let with_job = |schedule: Schedule| {
            let job = schedule.job.and_then(|id| jobs.remove(&id)); // no two schedules have one job
            (schedule, job)
        };
        Ok(ScheduleList { now: self.db.now(), items: schedules.into_iter().map(with_job).collect() })
    }

    async fn get_schedule(&self, id: ScheduleId) -> Result<Schedule, Problem> {
        self.db.schedule(id).await.map_err(problem::database)
    }

    async fn create_schedule(&self, viewer: &Viewer, request: ScheduleRequest) -> Result<Schedule, Problem> {
        let Checked { name, timing, clone, consent, next } = self.check_schedule(viewer, request).await?;
        let new = NewSchedule { name, timing, clone, consent, author: viewer.name.clone(), next };
        let schedule = self.db.insert_schedule(new).await.map_err(problem::database)?;
        info!(name = schedule.name.as_str(), by = viewer.name, "schedule created");
        self.scheduler.nudge();
        Ok(schedule)
    }

    async fn edit_schedule(&self, viewer: &Viewer, id: ScheduleId, edit: ScheduleEdit) -> Result<Schedule, Problem> {
        let ScheduleEdit { revision, request } = edit;
        let Checked { name, timing, clone, consent, next } = self.check_schedule(viewer, request).await?;
        let editor = viewer.name.clone();
        let edited = EditedSchedule { revision, name, timing, clone, consent, next, editor };
        let schedule = self.db.edit_schedule(id, edited).await.map_err(problem::database)?;
        info!(name = schedule.name.as_str(), revision = schedule.revision, by = viewer.name, "schedule edited");
        self.scheduler.nudge();
        Ok(schedule)
    }

    async fn list_firings(&self, id: ScheduleId, after: Option<FiringId>, limit: u32) -> Result<FiringList, Problem> {
        let schedule = self.db.schedule(id).await.map_err(problem::database)?;
        let Page { items, next } = self.db.firings(id, after, limit).await.map_err(problem::database)?;
        let started = items.iter().filter_map(|(_, fired)| fired.firing.started()).collect();
        let jobs = self.db.jobs_among(started).await.map_err(problem::database)?;
        let mut jobs: HashMap<JobId, Job> = jobs.into_iter().map(|job| (job.id, job)).collect();
        let now = self.db.now();
        let with_job = |(id, fired): (FiringId, Fired)| {
            let job = fired.firing.started().and_then(|job| jobs.remove(&job)); // no two firings started one job
            (FiringRecord::of(id, fired, &schedule, job.as_ref(), now), job)
        };
        let items = items.into_iter().map(with_job).collect();
        let active = AlertState::ALL.into_iter().filter(|state| *state != AlertState::Resolved).collect();
        let filter = AlertFilter { schedule: Some(id), states: active, ..AlertFilter::default() };
        let alerts = self.db.alerts(&filter, None, 10).await.map_err(problem::database)?.items;
        Ok(FiringList { now, schedule, page: Page { items, next }, alerts })
    }

    fn list_upcoming(&self, field: &str, cron: &str, name: &str) -> Result<Vec<Upcoming>, Problem> {
        let zone = zone(name)?;
        let recurrence = Recurrence::read(field, cron, &zone, self.db.now())?;
        let times = std::iter::successors(recurrence.next(self.db.now()), |at| recurrence.next(*at));
        let upcoming = |at: Time| {
            let local = Timestamp::from_millisecond(at.0).ok()?.to_zoned(zone.clone());
            Some(Upcoming { at, local: local.strftime("%a %Y-%m-%d %H:%M %:z").to_string() })
        };
        Ok(times.take(UPCOMING).filter_map(upcoming).collect())
    }

    async fn pause_schedule(&self, viewer: &Viewer, id: ScheduleId) -> Result<Schedule, Problem> {
        let schedule = self.db.pause_schedule(id).await.map_err(problem::database)?;
        info!(name = schedule.name.as_str(), by = viewer.name, "schedule paused");
        Ok(schedule)
    }

    async fn resume_schedule(&self, viewer: &Viewer, id: ScheduleId) -> Result<Schedule, Problem> {
        let schedule = self.db.schedule(id).await.map_err(problem::database)?;
        let next = Timetable::read(&schedule.timing, self.db.now())?.next_times(self.db.now());
        let schedule = self.db.resume_schedule(id, next).await.map_err(problem::database)?;
        info!(name = schedule.name.as_str(), by = viewer.name, "schedule resumed");
        self.scheduler.nudge();
        Ok(schedule)
    }

    async fn run_schedule(&self, viewer: &Viewer, id: ScheduleId) -> Result<Job, Problem> {
        let schedule = self.db.schedule(id).await.map_err(problem::database)?;
        self.check_clone(&schedule.clone).await?;
        let job = self.db.run_schedule(id, &viewer.name).await.map_err(problem::database)?;
        self.job_changed();
        Ok(job)
    }

    async fn confirm_schedule(
        &self,
        viewer: &Viewer,
        id: ScheduleId,
        confirmation: Confirmation,
    ) -> Result<Job, Problem> {
        let schedule = self.db.schedule(id).await.map_err(problem::database)?;
        confirmed_by_name(&schedule.clone, Some(confirmation.confirm))?;
        let job = self.db.confirm_schedule(id, &confirmation.plan, &viewer.name).await.map_err(problem::database)?;
        info!(name = schedule.name.as_str(), by = viewer.name, job = %job.id, "plan of a scheduled mirror confirmed");
        self.job_changed();
        Ok(job)
    }

    async fn delete_schedule(&self, viewer: &Viewer, id: ScheduleId) -> Result<(), Problem> {
        self.db.delete_schedule(id).await.map_err(problem::database)?;
        info!(%id, by = viewer.name, "schedule deleted");
        Ok(())
    }
}

/// A request for a schedule that could start.
struct Checked {
    name: ScheduleName,
    timing: Timing,
    clone: CloneSpec,
    consent: Option<Consent>,
    next: NextTimes,
}

impl AppBackend {
    async fn check_schedule(&self, viewer: &Viewer, request: ScheduleRequest) -> Result<Checked, Problem> {
        let ScheduleRequest { name, timing, clone, consent, confirm } = request;
        let timing = tidy(timing);
        let timetable = Timetable::read(&timing, self.db.now())?;
        if let Some(cron) = timing.verify_cron.as_ref().filter(|_| clone.mode == Mode::Verify || clone.dry_run) {
            let expected = "left out: this clone writes nothing to verify";
            return Err(Invalid::new("verify_cron", cron, expected).into());
        }
        let clone = self.clone_spec(clone);
        self.check_clone(&clone).await.map_err(within_clone)?;
        let deletes = clone.mode == Mode::Mirror && !clone.dry_run;
        let consent = match (consent, deletes) {
            (Some(limits), true) => {
                let limits = limits.checked()?;
                confirmed_by_name(&clone, confirm)?;
                Some(Consent { limits, by: viewer.name.clone(), at: self.db.now() })
            }
            (None, true) => return Err(no_consent().into()),
            (Some(limits), false) => {
                let expected = "left out: only a mirror that is not a dry run deletes";
                return Err(Invalid::new("consent", limits.words(), expected).into());
            }
            (None, false) => None,
        };
        let next = timetable.next_times(self.db.now());
        Ok(Checked { name, timing, clone, consent, next })
    }
}

fn no_consent() -> Invalid {
    let expected = "copy or verify, or a mirror with a `consent` such as {\"objects\": 100, \"percent\": 5}: a mirror deletes, \
                    so each one needs a preview that a person has read, or a standing consent to so much";
    Invalid::new("clone.mode", "mirror", expected)
}

/// Refuses a consent or confirmation whose giver did not type the name of the place where the mirror deletes.
fn confirmed_by_name(clone: &CloneSpec, typed: Option<String>) -> Result<(), Invalid> {
    let (typed, name) = (typed.unwrap_or_default(), clone.destination.url());
    if typed == name {
        return Ok(());
    }
    let expected = format!("{name:?}, the name of the destination, where the mirror deletes");
    Err(Invalid::new("confirm", typed, expected))
}

/// Normalises spaces: one between fields, none around them.
fn tidy(timing: Timing) -> Timing {
    let tidy = |cron: String| cron.split_whitespace().collect::<Vec<_>>().join(" ");
    Timing { cron: tidy(timing.cron), verify_cron: timing.verify_cron.map(tidy), zone: timing.zone.trim().to_owned() }
}

/// Prefixes the field of a clone's refusal: in a schedule's request the clone is an object of its own.
fn within_clone(problem: Problem) -> Problem {
    match &problem.field {
        Some(field) => {
            let field = format!("clone.{field}");
            problem.on(field)
        }
        None => problem,
    }
}
