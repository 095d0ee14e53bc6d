//! Runs of Lambda functions as read from their log: one row per pipeline and request id.
//!
//! Lines are read repeatedly (overlap for late lines, restarts, backfills), and a reading that begins in the middle of
//! a run knows less than one that saw its beginning. Each row therefore stores how much was known: a reading that knows
//! less changes nothing, one that knows the same changes the row only if its content differs. Size and ETag of the
//! object are not in the log and stay if they were added.
//!
//! Always: fenced by the watcher's or the job's lease, so that one that was asleep past it records nothing.

use std::collections::BTreeMap;

use model::{JobId, LogLine, PipelineName, Run, RunId, RunSource, SinkName, Summary, Window};

use super::{BATCH, failures};
use crate::{
    Db, DbError,
    database::{Statement, json},
    jobs::row::integer,
    leases,
    retention::Swept,
    sums::Change,
    task_leases::{self, task},
};

/// A run read from a log. Its id is used for a new row only.
#[derive(Clone, Debug)]
pub struct NewInvocation {
    /// The run; ignored without a request id.
    pub run: Run,
    /// Sink of the function according to the configuration.
    pub sink: SinkName,
    /// Lines that are evidence of its outcome.
    pub evidence: Vec<LogLine>,
    /// Whether no further lines are expected.
    pub settled: bool,
}

/// Recorder of runs, with its fence.
#[derive(Clone, Copy, Debug)]
pub enum Recorder<'a> {
    /// The holder of the pipeline's log group.
    LogReader(&'a str),
    /// A backfill job with its attempt.
    Job(JobId, i64),
    /// A command of a user, which needs no fence.
    Import,
}

impl Db {
    /// Records runs; returns the number of new or changed rows, or `None` if the lease was lost and nothing was
    /// recorded.
    pub async fn record_invocations(
        &self,
        pipeline: &PipelineName,
        by: Recorder<'_>,
        invocations: &[NewInvocation],
    ) -> Result<Option<u64>, DbError> {
        let mut transaction = self.database().begin().await?;
        let held = match by {
            Recorder::LogReader(holder) => {
                task_leases::fence(&mut transaction, (task::READ_LOGS, pipeline.as_str()), holder).await?
            }
            Recorder::Job(id, attempt) => leases::held(&mut transaction, id, attempt).await?.is_some(),
            Recorder::Import => true,
        };
        if !held {
            return Ok(None);
        }
        let mut changed = 0;
        // Each once, because PostgreSQL cannot update a row twice in a statement; ordered, to prevent deadlocks.
        let by_request: BTreeMap<&str, &NewInvocation> = invocations
            .iter()
            .filter_map(|invocation| Some((invocation.run.request_id.as_deref()?, invocation)))
            .collect();
        let swept = Swept::read(&mut transaction).await?;
        let once: Vec<&NewInvocation> = by_request.into_values().filter(|new| swept.allows(&new.run)).collect();
        let mut change = Change::default();
        for batch in once.chunks(BATCH) {
            let rows = |statement| chosen(statement, pipeline, batch);
            change.subtract(&mut transaction, rows).await?;
            changed += transaction.run(upsert(pipeline, batch)?).await?.len() as u64;
            change.add(&mut transaction, rows).await?;
        }
        change.apply(&mut transaction).await?;
        transaction.commit().await?;
        Ok(Some(changed))
    }

    /// Number of runs of the pipeline's function that began in a window.
    pub async fn count_invocations(&self, pipeline: &PipelineName, window: Window) -> Result<u64, DbError> {
        let statement = Statement::new(
            "SELECT COUNT(*) AS runs FROM runs WHERE pipeline = $1 AND started_at >= $2 AND started_at < $3 \
             AND source = 'lambda'",
        )
        .bind(pipeline.as_str())
        .bind(window.from())
        .bind(window.to());
        let rows = self.database().read(statement).await?;
        rows.first().map_or(Ok(0), |row| Ok(row.get::<i64>("runs")?.unsigned_abs()))
    }

    /// Lines that are evidence of the outcome of a run.
    pub async fn evidence(&self, id: RunId) -> Result<Vec<LogLine>, DbError> {
        let rows = self.database().read(Statement::new("SELECT evidence FROM runs WHERE id = $1").bind(id)).await?;
        let row = rows.first().ok_or(DbError::NoRun(id))?;
        Ok(row.optional_json("evidence")?.unwrap_or_default())
    }
}

/// Condition for the existing rows of these invocations.
fn chosen(statement: Statement, pipeline: &PipelineName, batch: &[&NewInvocation]) -> Statement {
    let requests = batch.iter().filter_map(|new| new.run.request_id.as_deref());
    statement
        .push("source = 'lambda' AND pipeline = ")
        .value(pipeline.as_str())
        .push(" AND request_id IN ")
        .list(requests)
}

fn upsert(pipeline: &PipelineName, batch: &[&NewInvocation]) -> Result<Statement, DbError> {
    let mut statement = Statement::new(
        "INSERT INTO runs (id, origin, pipeline, source, request_id, outcome, reason, started_at, duration_ms, \
         memory_mb, invocation, store, bucket, object_key, etag, size, sink, lines, parsed, delivered, failures, whole, \
         again, summary, logged, evidence, known, verdict) VALUES ",
    )
    .of_any_length();
    for (index, NewInvocation { run, sink, evidence, settled }) in batch.iter().enumerate() {
        let attempts = run.invocation.as_ref().map_or(0, |invocation| i64::from(invocation.attempts));
        let summary = run.summary.as_ref();
        let whole = run.outcome.whole() && run.key.is_some();
        statement = statement.push(if index == 0 { "" } else { ", " }).tuple([
            run.id.into(),
            // Unique in any case: an invocation is identified by its request id.
            format!("invocation {}", run.id).into(),
            pipeline.as_str().into(),
            RunSource::Lambda.as_str().into(),
            run.request_id.clone().into(),
            run.outcome.as_str().into(),
            run.reason.as_str().into(),
            run.started_at.into(),
            integer(run.duration_ms).into(),
            run.memory_mb.map(integer).into(),
            run.invocation.as_ref().map(json).transpose()?.into(),
            run.store.clone().map(String::from).into(),
            run.bucket.clone().map(String::from).into(),
            run.key.as_ref().map(|key| key.as_str().as_bytes()).into(),
            run.etag.clone().into(),
            run.size.map(integer).into(),
            sink.as_str().into(),
            integer(summary.map_or(0, |summary| summary.lines.encountered)).into(),
            integer(summary.map_or(0, |summary| summary.lines.parsed)).into(),
            integer(summary.map_or(0, Summary::delivered)).into(),
            integer(summary.map_or(0, failures)).into(),
            i64::from(whole).into(),
            i64::from(!whole).into(),
            summary.map(json).transpose()?.into(),
            run.logged.clone().into(),
            json(evidence)?.into(),
            (attempts * 2 + i64::from(*settled)).into(),
            format!("{}: {}", run.outcome.as_str(), run.reason).into(),
        ]);
    }
    Ok(statement.push(
        " ON CONFLICT (pipeline, request_id) WHERE source = 'lambda' DO UPDATE SET outcome = excluded.outcome, \
         reason = excluded.reason, started_at = excluded.started_at, duration_ms = excluded.duration_ms, \
         memory_mb = excluded.memory_mb, invocation = excluded.invocation, store = excluded.store, \
         bucket = excluded.bucket, object_key = excluded.object_key, etag = COALESCE(excluded.etag, runs.etag), \
         size = COALESCE(excluded.size, runs.size), sink = excluded.sink, lines = excluded.lines, \
         parsed = excluded.parsed, delivered = excluded.delivered, failures = excluded.failures, \
         whole = excluded.whole, again = excluded.again, summary = excluded.summary, logged = excluded.logged, \
         evidence = excluded.evidence, known = excluded.known, verdict = excluded.verdict \
         WHERE excluded.known > runs.known OR (excluded.known = runs.known AND ( \
         excluded.verdict IS DISTINCT FROM runs.verdict OR excluded.started_at <> runs.started_at \
         OR excluded.duration_ms <> runs.duration_ms OR excluded.invocation IS DISTINCT FROM runs.invocation \
         OR excluded.object_key IS DISTINCT FROM runs.object_key OR excluded.logged IS DISTINCT FROM runs.logged \
         OR excluded.summary IS DISTINCT FROM runs.summary OR excluded.evidence IS DISTINCT FROM runs.evidence)) \
         RETURNING id",
    ))
}
