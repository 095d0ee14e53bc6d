//! The table of schedules: creating, listing, pausing and deleting; `edit` changes one, `fire` starts jobs at their due
//! times, `firings` is the history of these.
//!
//! Always: a paused schedule has no next times, so it cannot fire, and times that passed while it was paused are not
//! made up for. Callers compute times from cron expressions; this module only stores them.

mod edit;
mod fire;
mod firings;
mod row;

use model::{CloneSpec, Consent, Job, JobId, NextTimes, Schedule, ScheduleId, ScheduleName, Time, Timing};

pub use self::{edit::EditedSchedule, fire::Due};
use crate::{
    Db, DbError,
    database::{Row, Statement, Transaction},
    jobs,
};

/// Largest number of schedules; their list is one page.
pub const MOST_SCHEDULES: i64 = 500;

/// A schedule to insert; the database assigns its id.
pub struct NewSchedule {
    pub name: ScheduleName,
    pub timing: Timing,
    pub clone: CloneSpec,
    pub consent: Option<Consent>,
    pub author: String,
    pub next: NextTimes,
}

/// A schedule with its next due time.
pub struct ScheduleBrief {
    pub id: ScheduleId,
    pub name: ScheduleName,
    pub due: Option<Time>,
}

impl Db {
    /// Inserts a schedule. An identical schedule returns the existing one, because a form may be sent twice; a
    /// different one with the same name is [`DbError::NameTaken`].
    pub async fn insert_schedule(&self, new: NewSchedule) -> Result<Schedule, DbError> {
        let (JobId(id), created_at) = self.clock().new_id();
        let schedule = Schedule {
            id: ScheduleId(id),
            name: new.name,
            timing: new.timing,
            clone: new.clone,
            consent: new.consent,
            author: new.author,
            enabled: true,
            created_at,
            revision: 1,
            edited_by: None,
            edited_at: None,
            next_at: new.next.clone,
            verify_next_at: new.next.verify,
            job: None,
            last: None,
        };
        let mut transaction = self.database().begin().await?;
        let statement = row::insert(&schedule)?.push(" ON CONFLICT DO NOTHING RETURNING id");
        if transaction.run(statement).await?.is_empty() {
            return same(&mut transaction, &schedule).await;
        }
        let count = transaction.run(Statement::new("SELECT COUNT(*) AS schedules FROM schedules")).await?;
        if count.first().map(|row| row.get::<i64>("schedules")).transpose()?.unwrap_or_default() > MOST_SCHEDULES {
            return Err(DbError::TooManySchedules);
        }
        transaction.commit().await?;
        Ok(schedule)
    }

    /// All schedules by name.
    pub async fn schedules(&self) -> Result<Vec<Schedule>, DbError> {
        let rows = self.database().read(row::select().push("ORDER BY name, id")).await?;
        rows.iter().map(row::decode).collect()
    }

    pub async fn schedule(&self, id: ScheduleId) -> Result<Schedule, DbError> {
        let rows = self.database().read(row::select().push("WHERE id = ").value(id)).await?;
        row::decode(rows.first().ok_or(DbError::NoSchedule(id))?)
    }

    /// All schedules, as far as their alerts need them; what else a row holds may be unreadable.
    pub async fn schedules_in_brief(&self) -> Result<Vec<ScheduleBrief>, DbError> {
        let statement = Statement::new("SELECT id, name, next_at, verify_next_at FROM schedules ORDER BY id");
        let rows = self.database().read(statement).await?;
        let time = |row: &Row, column| Ok::<_, DbError>(row.get::<Option<i64>>(column)?.map(Time));
        let brief = |row: &Row| {
            let times = [time(row, "next_at")?, time(row, "verify_next_at")?];
            Ok(ScheduleBrief { id: row.word("id")?, name: row.word("name")?, due: times.into_iter().flatten().min() })
        };
        rows.iter().map(brief).collect()
    }

    /// The last job of each schedule, in any order.
    pub async fn jobs_of(&self, schedules: &[Schedule]) -> Result<Vec<Job>, DbError> {
        self.jobs_among(schedules.iter().filter_map(|schedule| schedule.job).collect()).await
    }

    /// The jobs with these ids that exist, in any order.
    pub async fn jobs_among(&self, ids: Vec<JobId>) -> Result<Vec<Job>, DbError> {
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        let statement = jobs::row::select().push("WHERE id IN ").list(ids);
        jobs::row::decode_all(&self.database().read(statement).await?)
    }

    pub async fn pause_schedule(&self, id: ScheduleId) -> Result<Schedule, DbError> {
        let statement = Statement::new(
            "UPDATE schedules SET enabled = 0, next_at = NULL, verify_next_at = NULL WHERE id = $1 RETURNING id",
        );
        self.changed_schedule(id, statement.bind(id)).await
    }

    /// Resumes a paused schedule with these next times. A schedule that is not paused stays unchanged.
    pub async fn resume_schedule(&self, id: ScheduleId, next: NextTimes) -> Result<Schedule, DbError> {
        let statement = Statement::new(
            "UPDATE schedules SET next_at = CASE enabled WHEN 0 THEN $1 ELSE next_at END, \
             verify_next_at = CASE enabled WHEN 0 THEN $2 ELSE verify_next_at END, enabled = 1 \
             WHERE id = $3 RETURNING id",
        )
        .bind(next.clone.map(|at| at.0))
        .bind(next.verify.map(|at| at.0))
        .bind(id);
        self.changed_schedule(id, statement).await
    }

    /// Deletes a schedule; its jobs stay.
    pub async fn delete_schedule(&self, id: ScheduleId) -> Result<(), DbError> {
        let statement = Statement::new("DELETE FROM schedules WHERE id = $1 RETURNING id").bind(id);
        self.database().write(statement).await?.first().map(|_| ()).ok_or(DbError::NoSchedule(id))
    }

    async fn changed_schedule(&self, id: ScheduleId, statement: Statement) -> Result<Schedule, DbError> {
        self.database().write(statement).await?.first().ok_or(DbError::NoSchedule(id))?;
        self.schedule(id).await
    }
}

/// The existing schedule of this name, if it is identical.
async fn same(transaction: &mut Transaction, wanted: &Schedule) -> Result<Schedule, DbError> {
    let statement = row::select().push("WHERE name = ").value(wanted.name.as_str());
    let rows = transaction.run(statement).await?;
    let found = row::decode(rows.first().ok_or_else(|| DbError::NameTaken(wanted.name.clone()))?)?;
    let says = |schedule: &Schedule| {
        let limits = schedule.consent.as_ref().map(|consent| consent.limits);
        (schedule.timing.clone(), schedule.clone.clone(), limits, schedule.author.clone())
    };
    if says(&found) == says(wanted) { Ok(found) } else { Err(DbError::NameTaken(wanted.name.clone())) }
}
