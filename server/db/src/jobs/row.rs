//! Encoding of a job in its row.

use model::{Job, JobId, Point, Progress, Spec, State, Stop, Time};

use crate::{
    DbError,
    database::{Row, Statement},
};

/// Columns that [`decode`] reads, without checkpoint and history, which are long and not needed in lists.
pub const COLUMNS: &str = "id, state, spec, author, attempt, created_at, started_at, ended_at, updated_at, revision, \
                           stopping, holder, progress, proof, error";

/// The start of a statement that reads jobs.
pub fn select() -> Statement {
    Statement::new("SELECT ").push(COLUMNS).push(" FROM jobs ")
}

pub fn decode(row: &Row) -> Result<Job, DbError> {
    let spec: Spec = row.json("spec")?;
    Ok(Job {
        id: id(row)?,
        kind: spec.kind(),
        state: row.word::<State>("state")?,
        spec,
        attempt: row.get("attempt")?,
        author: row.get("author")?,
        created_at: Time(row.get("created_at")?),
        started_at: row.get::<Option<i64>>("started_at")?.map(Time),
        ended_at: row.get::<Option<i64>>("ended_at")?.map(Time),
        updated_at: Time(row.get("updated_at")?),
        revision: row.get("revision")?,
        stopping: stopping(row)?,
        holder: row.get("holder")?,
        progress: row.json("progress")?,
        proof: row.optional_json("proof")?,
        error: row.optional_json("error")?,
    })
}

pub fn decode_all(rows: &[Row]) -> Result<Vec<Job>, DbError> {
    rows.iter().map(decode).collect()
}

pub fn id(row: &Row) -> Result<JobId, DbError> {
    row.word("id")
}

pub fn stopping(row: &Row) -> Result<Option<Stop>, DbError> {
    let word: Option<String> = row.get("stopping")?;
    word.map(|word| word.parse::<Stop>().map_err(|error| DbError::Corrupt(error.to_string()))).transpose()
}

pub fn history(row: &Row) -> Result<Vec<Point>, DbError> {
    row.json("history")
}

/// Progress for storing: rates that are not finite become zero, because JSON cannot represent them.
pub fn storable(progress: &Progress) -> Progress {
    let finite = |rate: f64| if rate.is_finite() { rate } else { 0.0 };
    Progress { rate: finite(progress.rate), byte_rate: finite(progress.byte_rate), ..progress.clone() }
}

/// A number as `i64`, saturating.
pub fn integer(number: impl TryInto<i64>) -> i64 {
    number.try_into().unwrap_or(i64::MAX)
}

/// Lower case, character by character, so that a substring of a text is also a substring of the result.
pub fn folded(text: &str) -> String {
    text.chars().flat_map(char::to_lowercase).collect()
}
