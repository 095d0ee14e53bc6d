//! Runs of functions, as their log tells of them: one row for a pipeline and a request id.
//!
//! The same lines are read again and again (an overlap for what comes late, after a restart, by a backfill), and a
//! reading that begins in the middle of a run knows less of it than one that saw it begin. So each row says how much was
//! known when it was written: who knows less leaves it alone, who knows the same changes it only by saying something
//! else. The size and ETag of the object are not in the log; where somebody has filled them in, they stay.
//!
//! Always: fenced by the watcher's or the job's lease, so that one that was asleep past it records nothing.

use std::collections::BTreeMap;

use model::{JobId, LogLine, PipelineName, Run, RunId, RunSource, SinkName, Summary, Window};

use super::{BATCH, failures};
use crate::{
    Db, DbError,
    database::{Statement, Transaction, json},
    jobs::row::integer,
    leases,
    retention::Swept,
    sums::Change,
};

/// A run as a log tells of it. Its id is kept for a new row only.
#[derive(Clone, Debug)]
pub struct NewInvocation {
    /// With its request id: without one it is left out.
    pub run: Run,
    /// Where the function sends, as far as the configuration says.
    pub sink: SinkName,
    /// The lines that its outcome rests on.
    pub evidence: Vec<LogLine>,
    /// Nothing more is expected of it.
    pub settled: bool,
}

/// Who records, and by what right.
#[derive(Clone, Copy, Debug)]
pub enum Recorder<'a> {
    /// The holder of the pipeline's log group.
    LogReader(&'a str),
    /// A backfill, by its attempt.
    Job(JobId, i64),
    /// A command of a person: nobody takes it away.
    Import,
}

impl Db {
    /// How many rows that made or changed; `None` if the lease was lost, and nothing was recorded.
    pub async fn record_invocations(
        &self,
        pipeline: &PipelineName,
        by: Recorder<'_>,
        invocations: &[NewInvocation],
    ) -> Result<Option<u64>, DbError> {
        let mut transaction = self.database().begin().await?;
        let held = match by {
            Recorder::LogReader(holder) => watched(&mut transaction, pipeline, holder).await?,
            Recorder::Job(id, attempt) => leases::held(&mut transaction, id, attempt).await?.is_some(),
            Recorder::Import => true,
        };
        if !held {
            return Ok(None);
        }
        let mut changed = 0;
        // Each once, since PostgreSQL updates no row twice in a statement, and in order, so that two who write the same
        // rows wait for each other instead of locking each other out.
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

    /// Runs of the pipeline's function that began in a window.
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

    /// The lines that the outcome of a run rests on.
    pub async fn evidence(&self, id: RunId) -> Result<Vec<LogLine>, DbError> {
        let rows = self.database().read(Statement::new("SELECT evidence FROM runs WHERE id = $1").bind(id)).await?;
        let row = rows.first().ok_or(DbError::NoRun(id))?;
        Ok(row.optional_json("evidence")?.unwrap_or_default())
    }
}

async fn watched(transaction: &mut Transaction, pipeline: &PipelineName, holder: &str) -> Result<bool, DbError> {
    let statement = Statement::new("SELECT holder FROM watchers WHERE pipeline = $1 AND holder = $2")
        .bind(pipeline.as_str())
        .bind(holder)
        .push(transaction.for_update());
    Ok(!transaction.run(statement).await?.is_empty())
}

/// The rows of these invocations, as far as they are there.
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
            // Never that of another row: what makes an invocation one of its kind is its request.
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
