//! Runs in pages, and what they come to over time.

use model::{Problem, RunCursor, RunFilter, RunList, RunSums, Time, Window};

use super::{AppBackend, problem};

/// Stretches of a chart.
const PARTS: u32 = 96;
/// What a chart covers where the filter does not say.
const DAY_MS: i64 = 86_400_000;

impl AppBackend {
    pub(super) async fn list_runs(
        &self,
        filter: &RunFilter,
        after: Option<RunCursor>,
        limit: u32,
    ) -> Result<RunList, Problem> {
        let page = self.db.runs(filter, after, limit).await.map_err(problem::database)?;
        Ok(RunList { now: self.db.now(), page, sums: self.run_sums(filter).await? })
    }

    /// Over the filter's window, else over the last day.
    pub(super) async fn run_sums(&self, filter: &RunFilter) -> Result<Vec<RunSums>, Problem> {
        let to = filter.to.unwrap_or_else(|| Time(self.db.now().0 + 1));
        let from = filter.from.unwrap_or(Time(to.0 - DAY_MS));
        let window = Window::new(from, to)?;
        self.db.run_sums(filter, window, PARTS).await.map_err(problem::database)
    }
}
