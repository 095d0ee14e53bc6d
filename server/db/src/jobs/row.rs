//! How a job lies in its row.

use model::{Job, JobId, Point, Progress, Spec, State, Stop, Time};

use crate::{
    DbError,
    database::{Row, Statement},
};

/// What [`decode`] reads. Checkpoint and history are not among them: they are long, and lists do not need them.
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

/// Progress as it is kept: JSON has no infinity, and a row that cannot be read back would be worse than a zero.
pub fn storable(progress: &Progress) -> Progress {
    let finite = |rate: f64| if rate.is_finite() { rate } else { 0.0 };
    Progress { rate: finite(progress.rate), byte_rate: finite(progress.byte_rate), ..progress.clone() }
}

/// Numbers beyond what a database holds are kept as the largest it does.
pub fn integer(number: impl TryInto<i64>) -> i64 {
    number.try_into().unwrap_or(i64::MAX)
}

/// Letter case taken away, letter by letter, so that a part of a text is also a part of what comes of it.
pub fn folded(text: &str) -> String {
    text.chars().flat_map(char::to_lowercase).collect()
}
