//! Reprocesses: previewed, started, and written as commands.

use async_trait::async_trait;
use model::{Job, PipelineName, Problem, ReprocessPreview, ReprocessRequest, Viewer, Window};

use crate::command::Commands;

#[async_trait]
pub trait ReprocessBackend: Send + Sync {
    /// Lists the log objects of the window, the prefix or the keys, and which of them recorded runs delivered. Sends
    /// no event. The plan is recorded as shown to the viewer.
    async fn preview_reprocess(&self, viewer: &Viewer, request: ReprocessRequest) -> Result<ReprocessPreview, Problem>;

    /// Refuses what cannot work before a job is created. With a plan, starts exactly what that preview showed; if the
    /// listing has changed since, it is a conflict that names the difference.
    async fn start_reprocess(
        &self,
        viewer: &Viewer,
        request: ReprocessRequest,
        idempotency_key: Option<String>,
    ) -> Result<Job, Problem>;

    /// The reprocess as a command line and as a call of the API. Sends no request to a store.
    async fn get_reprocess_commands(&self, request: ReprocessRequest) -> Result<Commands, Problem>;

    /// Ships the missing objects of a window again, the thousand oldest, as a job. A conflict if none is missing.
    async fn reprocess_gaps(
        &self,
        viewer: &Viewer,
        name: &PipelineName,
        window: Window,
        idempotency_key: Option<String>,
    ) -> Result<Job, Problem>;
}
