//! Encoding of a schedule in its row.

use model::{Schedule, ScheduleId, ScheduleName, Time, Timing};
use uuid::Uuid;

use crate::{
    DbError,
    database::{Row, Statement, json},
};

/// The start of a statement that reads schedules.
pub fn select() -> Statement {
    Statement::new(
        "SELECT id, name, cron, verify_cron, zone, spec, consent, author, enabled, created_at, revision, edited_by, edited_at, \
         next_at, verify_next_at, job_id, last FROM schedules ",
    )
}

/// SQL that inserts a new schedule.
pub fn insert(schedule: &Schedule) -> Result<Statement, DbError> {
    let Timing { cron, verify_cron, zone } = &schedule.timing;
    let statement = Statement::new(
        "INSERT INTO schedules (id, name, cron, verify_cron, zone, spec, consent, author, created_at, next_at, verify_next_at) \
         VALUES ",
    );
    Ok(statement.tuple([
        schedule.id.into(),
        schedule.name.as_str().into(),
        cron.as_str().into(),
        verify_cron.clone().into(),
        zone.as_str().into(),
        json(&schedule.clone)?.into(),
        schedule.consent.as_ref().map(json).transpose()?.into(),
        schedule.author.as_str().into(),
        schedule.created_at.into(),
        schedule.next_at.map(|at| at.0).into(),
        schedule.verify_next_at.map(|at| at.0).into(),
    ]))
}

pub fn decode(row: &Row) -> Result<Schedule, DbError> {
    let time = |column: &str| Ok::<_, DbError>(row.get::<Option<i64>>(column)?.map(Time));
    let job: Option<String> = row.get("job_id")?;
    Ok(Schedule {
        id: ScheduleId(uuid(&row.get::<String>("id")?)?),
        name: row.word::<ScheduleName>("name")?,
        timing: Timing { cron: row.get("cron")?, verify_cron: row.get("verify_cron")?, zone: row.get("zone")? },
        clone: row.json("spec")?,
        consent: row.optional_json("consent")?,
        author: row.get("author")?,
        enabled: row.get::<i64>("enabled")? == 1,
        created_at: Time(row.get("created_at")?),
        revision: row.get("revision")?,
        edited_by: row.get("edited_by")?,
        edited_at: time("edited_at")?,
        next_at: time("next_at")?,
        verify_next_at: time("verify_next_at")?,
        job: job.map(|id| uuid(&id).map(model::JobId)).transpose()?,
        last: row.optional_json("last")?,
    })
}

fn uuid(text: &str) -> Result<Uuid, DbError> {
    Uuid::parse_str(text).map_err(|_| DbError::Corrupt(format!("{text:?} as an id")))
}
