//! Jobs of every kind: lists, details, and actions on them.

use async_trait::async_trait;
use model::{
    Action, Bulk, BulkOutcome, Count, Counts, Event, FailurePage, Filter, Job, JobId, JobView, Key, Overview, Page,
    Problem, Viewer,
};

#[async_trait]
pub trait JobBackend: Send + Sync {
    /// What the first page shows.
    async fn get_overview(&self) -> Result<Overview, Problem>;

    /// Jobs by state, for the status line of every page. At most a second old.
    async fn get_counts(&self) -> Result<Counts, Problem>;

    /// Newest first. `limit` is at most 200.
    async fn list_jobs(&self, filter: &Filter, after: Option<JobId>, limit: u32) -> Result<Page<Job>, Problem>;

    async fn count_jobs(&self, filter: &Filter) -> Result<Count, Problem>;

    async fn get_job(&self, id: JobId) -> Result<JobView, Problem>;

    /// A job's log in the order of its numbers, those greater than `after`. `limit` is at most 200.
    async fn list_job_events(&self, id: JobId, after: Option<i64>, limit: u32) -> Result<Page<Event>, Problem>;

    /// Failed objects in key order. `limit` is at most 1,000.
    async fn list_failures(&self, id: JobId, after: Option<Key>, limit: u32) -> Result<FailurePage, Problem>;

    /// Jobs whose title, id or author contains the text, for the jump box: at most ten, newest first.
    async fn find_jobs(&self, text: &str) -> Result<Vec<Job>, Problem>;

    async fn act_on_job(&self, viewer: &Viewer, id: JobId, action: Action) -> Result<Job, Problem>;

    /// Does one thing to every job that the filter finds and whose state allows it.
    async fn act_on_jobs(&self, viewer: &Viewer, bulk: Bulk) -> Result<BulkOutcome, Problem>;
}
