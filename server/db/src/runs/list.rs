//! Reads runs: pages by keyset, one run by id, the last run of a pipeline.
//!
//! Always: a page is read in the order of an index, newest first, and stops when it is full.

use model::{JobId, Key, Outcome, Page, PipelineName, Run, RunCursor, RunFilter, RunId};

use super::row;
use crate::{Db, DbError, database::Statement};

const MAX_PAGE: u32 = 200;

impl Db {
    /// A page of runs, newest first; `limit` 1 to 200.
    pub async fn runs(&self, filter: &RunFilter, after: Option<RunCursor>, limit: u32) -> Result<Page<Run>, DbError> {
        let limit = limit.clamp(1, MAX_PAGE);
        let mut statement = chosen(row::select(), filter);
        if let Some(RunCursor { started_at, id }) = after {
            statement = statement
                .push(" AND (started_at < ")
                .value(started_at)
                .push(" OR (started_at = ")
                .value(started_at)
                .push(" AND id < ")
                .value(id)
                .push("))");
        }
        // One more row shows whether there is a next page.
        let statement = statement.push(" ORDER BY started_at DESC, id DESC LIMIT ").value(i64::from(limit) + 1);
        let rows = self.database().read(statement).await?;
        let mut items = rows.iter().map(row::decode).collect::<Result<Vec<Run>, _>>()?;
        let more = items.len() > limit as usize;
        items.truncate(limit as usize);
        let next = items.last().filter(|_| more).map(|run| run.cursor().to_string());
        Ok(Page { items, next })
    }

    pub async fn run(&self, id: RunId) -> Result<Run, DbError> {
        let rows = self.database().read(row::select().push("WHERE id = ").value(id)).await?;
        row::decode(rows.first().ok_or(DbError::NoRun(id))?)
    }

    /// The run of a job over an object; `None` if there was none.
    pub async fn run_over(&self, job: JobId, key: &Key) -> Result<Option<Run>, DbError> {
        let filter = RunFilter { job: Some(job), key: Some(key.clone()), ..RunFilter::default() };
        Ok(self.runs(&filter, None, 1).await?.items.pop())
    }

    /// The run of a pipeline that started last.
    pub async fn last_run(&self, pipeline: &PipelineName) -> Result<Option<Run>, DbError> {
        let filter = RunFilter { pipeline: Some(pipeline.clone()), ..RunFilter::default() };
        Ok(self.runs(&filter, None, 1).await?.items.pop())
    }
}

/// Appends the `WHERE` clause of a run filter.
pub(crate) fn chosen(statement: Statement, filter: &RunFilter) -> Statement {
    let mut statement = statement.push("WHERE 1 = 1");
    if let Some(pipeline) = &filter.pipeline {
        statement = statement.push(" AND pipeline = ").value(pipeline.as_str());
    }
    if !filter.outcomes.is_empty() {
        statement = statement.push(" AND outcome IN ").list(filter.outcomes.iter().copied().map(Outcome::as_str));
    }
    if let Some(job) = filter.job {
        statement = statement.push(" AND job_id = ").value(job);
    }
    if let Some(key) = &filter.key {
        statement = statement.push(" AND object_key = ").value(key.as_str().as_bytes());
    }
    if let Some(request) = &filter.request_id {
        statement = statement.push(" AND request_id = ").value(request.as_str());
    }
    if let Some(from) = filter.from {
        statement = statement.push(" AND started_at >= ").value(from);
    }
    if let Some(to) = filter.to {
        statement = statement.push(" AND started_at < ").value(to);
    }
    statement
}
