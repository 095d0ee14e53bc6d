//! Encoding of an alert in its row.

use model::{Alert, AlertSchedule, Time, Window};

use super::KeptAlert;
use crate::{
    DbError,
    database::{Row, Statement, json},
    jobs::row::integer,
    runs::name,
};

/// The start of a statement that reads alerts.
pub fn select() -> Statement {
    Statement::new(
        "SELECT id, kind, pipeline, sink, schedule_id, schedule_name, table_name, state, reason, advice, since, opened_at, updated_at, resolved_at, \
         acknowledged_by, acknowledged_at, silenced_until, runs, object_keys, window_from, window_to, gone_since, \
         told_at, told_weight FROM alerts ",
    )
}

pub fn insert(kept: &KeptAlert) -> Result<Statement, DbError> {
    let alert = &kept.alert;
    let statement = Statement::new(
        "INSERT INTO alerts (id, kind, pipeline, sink, schedule_id, schedule_name, table_name, state, reason, advice, since, opened_at, updated_at, runs, \
         object_keys, window_from, window_to, told_at, told_weight) VALUES ",
    );
    Ok(statement.tuple([
        alert.id.into(),
        alert.kind.as_str().into(),
        alert.pipeline.clone().map(String::from).into(),
        alert.sink.clone().map(String::from).into(),
        alert.schedule.as_ref().map(|schedule| schedule.id.to_string()).into(),
        alert.schedule.as_ref().map(|schedule| schedule.name.to_string()).into(),
        alert.table.as_ref().map(ToString::to_string).into(),
        alert.state.as_str().into(),
        alert.reason.as_str().into(),
        alert.advice.as_str().into(),
        alert.since.into(),
        alert.opened_at.into(),
        alert.updated_at.into(),
        json(&alert.runs)?.into(),
        json(&alert.keys)?.into(),
        alert.window.from().into(),
        alert.window.to().into(),
        kept.told_at.into(),
        integer(kept.told_weight).into(),
    ]))
}

pub fn decode(row: &Row) -> Result<Alert, DbError> {
    let time = |column| Ok::<_, DbError>(row.get::<Option<i64>>(column)?.map(Time));
    let (id, named) = (name(row, "schedule_id")?, name(row, "schedule_name")?);
    let window = Window::new(Time(row.get("window_from")?), Time(row.get("window_to")?));
    Ok(Alert {
        id: row.word("id")?,
        kind: row.word("kind")?,
        pipeline: name(row, "pipeline")?,
        sink: name(row, "sink")?,
        schedule: id.zip(named).map(|(id, name)| AlertSchedule { id, name }),
        table: name(row, "table_name")?,
        state: row.word("state")?,
        reason: row.get("reason")?,
        advice: row.get("advice")?,
        since: Time(row.get("since")?),
        opened_at: Time(row.get("opened_at")?),
        updated_at: Time(row.get("updated_at")?),
        resolved_at: time("resolved_at")?,
        acknowledged_by: row.get("acknowledged_by")?,
        acknowledged_at: time("acknowledged_at")?,
        silenced_until: time("silenced_until")?,
        runs: row.json("runs")?,
        keys: row.json("object_keys")?,
        window: window.map_err(|invalid| DbError::Corrupt(invalid.to_string()))?,
    })
}

pub fn decode_kept(row: &Row) -> Result<KeptAlert, DbError> {
    Ok(KeptAlert {
        alert: decode(row)?,
        gone_since: row.get::<Option<i64>>("gone_since")?.map(Time),
        told_at: Time(row.get("told_at")?),
        told_weight: row.get::<i64>("told_weight")?.unsigned_abs(),
    })
}
