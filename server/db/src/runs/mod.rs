//! The table of runs: shipped objects, and the evidence that they arrived.
//!
//! There is one row per origin and key: shipping an object again after a crash or a retry updates its row, which keeps
//! its id. Keys are bytes, as in `failures`.
//!
//! Always: the runs of a job are written by the holder of its lease, before the checkpoint that passes their objects,
//! so that a crash may repeat a run but never loses one. Runs are deleted with their job, and by retention (see
//! `retention`). Every write of runs updates the sums in the same transaction.

mod accept;
mod invocations;
mod list;
mod measures;
mod object_outcomes;
mod row;

use std::collections::{HashMap, HashSet};

use model::{JobId, Key, PipelineName, Run, RunId, SinkName, Summary, Window};

pub use self::{
    invocations::{NewInvocation, Recorder},
    measures::Measures,
    object_outcomes::ObjectOutcome,
};
pub(crate) use self::{
    list::chosen,
    row::{key_of, name},
};
use crate::{
    Db, DbError,
    database::{Row, Statement, Transaction, json},
    jobs::row::integer,
    leases,
    retention::Swept,
    sums::Change,
    task_leases::{self, task},
};

/// Rows per statement: see `failures`.
const BATCH: usize = 50;
/// Keys per query.
const ASKED: usize = 500;

/// Origin of runs.
#[derive(Clone, Copy, Debug)]
enum Origin<'a> {
    Job(JobId),
    /// The follower of a pipeline.
    Follower(&'a PipelineName),
}

/// A run to record. Its id is used for a new row only; its job is that of the origin.
#[derive(Clone, Debug)]
pub struct NewRun {
    pub run: Run,
    /// Sink of the events.
    pub sink: SinkName,
    /// Requested window of the object; `None` for all of it.
    pub window: Option<Window>,
}

impl Origin<'_> {
    fn text(self) -> String {
        match self {
            Self::Job(id) => id.to_string(),
            Self::Follower(pipeline) => format!("follow {pipeline}"),
        }
    }

    fn job(self) -> Option<JobId> {
        match self {
            Self::Job(id) => Some(id),
            Self::Follower(_) => None,
        }
    }
}

impl Db {
    /// Records runs of a job; false if the lease was lost.
    pub async fn record_runs(&self, id: JobId, attempt: i64, runs: &[NewRun]) -> Result<bool, DbError> {
        let mut transaction = self.database().begin().await?;
        if leases::held(&mut transaction, id, attempt).await?.is_none() {
            return Ok(false);
        }
        upsert(&mut transaction, Origin::Job(id), runs).await?;
        transaction.commit().await?;
        Ok(true)
    }

    /// Records runs of a follower; false if the lease was lost.
    pub async fn record_followed(
        &self,
        pipeline: &PipelineName,
        holder: &str,
        runs: &[NewRun],
    ) -> Result<bool, DbError> {
        let mut transaction = self.database().begin().await?;
        if !task_leases::fence(&mut transaction, (task::FOLLOW, pipeline.as_str()), holder).await? {
            return Ok(false);
        }
        upsert(&mut transaction, Origin::Follower(pipeline), runs).await?;
        transaction.commit().await?;
        Ok(true)
    }

    /// A new id of a run.
    pub fn new_run_id(&self) -> RunId {
        RunId(self.clock().new_id().0.0)
    }

    /// Those of these objects (by key and ETag) that recorded runs of the pipeline delivered completely, or at least within
    /// the window: by one run, or by several whose windows cover it together. Without a pipeline: runs without a pipeline.
    ///
    /// A run that lacks only dead letters counts, as it does in reconciliation: sent again, all that could be delivered
    /// would be delivered twice. So does one that a person accepted.
    pub async fn delivered(
        &self,
        pipeline: Option<&PipelineName>,
        sink: &SinkName,
        bucket: &str,
        window: Option<Window>,
        objects: &[(Key, String)],
    ) -> Result<HashSet<Key>, DbError> {
        let whole = || {
            let statement = Statement::new(
                "SELECT object_key, etag, window_from, window_to FROM runs WHERE (whole = 1 OR accepted_at IS NOT NULL \
                 OR (source = 'logyard' AND outcome = 'partial' AND again = 0 AND delivered > 0))",
            );
            match window {
                None => statement.push(" AND window_from IS NULL"),
                Some(window) => statement
                    .push(" AND (window_from IS NULL OR (window_from < ")
                    .value(window.to())
                    .push(" AND window_to > ")
                    .value(window.from())
                    .push("))"),
            }
        };
        let mut covered: HashMap<Key, Covered> = HashMap::new();
        self.known(whole, (pipeline, sink), bucket, objects, |key, row| {
            let bounds = (row.get::<Option<i64>>("window_from")?, row.get::<Option<i64>>("window_to")?);
            covered.entry(key).or_default().add(bounds);
            Ok(())
        })
        .await?;
        Ok(covered.into_iter().filter(|(_, covered)| covered.holds(window)).map(|(key, _)| key).collect())
    }

    /// Those of these objects that need no further run: delivered completely, or without a chance that a retry helps.
    pub async fn finished_objects(
        &self,
        pipeline: &PipelineName,
        sink: &SinkName,
        bucket: &str,
        objects: &[(Key, String)],
    ) -> Result<HashSet<Key>, DbError> {
        let over = || Statement::new("SELECT object_key, etag FROM runs WHERE again = 0 AND window_from IS NULL");
        let mut finished = HashSet::new();
        let found = |key, _: &Row| {
            finished.insert(key);
            Ok(())
        };
        self.known(over, (Some(pipeline), sink), bucket, objects, found).await?;
        Ok(finished)
    }

    /// Passes on the runs that a statement finds over these objects with their ETag.
    async fn known(
        &self,
        start: impl Fn() -> Statement,
        (pipeline, sink): (Option<&PipelineName>, &SinkName),
        bucket: &str,
        objects: &[(Key, String)],
        mut found: impl FnMut(Key, &Row) -> Result<(), DbError>,
    ) -> Result<(), DbError> {
        for asked in objects.chunks(ASKED) {
            let etags: HashMap<&[u8], &str> =
                asked.iter().map(|(key, etag)| (key.as_str().as_bytes(), etag.as_str())).collect();
            let statement =
                start().push(" AND sink = ").value(sink.as_str()).push(" AND bucket = ").value(bucket).push(" AND ");
            let statement = match pipeline {
                Some(pipeline) => statement.push("pipeline = ").value(pipeline.as_str()),
                None => statement.push("pipeline IS NULL"),
            };
            let statement = statement.push(" AND object_key IN ").list(etags.keys().copied());
            for row in self.database().read(statement).await? {
                let key: Vec<u8> = row.get("object_key")?;
                let etag: Option<String> = row.get("etag")?;
                if etags.get(key.as_slice()).copied() == etag.as_deref() {
                    found(key_of(key)?, &row)?;
                }
            }
        }
        Ok(())
    }
}

/// The windows in which runs delivered an object.
#[derive(Default)]
struct Covered {
    /// A run without a window, or whose window left nothing of the object out.
    all: bool,
    windows: Vec<(i64, i64)>,
}

impl Covered {
    fn add(&mut self, bounds: (Option<i64>, Option<i64>)) {
        match bounds {
            (Some(from), Some(to)) => self.windows.push((from, to)),
            _ => self.all = true,
        }
    }

    /// Whether the windows cover this one without a gap.
    fn holds(&self, window: Option<Window>) -> bool {
        let Some(window) = window.filter(|_| !self.all) else { return self.all };
        let mut windows = self.windows.clone();
        windows.sort_unstable();
        let mut until = window.from().0;
        for (from, to) in windows {
            if from <= until {
                until = until.max(to);
            }
        }
        until >= window.to().0
    }
}

async fn upsert(transaction: &mut Transaction, origin: Origin<'_>, runs: &[NewRun]) -> Result<(), DbError> {
    let swept = Swept::read(transaction).await?;
    let mut runs = each_once(runs);
    runs.retain(|new| swept.allows(&new.run));
    let mut change = Change::default();
    for batch in runs.chunks(BATCH) {
        let rows = |statement| chosen_rows(statement, origin, batch);
        change.subtract(transaction, rows).await?;
        let mut statement = Statement::new(
            "INSERT INTO runs (id, origin, job_id, pipeline, source, request_id, outcome, reason, started_at, \
             duration_ms, memory_mb, invocation, store, bucket, object_key, etag, size, sink, lines, parsed, delivered, \
             failures, whole, again, window_from, window_to, summary, logged) VALUES ",
        )
        .of_any_length();
        for (index, NewRun { run, sink, window }) in batch.iter().enumerate() {
            let window = window.filter(|_| filtered(run.summary.as_ref()));
            statement = statement.push(if index == 0 { "" } else { ", " }).tuple([
                run.id.into(),
                origin.text().into(),
                origin.job().map(|id| id.to_string()).into(),
                run.pipeline.clone().map(String::from).into(),
                run.source.as_str().into(),
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
                integer(run.summary.as_ref().map_or(0, |summary| summary.lines.encountered)).into(),
                integer(run.summary.as_ref().map_or(0, |summary| summary.lines.parsed)).into(),
                integer(run.summary.as_ref().map_or(0, Summary::delivered)).into(),
                integer(run.summary.as_ref().map_or(0, failures)).into(),
                i64::from(whole(run)).into(),
                i64::from(run.summary.as_ref().is_none_or(Summary::worth_repeating)).into(),
                window.map(|window| window.from().0).into(),
                window.map(|window| window.to().0).into(),
                run.summary.as_ref().map(json).transpose()?.into(),
                run.logged.clone().into(),
            ]);
        }
        let statement = statement.push(
            " ON CONFLICT (origin, object_key) DO UPDATE SET outcome = excluded.outcome, reason = excluded.reason, \
             started_at = excluded.started_at, duration_ms = excluded.duration_ms, memory_mb = excluded.memory_mb, \
             etag = excluded.etag, size = excluded.size, sink = excluded.sink, lines = excluded.lines, parsed = excluded.parsed, \
             delivered = excluded.delivered, failures = excluded.failures, whole = excluded.whole, again = excluded.again, \
             window_from = excluded.window_from, window_to = excluded.window_to, accepted_at = NULL, accepted_by = NULL, \
             accepted_note = NULL, summary = excluded.summary, \
             logged = excluded.logged, invocation = excluded.invocation",
        );
        transaction.run(statement).await?;
        change.add(transaction, rows).await?;
    }
    change.apply(transaction).await
}

/// Condition for the rows of these runs: by key, or by id for runs without a key.
fn chosen_rows(statement: Statement, origin: Origin<'_>, runs: &[NewRun]) -> Statement {
    let keys = runs.iter().filter_map(|new| new.run.key.as_ref()).map(|key| key.as_str().as_bytes());
    let keyless = runs.iter().filter(|new| new.run.key.is_none()).map(|new| new.run.id);
    let statement = statement.push("origin = ").value(origin.text());
    match (keys.clone().next(), keyless.clone().next()) {
        (_, None) => statement.push(" AND object_key IN ").list(keys),
        (None, _) => statement.push(" AND id IN ").list(keyless),
        _ => statement.push(" AND (object_key IN ").list(keys).push(" OR id IN ").list(keyless).push(")"),
    }
}

/// The last run of each key, because PostgreSQL cannot update a row twice in a statement.
fn each_once(runs: &[NewRun]) -> Vec<NewRun> {
    let last: HashMap<Option<&Key>, usize> =
        runs.iter().enumerate().map(|(index, new)| (new.run.key.as_ref(), index)).collect();
    let is_last = |(index, new): &(usize, &NewRun)| last.get(&new.run.key.as_ref()) == Some(index);
    runs.iter().enumerate().filter(is_last).map(|(_, new)| new.clone()).collect()
}

/// Whether the window excluded records; if not, the object was shipped completely.
fn filtered(summary: Option<&Summary>) -> bool {
    summary.is_none_or(|summary| summary.lines.filtered > 0)
}

/// Whether a run delivered its object completely; a dry run has no sink and delivers nothing.
fn whole(run: &Run) -> bool {
    let sent = run.summary.as_ref().is_some_and(|summary| summary.sink.is_some() && summary.clean());
    sent && run.outcome.whole()
}

fn failures(summary: &Summary) -> u64 {
    summary.failures.parsing.total + summary.failures.sending.total + summary.failures.reading.total
}
