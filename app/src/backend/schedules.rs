//! Schedules, which start clones at given times.

use async_trait::async_trait;
use model::{
    Confirmation, FiringId, FiringList, Job, Problem, Schedule, ScheduleEdit, ScheduleId, ScheduleList,
    ScheduleRequest, Upcoming, Viewer,
};

#[async_trait]
pub trait ScheduleBackend: Send + Sync {
    /// All of them, by name.
    async fn list_schedules(&self) -> Result<ScheduleList, Problem>;

    async fn get_schedule(&self, id: ScheduleId) -> Result<Schedule, Problem>;

    /// Refuses what could never start: an expression that matches no time, a clone that would be refused now. The
    /// same schedule again returns the existing one; another one of its name is a conflict.
    async fn create_schedule(&self, viewer: &Viewer, request: ScheduleRequest) -> Result<Schedule, Problem>;

    /// Changes all that its author chose. A conflict if it was changed since `edit.revision`; checked like a new one.
    async fn edit_schedule(&self, viewer: &Viewer, id: ScheduleId, edit: ScheduleEdit) -> Result<Schedule, Problem>;

    /// A page of its firings, newest first, with the job that each started. `limit` is at most 200.
    async fn list_firings(&self, id: ScheduleId, after: Option<FiringId>, limit: u32) -> Result<FiringList, Problem>;

    /// The next five times of an expression. `field` is the form field that a refusal names.
    fn list_upcoming(&self, field: &str, cron: &str, zone: &str) -> Result<Vec<Upcoming>, Problem>;

    /// Starts nothing until the schedule is resumed. Its running jobs go on.
    async fn pause_schedule(&self, viewer: &Viewer, id: ScheduleId) -> Result<Schedule, Problem>;

    /// Starts again from the next time on. Times missed meanwhile are not made up for.
    async fn resume_schedule(&self, viewer: &Viewer, id: ScheduleId) -> Result<Schedule, Problem>;

    /// Starts the schedule's clone now. A conflict while its last job has not ended.
    async fn run_schedule(&self, viewer: &Viewer, id: ScheduleId) -> Result<Job, Problem>;

    /// Starts the mirror whose plan is above its standing consent, with exactly that plan. A conflict unless that plan
    /// waits for a confirmation.
    async fn confirm_schedule(
        &self,
        viewer: &Viewer,
        id: ScheduleId,
        confirmation: Confirmation,
    ) -> Result<Job, Problem>;

    /// Deletes the schedule; its jobs stay.
    async fn delete_schedule(&self, viewer: &Viewer, id: ScheduleId) -> Result<(), Problem>;
}
