//! Figures of runs for evaluating alert conditions.

use model::{Invocation, Key, Outcome, PipelineName, RunId, RunSource, Time};

use crate::{
    Db, DbError,
    database::{Row, Statement},
    runs::{key_of, name},
};

/// Figures of a run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RunFigures {
    pub id: RunId,
    pub source: RunSource,
    pub of_job: bool,
    pub outcome: Outcome,
    pub started_at: Time,
    pub duration_ms: u64,
    pub encountered: u64,
    pub parsed: u64,
    pub delivered: u64,
    pub failures: u64,
    pub memory_mb: Option<u64>,
    pub memory_limit_mb: Option<u64>,
    pub key: Option<Key>,
    /// A person accepted what it lacks.
    pub accepted: bool,
}

impl Db {
    /// Figures of up to `most` runs of a pipeline, the newest first.
    pub async fn run_figures(&self, pipeline: &PipelineName, most: u32) -> Result<Vec<RunFigures>, DbError> {
        let statement = Statement::new(
            "SELECT id, source, job_id, outcome, started_at, duration_ms, lines, parsed, delivered, failures, \
             memory_mb, invocation, object_key, accepted_at FROM runs WHERE pipeline = $1 \
             ORDER BY started_at DESC, id DESC LIMIT $2",
        );
        let statement = statement.bind(pipeline.as_str()).bind(i64::from(most));
        self.database().read(statement).await?.iter().map(decode).collect()
    }
}

fn decode(row: &Row) -> Result<RunFigures, DbError> {
    let count = |column| Ok::<_, DbError>(row.get::<i64>(column)?.unsigned_abs());
    Ok(RunFigures {
        id: row.word("id")?,
        source: row.word("source")?,
        of_job: name::<model::JobId>(row, "job_id")?.is_some(),
        outcome: row.word("outcome")?,
        started_at: Time(row.get("started_at")?),
        duration_ms: count("duration_ms")?,
        encountered: count("lines")?,
        parsed: count("parsed")?,
        delivered: count("delivered")?,
        failures: count("failures")?,
        memory_mb: row.get::<Option<i64>>("memory_mb")?.map(i64::unsigned_abs),
        memory_limit_mb: row.optional_json::<Invocation>("invocation")?.and_then(|of| of.memory_limit_mb),
        key: row.get::<Option<Vec<u8>>>("object_key")?.map(key_of).transpose()?,
        accepted: row.get::<Option<i64>>("accepted_at")?.is_some(),
    })
}
