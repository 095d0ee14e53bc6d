//! Runs read: lists by keyset, one by its id, the last of each pipeline, sums for charts.
//!
//! Always: a page is read in the order of an index, newest first, and stops when it is full; sums are of the newest
//! [`SUMMED`] runs of their window at most.

use model::{Outcome, Page, PipelineName, Run, RunCursor, RunFilter, RunId, RunSums, Time, Window};

use super::row;
use crate::{Store, StoreError, database::Statement};

const LONGEST_PAGE: u32 = 200;
/// Rows that one chart is made of, at most.
const SUMMED: i64 = 100_000;

impl Store {
    /// Newest first; `limit` 1 to 200.
    pub async fn runs(
        &self,
        filter: &RunFilter,
        after: Option<RunCursor>,
        limit: u32,
    ) -> Result<Page<Run>, StoreError> {
        let limit = limit.clamp(1, LONGEST_PAGE);
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
        // One more tells whether there is a next page.
        let statement = statement.push(" ORDER BY started_at DESC, id DESC LIMIT ").value(i64::from(limit) + 1);
        let rows = self.database().read(statement).await?;
        let mut items = rows.iter().map(row::decode).collect::<Result<Vec<Run>, _>>()?;
        let more = items.len() > limit as usize;
        items.truncate(limit as usize);
        let next = items.last().filter(|_| more).map(|run| run.cursor().to_string());
        Ok(Page { items, next })
    }

    pub async fn run(&self, id: RunId) -> Result<Run, StoreError> {
        let rows = self.database().read(row::select().push("WHERE id = ").value(id)).await?;
        row::decode(rows.first().ok_or(StoreError::NoRun(id))?)
    }

    /// That started last.
    pub async fn last_run(&self, pipeline: &PipelineName) -> Result<Option<Run>, StoreError> {
        let filter = RunFilter { pipeline: Some(pipeline.clone()), ..RunFilter::default() };
        Ok(self.runs(&filter, None, 1).await?.items.pop())
    }

    /// So many neighbouring stretches of the window, oldest first, each with its sums; `parts` 1 to 500.
    pub async fn run_sums(&self, filter: &RunFilter, window: Window, parts: u32) -> Result<Vec<RunSums>, StoreError> {
        let (from, to) = (window.from().0, window.to().0);
        let parts = i64::from(parts.clamp(1, 500));
        let width = ((to - from) / parts + i64::from((to - from) % parts > 0)).max(1);
        let within = RunFilter { from: Some(window.from()), to: Some(window.to()), ..filter.clone() };
        let statement = Statement::new("SELECT (started_at - ").value(from).push(") / ").value(width).push(
            " AS part, COUNT(*) AS runs, CAST(SUM(lines) AS BIGINT) AS lines, \
                 CAST(SUM(parsed) AS BIGINT) AS parsed, CAST(SUM(delivered) AS BIGINT) AS delivered, \
                 CAST(SUM(failures) AS BIGINT) AS failures \
                 FROM (SELECT started_at, lines, parsed, delivered, failures FROM runs ",
        );
        let statement = chosen(statement, &within)
            .push(" ORDER BY started_at DESC LIMIT ")
            .value(SUMMED)
            .push(") AS newest GROUP BY part");
        let mut sums = Vec::new();
        let mut start = from;
        while start < to {
            let end = Time((start + width).min(to));
            let window = Window::new(Time(start), end).map_err(StoreError::Invalid)?;
            sums.push(RunSums { window, runs: 0, lines: 0, parsed: 0, delivered: 0, failures: 0 });
            start += width;
        }
        for row in self.database().read(statement).await? {
            let part = usize::try_from(row.get::<i64>("part")?).unwrap_or(usize::MAX);
            if let Some(sum) = sums.get_mut(part) {
                sum.runs = row.get::<i64>("runs")?.unsigned_abs();
                sum.lines = row.get::<i64>("lines")?.unsigned_abs();
                sum.parsed = row.get::<i64>("parsed")?.unsigned_abs();
                sum.delivered = row.get::<i64>("delivered")?.unsigned_abs();
                sum.failures = row.get::<i64>("failures")?.unsigned_abs();
            }
        }
        Ok(sums)
    }
}

fn chosen(statement: Statement, filter: &RunFilter) -> Statement {
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
