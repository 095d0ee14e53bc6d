//! Decoding of a run from its row.

use model::{Key, Outcome, Run, RunSource, Time};

use super::accept;
use crate::{
    DbError,
    database::{Row, Statement},
};

/// The start of a statement that reads runs.
pub fn select() -> Statement {
    Statement::new(
        "SELECT id, job_id, pipeline, source, request_id, outcome, reason, started_at, duration_ms, memory_mb, \
         invocation, store, bucket, object_key, etag, size, summary, logged, accepted_at, accepted_by, accepted_note FROM runs ",
    )
}

pub fn decode(row: &Row) -> Result<Run, DbError> {
    Ok(Run {
        id: row.word("id")?,
        pipeline: name(row, "pipeline")?,
        source: row.word::<RunSource>("source")?,
        request_id: row.get("request_id")?,
        job: name(row, "job_id")?,
        outcome: row.word::<Outcome>("outcome")?,
        reason: row.get("reason")?,
        started_at: Time(row.get("started_at")?),
        duration_ms: row.get::<i64>("duration_ms")?.unsigned_abs(),
        memory_mb: row.get::<Option<i64>>("memory_mb")?.map(i64::unsigned_abs),
        invocation: row.optional_json("invocation")?,
        store: name(row, "store")?,
        bucket: name(row, "bucket")?,
        key: row.get::<Option<Vec<u8>>>("object_key")?.map(key_of).transpose()?,
        etag: row.get("etag")?,
        size: row.get::<Option<i64>>("size")?.map(i64::unsigned_abs),
        summary: row.optional_json("summary")?,
        logged: row.get("logged")?,
        accepted: accept::decode(row)?,
    })
}

pub fn key_of(bytes: Vec<u8>) -> Result<Key, DbError> {
    let text = String::from_utf8(bytes).map_err(|error| DbError::Corrupt(error.to_string()))?;
    Key::try_from(text).map_err(|error| DbError::Corrupt(error.to_string()))
}

pub fn name<T: std::str::FromStr<Err = model::Invalid>>(row: &Row, column: &str) -> Result<Option<T>, DbError> {
    let text: Option<String> = row.get(column)?;
    text.map(|text| text.parse().map_err(|error: model::Invalid| DbError::Corrupt(error.to_string()))).transpose()
}
