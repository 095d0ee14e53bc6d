//! Runs: what was shipped, object by object.

use async_trait::async_trait;
use model::{
    AcceptRequest, Job, Page, PipelineName, Problem, Run, RunCursor, RunFilter, RunId, RunList, RunLog, RunView,
    Viewer, Window,
};

#[async_trait]
pub trait RunBackend: Send + Sync {
    /// Newest first. `limit` is at most 200.
    async fn list_runs(&self, filter: &RunFilter, after: Option<RunCursor>, limit: u32) -> Result<Page<Run>, Problem>;

    /// The same page, with the sums that the chart above the list shows.
    async fn list_runs_with_sums(
        &self,
        filter: &RunFilter,
        after: Option<RunCursor>,
        limit: u32,
    ) -> Result<RunList, Problem>;

    /// A run with its evidence, and the runs and alerts around it.
    async fn get_run(&self, id: RunId) -> Result<RunView, Problem>;

    /// The log lines of a run, read from CloudWatch now. `limit` is at most 1,000.
    async fn get_run_log(&self, id: RunId, after: Option<String>, limit: u32) -> Result<RunLog, Problem>;

    /// Accepts what runs lack and no other attempt would bring; returns the number of runs. A conflict if there is none.
    async fn accept_runs(&self, viewer: &Viewer, request: AcceptRequest) -> Result<u64, Problem>;

    /// Reads the runs of a window again from the pipeline's log group, as a job.
    async fn start_backfill(&self, viewer: &Viewer, pipeline: &PipelineName, window: Window) -> Result<Job, Problem>;
}
