//! Fires a schedule: starts a job at a due time, or records why none was started.
//!
//! Always: each due time fires exactly once, however many servers see it. The statement that advances the next time
//! names the time it replaces and the revision of the schedule, so a second server changes nothing, and an edited
//! schedule never starts what it was before. The job is inserted in the same transaction, so a
//! crash leaves both or neither. The statement also locks the schedule's row, so that its two tasks and a manual start
//! wait for each other: no job starts before the last one has ended.

use model::{CloneSpec, Digest, Fired, Firing, Job, JobId, Schedule, ScheduleId, Spec, Task, Time, Waiting};

use crate::{
    Db, DbError,
    database::{Statement, Transaction, json},
    jobs::{self, insert_queued, row::id},
    schedules::row,
};

/// A due time of a schedule, with the next one.
pub struct Due<'a> {
    pub schedule: &'a Schedule,
    pub task: Task,
    /// The due time, which must still be the schedule's next time of that task: the fence.
    pub due: Time,
    /// The next time after now; `None` if the expression cannot be parsed any more.
    pub next: Option<Time>,
    /// Number of further due times that passed before now.
    pub missed: u32,
    pub now: Time,
    /// Reason why the schedule cannot start a job.
    pub refused: Option<String>,
}

impl Db {
    /// Due time of the next schedule, if there is one.
    pub async fn next_due(&self) -> Result<Option<Time>, DbError> {
        let statement = Statement::new(
            "SELECT MIN(at) AS at FROM (SELECT MIN(next_at) AS at FROM schedules UNION ALL \
             SELECT MIN(verify_next_at) AS at FROM schedules) AS times",
        );
        let rows = self.database().read(statement).await?;
        let at: Option<Option<i64>> = rows.first().map(|row| row.get("at")).transpose()?;
        Ok(at.flatten().map(Time))
    }

    /// Due schedules, the longest overdue first. Each is decoded separately, so that an unreadable one does not block
    /// the others.
    pub async fn due_schedules(&self, now: Time) -> Result<Vec<Result<Schedule, DbError>>, DbError> {
        let statement = row::select()
            .push("WHERE next_at <= ")
            .value(now)
            .push(" OR verify_next_at <= ")
            .value(now)
            .push(" ORDER BY COALESCE(next_at, verify_next_at), id");
        Ok(self.database().read(statement).await?.iter().map(row::decode).collect())
    }

    /// Fires a due time. `None` if another server was first, or the schedule was edited, paused or deleted meanwhile.
    pub async fn fire(&self, due: &Due<'_>) -> Result<Option<Firing>, DbError> {
        let schedule = due.schedule;
        let mut transaction = self.database().begin().await?;
        let moved = match due.task {
            Task::Clone => {
                "UPDATE schedules SET next_at = $1 WHERE id = $2 AND next_at = $3 AND revision = $4 RETURNING job_id"
            }
            Task::Verify => {
                "UPDATE schedules SET verify_next_at = $1 WHERE id = $2 AND verify_next_at = $3 AND revision = $4 \
                 RETURNING job_id"
            }
        };
        let moved = Statement::new(moved).bind(due.next.map(|at| at.0)).bind(schedule.id).bind(due.due);
        let moved = moved.bind(schedule.revision);
        let rows = transaction.run(moved).await?;
        let Some(last) = rows.first() else { return Ok(None) };
        let last: Option<String> = last.get("job_id")?;
        let firing = match &due.refused {
            Some(reason) => Firing::Refused { reason: reason.clone() },
            None => match unended(&mut transaction, last).await? {
                Some(job) => Firing::Skipped { job },
                None => Firing::Started { job: self.start(&mut transaction, schedule, due.task, why(due)).await?.id },
            },
        };
        let (task, missed) = (due.task, due.missed);
        let fired = Fired { due: due.due, at: due.now, task, missed, by: None, firing: firing.clone() };
        let statement = Statement::new("UPDATE schedules SET last = $1 WHERE id = $2");
        transaction.run(statement.bind(json(&fired)?).bind(schedule.id)).await?;
        self.record_firing(&mut transaction, schedule.id, &fired).await?;
        transaction.commit().await?;
        Ok(Some(firing))
    }

    /// Starts the schedule's clone now without changing its times. Refused while its last job has not ended.
    pub async fn run_schedule(&self, id: ScheduleId, actor: &str) -> Result<Job, DbError> {
        let mut transaction = self.database().begin().await?;
        let statement = row::select().push("WHERE id = ").value(id).push(transaction.for_update());
        let rows = transaction.run(statement).await?;
        let schedule = row::decode(rows.first().ok_or(DbError::NoSchedule(id))?)?;
        if let Some(job) = unended(&mut transaction, schedule.job.map(|job| job.to_string())).await? {
            return Err(DbError::StillRuns(job));
        }
        let why = format!("started by hand by {actor}");
        let job = self.start(&mut transaction, &schedule, Task::Clone, why).await?;
        let (at, firing) = (job.created_at, Firing::Started { job: job.id });
        let fired = Fired { due: at, at, task: Task::Clone, missed: 0, by: Some(actor.to_owned()), firing };
        self.record_firing(&mut transaction, id, &fired).await?;
        transaction.commit().await?;
        Ok(job)
    }

    /// Starts the mirror whose plan waits for a confirmation, with exactly that plan.
    pub async fn confirm_schedule(&self, id: ScheduleId, plan: &Digest, actor: &str) -> Result<Job, DbError> {
        let mut transaction = self.database().begin().await?;
        let statement = row::select().push("WHERE id = ").value(id).push(transaction.for_update());
        let rows = transaction.run(statement).await?;
        let schedule = row::decode(rows.first().ok_or(DbError::NoSchedule(id))?)?;
        let last = schedule.job.ok_or(DbError::NothingWaits(id))?;
        if let Some(job) = unended(&mut transaction, Some(last.to_string())).await? {
            return Err(DbError::StillRuns(job));
        }
        let rows = transaction.run(jobs::row::select().push("WHERE id = ").value(last)).await?;
        let before = jobs::row::decode(rows.first().ok_or(DbError::NothingWaits(id))?)?;
        let waiting = Waiting::of(&schedule, &before, self.now()).ok_or(DbError::NothingWaits(id))?;
        if waiting.decision.plan.id != *plan {
            return Err(DbError::OtherPlanWaits(waiting.decision.plan.id));
        }
        let spec = CloneSpec { plan: Some(waiting.decision.plan), ..schedule.clone.clone() };
        let why = format!("plan {plan} of job {last} confirmed by {actor}");
        let job = self.start_with(&mut transaction, &schedule, spec, why).await?;
        let (at, firing) = (job.created_at, Firing::Started { job: job.id });
        let fired = Fired { due: at, at, task: Task::Clone, missed: 0, by: Some(actor.to_owned()), firing };
        self.record_firing(&mut transaction, id, &fired).await?;
        transaction.commit().await?;
        Ok(job)
    }

    async fn start(
        &self,
        transaction: &mut Transaction,
        schedule: &Schedule,
        task: Task,
        why: String,
    ) -> Result<Job, DbError> {
        self.start_with(transaction, schedule, schedule.spec_of(task), why).await
    }

    /// Inserts the job; `why` becomes the detail of its first event.
    async fn start_with(
        &self,
        transaction: &mut Transaction,
        schedule: &Schedule,
        spec: CloneSpec,
        why: String,
    ) -> Result<Job, DbError> {
        let job = self.queued(Spec::Clone(spec), schedule.author_of_jobs());
        insert_queued(transaction, &job, why).await?;
        let statement = Statement::new("UPDATE schedules SET job_id = $1 WHERE id = $2").bind(job.id).bind(schedule.id);
        transaction.run(statement).await?;
        Ok(job)
    }
}

fn why(due: &Due<'_>) -> String {
    match due.missed {
        0 => format!("due at {}", due.due),
        missed => format!("due at {}, also for {missed} missed times before it", due.due),
    }
}

/// The id of the job, if it has not ended; locks its row.
async fn unended(transaction: &mut Transaction, job: Option<String>) -> Result<Option<JobId>, DbError> {
    let Some(job) = job else { return Ok(None) };
    let statement = Statement::new("SELECT id FROM jobs WHERE ended_at IS NULL AND id = ").value(job);
    let rows = transaction.run(statement.push(transaction.for_update())).await?;
    rows.first().map(id).transpose()
}
