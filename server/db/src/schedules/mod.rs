//! The table of schedules: made, listed, paused, deleted. What happens when one of their times has come is in `fire`.
//!
//! Always: a paused schedule has no next times, so that no one can fire it, and what passed while it was paused is not
//! made up for. Times are worked out by the caller, who can read cron expressions; here they are numbers.

mod fire;
mod row;

use model::{CloneSpec, Job, JobId, NextTimes, Schedule, ScheduleId, ScheduleName, Timing};

pub use self::fire::Due;
use crate::{
    Db, DbError,
    database::{Statement, Transaction},
    jobs,
};

/// So many schedules are kept: their list is one page.
pub const MOST_SCHEDULES: i64 = 500;

/// What to insert. The id is made by the store.
pub struct NewSchedule {
    pub name: ScheduleName,
    pub timing: Timing,
    pub clone: CloneSpec,
    pub author: String,
    pub next: NextTimes,
}

impl Db {
    /// The very same schedule again answers the one there is, as a form may be sent twice; another of the same name is
    /// [`DbError::NameTaken`].
    pub async fn insert_schedule(&self, new: NewSchedule) -> Result<Schedule, DbError> {
        let (JobId(id), created_at) = self.clock().new_id();
        let schedule = Schedule {
            id: ScheduleId(id),
            name: new.name,
            timing: new.timing,
            clone: new.clone,
            author: new.author,
            enabled: true,
            created_at,
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

    /// All of them, by name.
    pub async fn schedules(&self) -> Result<Vec<Schedule>, DbError> {
        let rows = self.database().read(row::select().push("ORDER BY name, id")).await?;
        rows.iter().map(row::decode).collect()
    }

    pub async fn schedule(&self, id: ScheduleId) -> Result<Schedule, DbError> {
        let rows = self.database().read(row::select().push("WHERE id = ").value(id)).await?;
        row::decode(rows.first().ok_or(DbError::NoSchedule(id))?)
    }

    /// The jobs that these schedules started last, in any order.
    pub async fn jobs_of(&self, schedules: &[Schedule]) -> Result<Vec<Job>, DbError> {
        let ids: Vec<JobId> = schedules.iter().filter_map(|schedule| schedule.job).collect();
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

    /// From now on, at these times. One that is not paused stays as it is.
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

    /// Its jobs stay.
    pub async fn delete_schedule(&self, id: ScheduleId) -> Result<(), DbError> {
        let statement = Statement::new("DELETE FROM schedules WHERE id = $1 RETURNING id").bind(id);
        self.database().write(statement).await?.first().map(|_| ()).ok_or(DbError::NoSchedule(id))
    }

    async fn changed_schedule(&self, id: ScheduleId, statement: Statement) -> Result<Schedule, DbError> {
        self.database().write(statement).await?.first().ok_or(DbError::NoSchedule(id))?;
        self.schedule(id).await
    }
}

/// The schedule that has the name already, if it says the same.
async fn same(transaction: &mut Transaction, wanted: &Schedule) -> Result<Schedule, DbError> {
    let statement = row::select().push("WHERE name = ").value(wanted.name.as_str());
    let rows = transaction.run(statement).await?;
    let found = row::decode(rows.first().ok_or_else(|| DbError::NameTaken(wanted.name.clone()))?)?;
    let says = |schedule: &Schedule| (schedule.timing.clone(), schedule.clone.clone(), schedule.author.clone());
    if says(&found) == says(wanted) { Ok(found) } else { Err(DbError::NameTaken(wanted.name.clone())) }
}
